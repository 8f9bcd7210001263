//! What two runs do not have in common besides their answers.

use crate::record::{Provenance, Record};
use std::collections::{BTreeMap, BTreeSet};

/// Which adapters changed between two records, as sentences.
pub(super) fn adapters(before: &Record, after: &Record) -> Vec<String> {
    changed_adapters(&before.provenance, &after.provenance)
}

/// What else differs between two records, as sentences.
pub(super) fn differences(before: &Record, after: &Record) -> Vec<String> {
    let mut told = Vec::new();
    if before.suite != after.suite {
        told.push(format!("suite: {} before, {} after", before.suite, after.suite));
    }
    told.extend(changed_setup(&before.provenance, &after.provenance));
    told
}

/// Which adapters changed, as sentences; none where both runs judged the same files.
pub fn changed_adapters(before: &Provenance, after: &Provenance) -> Vec<String> {
    let hashes = |provenance: &Provenance| -> BTreeMap<String, String> {
        provenance
            .adapters
            .iter()
            .map(|a| (a.name.clone(), a.sha256[..8.min(a.sha256.len())].to_owned()))
            .collect()
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
pub fn changed_setup(a: &Provenance, b: &Provenance) -> Vec<String> {
    let sha = |p: &Provenance, role: &str| -> Vec<String> {
        p.files.iter().filter(|f| f.role == role).map(|f| f.sha256.clone()).collect()
    };
    let mut told = Vec::new();
    let mut tell = |what: &str, old: &str, new: &str| {
        if old != new {
            told.push(format!("{what}: {old} before, {new} after"));
        }
    };
    tell("base model", &a.base, &b.base);
    tell("embedder", &a.embedder, &b.embedder);
    tell("arithmetic", &a.arithmetic, &b.arithmetic);
    tell("device", &a.device, &b.device);
    tell("seed", &a.seed.to_string(), &b.seed.to_string());
    tell("engine", &a.version, &b.version);
    for (what, same) in [
        ("the suite's files", sha(a, "suite") == sha(b, "suite")),
        ("the held-out text", sha(a, "held-out text") == sha(b, "held-out text")),
        ("the base model's weights", sha(a, "base") == sha(b, "base")),
        ("the embedder's weights", sha(a, "embedder") == sha(b, "embedder")),
        ("the registry of personas", sha(a, "registry") == sha(b, "registry")),
        ("the tokenizer", a.tokenizer == b.tokenizer),
        ("the chat template", a.template == b.template),
    ] {
        if !same {
            told.push(format!("{what} differ in their bytes"));
        }
    }
    told
}
