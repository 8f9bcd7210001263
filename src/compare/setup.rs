//! What two runs do not have in common besides their answers.

use crate::record::{Provenance, Scores};
use std::collections::{BTreeMap, BTreeSet};

/// Which adapters changed, as sentences; none where both runs judged the same files.
pub(super) fn adapters(before: &Scores, after: &Scores) -> Vec<String> {
    let hashes = |scores: &Scores| -> BTreeMap<String, String> {
        let from = &scores.provenance;
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
pub(super) fn differences(before: &Scores, after: &Scores) -> Vec<String> {
    let (a, b) = (&before.provenance, &after.provenance);
    let mut told = refusals(before, after);
    let mut tell = |what: &str, old: &str, new: &str| {
        if old != new {
            told.push(format!("{what}: {old} before, {new} after"));
        }
    };
    tell("arithmetic", &a.arithmetic, &b.arithmetic);
    tell("device", &a.device, &b.device);
    tell("seed", &a.seed.to_string(), &b.seed.to_string());
    tell("engine", &a.version, &b.version);
    for (what, same) in [
        ("the registry of personas", sha(a, "registry") == sha(b, "registry")),
        ("the tokenizer", same_or_untold(&a.tokenizer, &b.tokenizer)),
        ("the chat template", same_or_untold(&a.template, &b.template)),
    ] {
        if !same {
            told.push(format!("{what}: other bytes before than after"));
        }
    }
    told
}

/// Differences that make two runs of one suite two different measurements, as sentences: what is asked, how it is
/// answered, by which base, and what judges it. A baseline is not replaced across one of them unless that is forced.
pub fn refusals(before: &Scores, after: &Scores) -> Vec<String> {
    let (a, b) = (&before.provenance, &after.provenance);
    let mut told = incomparable(before, after);
    let mut tell = |what: &str, old: &str, new: &str| {
        if old != new {
            told.push(format!("{what}: {old} before, {new} after"));
        }
    };
    tell("suite", &before.suite, &after.suite);
    tell("base model", &a.base, &b.base);
    if let (Some(old), Some(new)) = (&before.generation, &after.generation) {
        let (x, y) = (&old.sampling, &new.sampling);
        let text = |v: Option<usize>| v.map_or("none".to_owned(), |v| v.to_string());
        tell("temperature", &x.temperature.to_string(), &y.temperature.to_string());
        tell("top_p", &x.top_p.to_string(), &y.top_p.to_string());
        tell("top_k", &text(x.top_k), &text(y.top_k));
        tell("repetition_penalty", &x.repetition_penalty.to_string(), &y.repetition_penalty.to_string());
        tell("max_new_tokens", &x.max_tokens.to_string(), &y.max_tokens.to_string());
        tell("samples", &old.samples.to_string(), &new.samples.to_string());
    }
    if a.base == b.base && sha(a, "base") != sha(b, "base") {
        told.push("the files of the base model differ".to_owned());
    }
    let ids =
        |scores: &Scores| -> BTreeSet<String> { scores.personas.iter().map(|p| p.id.clone()).collect() };
    set_difference("persona", &ids(before), &ids(after), &mut told);
    let spoken = |scores: &Scores| -> BTreeMap<String, String> {
        scores.personas.iter().map(|p| (p.id.clone(), p.blend.clone())).collect()
    };
    let (old, new) = (spoken(before), spoken(after));
    for (id, blend) in old.iter().filter(|(id, blend)| new.get(*id).is_some_and(|b| b != *blend)) {
        told.push(format!("`{id}` speaks with {blend} before, {} after", new[id]));
    }
    if !before.prompts.is_empty() && !after.prompts.is_empty() {
        let ids =
            |scores: &Scores| -> BTreeSet<String> { scores.prompts.iter().map(|p| p.id.clone()).collect() };
        set_difference("prompt", &ids(before), &ids(after), &mut told);
        for new in &after.prompts {
            if before.prompts.iter().any(|old| old.id == new.id && old.text != new.text) {
                told.push(format!("the prompt `{}` is worded otherwise", new.id));
            }
        }
    }
    told
}

/// Differences across which scores are not comparable at all, as sentences: another instrument judged the answers.
pub fn incomparable(before: &Scores, after: &Scores) -> Vec<String> {
    let (a, b) = (&before.provenance, &after.provenance);
    let mut told = Vec::new();
    if a.embedder != b.embedder {
        told.push(format!("embedder: {} before, {} after", a.embedder, b.embedder));
    } else if sha(a, "embedder") != sha(b, "embedder") {
        told.push("the files of the embedder differ".to_owned());
    }
    if before.instrument != after.instrument && !before.instrument.is_empty() && !after.instrument.is_empty()
    {
        told.push(format!("instrument: {} before, {} after", before.instrument, after.instrument));
    }
    told
}

fn sha(provenance: &Provenance, role: &str) -> Vec<String> {
    provenance.files.iter().filter(|f| f.role == role).map(|f| f.sha256.clone()).collect()
}

/// Members that only one side has, at most three of them named.
fn set_difference(what: &str, old: &BTreeSet<String>, new: &BTreeSet<String>, told: &mut Vec<String>) {
    for (only, side) in [(old.difference(new), "before"), (new.difference(old), "after")] {
        let only: Vec<&str> = only.map(String::as_str).collect();
        if !only.is_empty() {
            let more = if only.len() > 3 { format!(" and {} more", only.len() - 3) } else { String::new() };
            let named = only[..only.len().min(3)].join(", ");
            told.push(format!("{what}s only {side}: {named}{more}"));
        }
    }
}

/// Whether two hashes agree, as far as both are known: lines of a file do not tell their tokenizer.
fn same_or_untold(a: &str, b: &str) -> bool {
    a == b || [a, b].contains(&"unknown")
}
