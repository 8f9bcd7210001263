//! The data commands on a cluster of real processes on this machine: a scheduler and executors.

mod lost;
mod processes;
mod refused;
mod same;

use std::collections::BTreeMap;
use std::path::Path;

use processes::{end_well, program};

/// Examples in shards of 1,500.
fn examples(folder: &Path, rows: usize) {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus/train");
    let corpus = corpus.to_str().expect("a name in UTF-8");
    let rows = rows.to_string();
    end_well(program(
        folder,
        &["data", "make-scale", &rows, "--from", corpus, "-o", "in", "--rows-per-shard", "1500"],
    ));
}

/// Every file below a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(below, bytes)| (format!("{name}/{below}"), bytes)));
        } else {
            found.insert(name, std::fs::read(&path).expect("a file"));
        }
    }
    found
}

/// Compares two folders; differing files are named rather than printed.
fn assert_same(here: &Path, there: &Path) {
    let (here, there) = (files(here), files(there));
    assert_eq!(here.keys().collect::<Vec<_>>(), there.keys().collect::<Vec<_>>());
    let differ: Vec<&String> =
        here.iter().filter(|(name, bytes)| there[*name] != **bytes).map(|(n, _)| n).collect();
    assert!(differ.is_empty(), "{differ:?}");
}
