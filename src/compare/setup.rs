//! What two runs do not have in common besides their answers.

use super::matched::Matched;
use crate::list::few;
use crate::record::{PersonaRow, Provenance, Scores};
use std::collections::{BTreeMap, BTreeSet};

/// The role of held-out files in a provenance.
const HELDOUT: &str = "held-out text";

/// Sentences on what differs.
#[derive(Default)]
struct Told(Vec<String>);

impl Told {
    fn value(&mut self, what: &str, old: &str, new: &str) {
        if old != new {
            self.0.push(format!("{what}: {old} before, {new} after"));
        }
    }

    /// Answers that were read from a file name their base by its bytes alone.
    fn base(&mut self, a: &Provenance, b: &Provenance) {
        let (old, new) = (sha(a, "base"), sha(b, "base"));
        if old == new && !old.is_empty() {
            return;
        }
        if same_or_untold(&a.base, &b.base) {
            self.bytes("the base model's weights", old.is_empty() || new.is_empty());
        } else {
            self.value("base model", &a.base, &b.base);
        }
    }

    fn bytes(&mut self, what: &str, same: bool) {
        if !same {
            self.0.push(format!("{what}: other bytes"));
        }
    }
}

/// Which adapters changed, as sentences; none where both runs judged the same files.
pub fn changed_adapters(before: &Provenance, after: &Provenance) -> Vec<String> {
    let hashes = |from: &Provenance| -> BTreeMap<String, String> {
        let proven = from.adapters.iter().map(|a| (&a.name, &a.sha256));
        // Answers that were read from a file name their adapters by hash alone.
        let told = from.files.iter().filter(|f| f.role == "adapter").map(|f| (&f.name, &f.sha256));
        let short = |sha256: &String| sha256.chars().take(8).collect();
        proven.chain(told).map(|(name, sha256)| (name.clone(), short(sha256))).collect()
    };
    let (old, new) = (hashes(before), hashes(after));
    // Lines of a file need not say who spoke.
    let untold = |from: &Provenance, adapters: &BTreeMap<String, String>| {
        from.base == "unknown" && adapters.is_empty()
    };
    if untold(before, &old) || untold(after, &new) {
        return Vec::new();
    }
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let told = |hash: Option<&String>| hash.map_or_else(|| "none".to_owned(), Clone::clone);
    let changed = names.into_iter().filter(|name| old.get(*name) != new.get(*name));
    changed
        .map(|name| format!("{name}: {} before, {} after", told(old.get(name)), told(new.get(name))))
        .collect()
}

/// What else differs between the files and the machinery of two runs, as sentences; adapters are expected to.
pub fn changed_setup(a: &Provenance, b: &Provenance) -> Vec<String> {
    let mut told = machinery(a, b);
    told.bytes("the suite's files", sha(a, "suite") == sha(b, "suite"));
    told.0
}

/// The same without the suite's files.
fn machinery(a: &Provenance, b: &Provenance) -> Told {
    let mut told = Told::default();
    told.base(a, b);
    for (what, old, new) in [
        ("embedder", &a.embedder, &b.embedder),
        ("arithmetic", &a.arithmetic, &b.arithmetic),
        ("device", &a.device, &b.device),
    ] {
        if !same_or_untold(old, new) {
            told.value(what, old, new);
        }
    }
    told.value("seed", &a.seed.to_string(), &b.seed.to_string());
    told.value("engine", &a.version, &b.version);
    for (what, role) in [
        ("the held-out text", HELDOUT),
        ("the embedder's weights", "embedder"),
        ("the registry of personas", "registry"),
    ] {
        told.bytes(what, sha(a, role) == sha(b, role));
    }
    if let (Some(old), Some(new)) = (&a.sandbox, &b.sandbox) {
        told.value("Python that runs code of answers", &old.python, &new.python);
    }
    told.bytes("the tokenizer", same_or_untold(&a.tokenizer, &b.tokenizer));
    told.bytes("the chat template", same_or_untold(&a.template, &b.template));
    told
}

/// Everything that a reader must know before the figures of a comparison, as sentences.
pub(super) fn differences(before: &Scores, after: &Scores, matched: &Matched<'_>) -> Vec<String> {
    let mut told = Told::default();
    told.value("suite", &before.suite, &after.suite);
    told.value("instrument", instrument(before), instrument(after));
    told.0.extend(asked(before, after));
    told.0.extend(answered(before, after));
    told.0.extend(traits(before, after));
    told.0.extend(tasks(matched));
    // What a suite asks stands above word by word; its thresholds change nothing that was measured.
    told.0.extend(machinery(&before.provenance, &after.provenance).0);
    told.0
}

/// Differences that make two runs two measurements of different things, as sentences: what is asked, how it is answered, by
/// which base, and what judges it. A baseline is not replaced across one of them unless that is forced.
pub fn refusals(before: &Scores, after: &Scores) -> Vec<String> {
    let (a, b) = (&before.provenance, &after.provenance);
    let mut told = Told(judged(before, after));
    told.bytes("the held-out text", sha(a, HELDOUT) == sha(b, HELDOUT));
    told.value("suite", &before.suite, &after.suite);
    told.base(a, b);
    told.0.extend(asked(before, after));
    told.0.extend(answered(before, after));
    told.0
}

/// Differences across which a gate cannot judge a metric's change, as sentences.
///
/// Named, margin and fidelity come from centroids that all answers of a run teach: other prompts, personas, samples or
/// answers make other centroids, whatever the adapters do. `matched` is what the two have in common.
pub fn incomparable(before: &Scores, after: &Scores, matched: &Matched<'_>, metric: &str) -> Vec<String> {
    let mut told = unlike(before, after, metric);
    if fitted(metric) {
        let asked = asked(before, after);
        told.extend(if asked.is_empty() { cells(matched).into_iter().collect() } else { asked });
    }
    told
}

/// Differences across which the scores of a metric are not of one kind, as sentences: another instrument makes other
/// vectors, likelihoods are counted in tokens, their margins against those who heard, and trait hits by the declared traits.
pub(super) fn unlike(before: &Scores, after: &Scores, metric: &str) -> Vec<String> {
    let (a, b) = (&before.provenance, &after.provenance);
    let mut told = Told::default();
    let likelihood = metric.starts_with("likelihood.");
    if fitted(metric) {
        told.0.extend(judged(before, after));
    }
    if fitted(metric) || likelihood {
        told.bytes("the held-out text", sha(a, HELDOUT) == sha(b, HELDOUT));
    }
    if likelihood {
        told.bytes("the tokenizer", same_or_untold(&a.tokenizer, &b.tokenizer));
    }
    if metric == "style.hit_rate" {
        told.0.extend(traits(before, after));
    }
    if metric == "likelihood.margin" && before.heard != after.heard {
        told.0.push("other personas heard the real text".to_owned());
    }
    told.0
}

/// Whether a metric rests on centroids that the run's own answers teach.
fn fitted(metric: &str) -> bool {
    metric.starts_with("separability.") || metric.starts_with("fidelity.")
}

/// What makes the vectors.
fn judged(before: &Scores, after: &Scores) -> Vec<String> {
    let (a, b) = (&before.provenance, &after.provenance);
    let mut told = Told::default();
    // The same weights may be named by catalogue or by folder.
    let (old, new) = (sha(a, "embedder"), sha(b, "embedder"));
    if old != new || old.is_empty() {
        told.value("embedder", &a.embedder, &b.embedder);
        told.bytes("the embedder's weights", old == new || a.embedder != b.embedder);
    }
    told.value("instrument", instrument(before), instrument(after));
    told.0
}

/// What was asked of whom, and how often, as far as both sides tell.
fn asked(before: &Scores, after: &Scores) -> Vec<String> {
    let mut told = Told::default();
    if let (Some(old), Some(new)) = (&before.generation, &after.generation) {
        told.value("samples", &old.samples.to_string(), &new.samples.to_string());
    }
    type Ids = fn(&Scores) -> BTreeSet<&str>;
    let ids: [(&str, Ids); 2] = [
        ("personas", |s| s.personas.iter().map(|p| p.id.as_str()).collect()),
        ("prompts", |s| s.prompts.iter().map(|p| p.id.as_str()).collect()),
    ];
    for (what, of) in ids {
        let (old, new) = (of(before), of(after));
        // Records of earlier versions do not name them.
        if old.is_empty() || new.is_empty() {
            continue;
        }
        for (only, side) in [(&old - &new, "before"), (&new - &old, "after")] {
            if !only.is_empty() {
                told.0.push(format!("{what} only {side}: {}", few(&only.into_iter().collect::<Vec<_>>(), 3)));
            }
        }
    }
    for new in &after.prompts {
        if before.prompts.iter().any(|old| old.id == new.id && old.text != new.text) {
            told.0.push(format!("the prompt `{}` is worded otherwise", new.id));
        }
    }
    told.0
}

/// Whether the same personas answered the same prompts as often: missing answers teach other centroids.
fn cells(matched: &Matched<'_>) -> Option<String> {
    let (old, new) = (matched.only_before.len(), matched.only_after.len());
    match (old, new) {
        (0, 0) => None,
        (old, 0) => Some(format!("{old} answers only before")),
        (0, new) => Some(format!("{new} answers only after")),
        (old, new) => Some(format!("{old} answers only before, {new} only after")),
    }
}

/// Whether the same weights spoke, as far as it is told.
pub(super) fn same_base(before: &Scores, after: &Scores) -> bool {
    let mut told = Told::default();
    told.base(&before.provenance, &after.provenance);
    told.0.is_empty()
}

/// Who declares other traits: more or fewer of them show in the same answers.
fn traits(before: &Scores, after: &Scores) -> Option<String> {
    let told = |p: &PersonaRow| !p.traits.is_empty();
    let other = |new: &&PersonaRow| {
        let old = before.personas.iter().find(|old| old.id == new.id);
        old.is_some_and(|old| told(old) && told(new) && old.traits != new.traits)
    };
    let ids: Vec<&str> = after.personas.iter().filter(other).map(|p| p.id.as_str()).collect();
    (!ids.is_empty()).then(|| format!("declared traits of {}", few(&ids, 3)))
}

/// Tasks of the same name that ask or judge otherwise; they are not compared.
fn tasks(matched: &Matched<'_>) -> Option<String> {
    let altered = &matched.altered;
    (!altered.is_empty()).then(|| format!("tasks that ask or judge otherwise: {}", few(altered, 3)))
}

/// How it was answered, as far as both sides tell.
fn answered(before: &Scores, after: &Scores) -> Vec<String> {
    let mut told = Told::default();
    if let (Some(old), Some(new)) = (&before.generation, &after.generation) {
        let (x, y) = (&old.sampling, &new.sampling);
        let text = |v: Option<usize>| v.map_or("none".to_owned(), |v| v.to_string());
        told.value("temperature", &x.temperature.to_string(), &y.temperature.to_string());
        told.value("top_p", &x.top_p.to_string(), &y.top_p.to_string());
        told.value("top_k", &text(x.top_k), &text(y.top_k));
        told.value(
            "repetition_penalty",
            &x.repetition_penalty.to_string(),
            &y.repetition_penalty.to_string(),
        );
        told.value("max_new_tokens", &x.max_tokens.to_string(), &y.max_tokens.to_string());
    }
    let blends: Vec<String> = after
        .personas
        .iter()
        .filter_map(|new| {
            let old = before.personas.iter().find(|old| old.id == new.id)?;
            let same = same_or_untold(&old.blend, &new.blend);
            (!same).then(|| format!("`{}` {} before, {} after", new.id, old.blend, new.blend))
        })
        .collect();
    if !blends.is_empty() {
        told.0.push(format!("blends: {}", few(&blends, 3)));
    }
    told.0
}

/// Records from before there was a choice do not name it.
fn instrument(scores: &Scores) -> &str {
    if scores.instrument.is_empty() { "embedding" } else { &scores.instrument }
}

fn sha(provenance: &Provenance, role: &str) -> Vec<String> {
    provenance.files.iter().filter(|f| f.role == role).map(|f| f.sha256.clone()).collect()
}

/// Whether two hashes agree, as far as both are known: lines of a file do not tell their tokenizer.
pub(super) fn same_or_untold(a: &str, b: &str) -> bool {
    a == b || [a, b].contains(&"unknown") || a.is_empty() || b.is_empty()
}
