//! What two runs do not have in common besides their answers.

use crate::record::{Provenance, Record};
use std::collections::{BTreeMap, BTreeSet};

/// Which adapters changed, as sentences; none where both runs judged the same files.
pub(super) fn adapters(before: &Record, after: &Record) -> Vec<String> {
    let hashes = |record: &Record| -> BTreeMap<String, String> {
        let from = &record.provenance;
        let proven = from.adapters.iter().map(|a| (&a.name, &a.sha256));
        // Answers that were read from a file name their adapters by hash alone.
        let told = from.files.iter().filter(|f| f.role == "adapter").map(|f| (&f.name, &f.sha256));
        let short = |sha256: &String| sha256.chars().take(8).collect();
        proven.chain(told).map(|(name, sha256)| (name.clone(), short(sha256))).collect()
    };
    let (old, new) = (hashes(before), hashes(after));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let told = |hash: Option<&String>| hash.map_or_else(|| "none".to_owned(), Clone::clone);
    let changed = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    changed
        .map(|name| format!("{name}: {} before, {} after", told(old.get(name)), told(new.get(name))))
        .collect()
}

/// Differences that a reader must know before the figures, as sentences; adapters are expected to differ.
pub(super) fn differences(before: &Record, after: &Record) -> Vec<String> {
    let (a, b) = (&before.provenance, &after.provenance);
    let sha = |p: &Provenance, role: &str| p.files.iter().find(|f| f.role == role).map(|f| f.sha256.clone());
    let mut told = Vec::new();
    let mut tell = |what: &str, old: &str, new: &str| {
        if old != new {
            told.push(format!("{what}: {old} before, {new} after"));
        }
    };
    tell("suite", &before.suite, &after.suite);
    tell("base model", &a.base, &b.base);
    tell("embedder", &a.embedder, &b.embedder);
    tell("arithmetic", &a.arithmetic, &b.arithmetic);
    tell("device", &a.device, &b.device);
    tell("seed", &a.seed.to_string(), &b.seed.to_string());
    tell("engine", &a.version, &b.version);
    for (what, same) in [
        ("the base model's weights", sha(a, "base") == sha(b, "base")),
        ("the embedder's weights", sha(a, "embedder") == sha(b, "embedder")),
        ("the registry of personas", sha(a, "registry") == sha(b, "registry")),
        ("the tokenizer", same_or_untold(&a.tokenizer, &b.tokenizer)),
        ("the chat template", same_or_untold(&a.template, &b.template)),
    ] {
        if !same {
            told.push(format!("{what} differ in their bytes"));
        }
    }
    told
}

/// Whether two hashes agree, as far as both are known: lines of a file do not tell their tokenizer.
fn same_or_untold(a: &str, b: &str) -> bool {
    a == b || [a, b].contains(&"unknown")
}
