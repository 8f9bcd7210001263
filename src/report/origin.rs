//! What the run was made from, on what machine, and what each stage cost.

use super::number::{count, figure, percent};
use crate::list::duration;
use crate::record::{AdapterProof, Record};
use serde::Serialize;

/// Everything of the section.
#[derive(Serialize)]
pub(super) struct Section<'a> {
    facts: Vec<(&'static str, String)>,
    files: Vec<Stamp<'a>>,
    adapters: Vec<Adapter<'a>>,
    stages: Vec<StageRow<'a>>,
}

/// A file by its hash.
#[derive(Serialize)]
struct Stamp<'a> {
    role: &'a str,
    name: &'a str,
    sha256: &'a str,
}

/// An adapter with its proof.
#[derive(Serialize)]
struct Adapter<'a> {
    name: &'a str,
    rank: usize,
    alpha: f64,
    scale: f32,
    tensors: usize,
    change: String,
    personas: usize,
    sha256: &'a str,
}

/// A stage and its cost.
#[derive(Serialize)]
struct StageRow<'a> {
    name: &'a str,
    time: String,
    /// Of the whole run, in per cent.
    share: f64,
    note: &'a str,
}

/// The section.
pub(super) fn section(record: &Record) -> Section<'_> {
    let from = &record.provenance;
    let files = from.files.iter().map(|f| Stamp { role: &f.role, name: &f.name, sha256: &f.sha256 });
    let stages = record.stages.iter().map(|s| StageRow {
        name: &s.name,
        time: duration(s.seconds),
        share: (1000.0 * s.seconds / record.seconds.max(1e-9)).round().clamp(0.0, 1000.0) / 10.0,
        note: &s.note,
    });
    Section {
        facts: facts(record),
        files: files.collect(),
        adapters: from.adapters.iter().map(adapter).collect(),
        stages: stages.collect(),
    }
}

fn adapter(proof: &AdapterProof) -> Adapter<'_> {
    Adapter {
        name: &proof.name,
        rank: proof.r,
        alpha: proof.alpha,
        scale: proof.scale,
        tensors: proof.matched_tensors,
        change: figure(proof.logit_change),
        personas: proof.personas,
        sha256: &proof.sha256,
    }
}

fn facts(record: &Record) -> Vec<(&'static str, String)> {
    let from = &record.provenance;
    let mut facts = vec![
        ("Command", record.command.clone()),
        ("Run", record.id.clone()),
        ("Started", record.started.clone()),
        ("Took", duration(record.seconds)),
        ("persona-eval", from.version.clone()),
        ("Base model", from.base.clone()),
        ("Tokenizer", from.tokenizer.clone()),
        ("Chat template", from.template.clone()),
        ("Embedder", from.embedder.clone()),
        ("Arithmetic", format!("{} on {}", from.arithmetic, from.device)),
        ("Root seed", from.seed.to_string()),
        (
            "Machine",
            format!(
                "{}, {}, {}",
                from.machine.system,
                from.machine.processor,
                count(from.machine.threads, "thread")
            ),
        ),
    ];
    if let Some(sandbox) = &from.sandbox {
        facts.push(("Code of answers", sandbox.to_string()));
    }
    if let Some(mib) = from.machine.peak_memory_mib {
        facts.push(("Peak memory", format!("{mib} MiB")));
    }
    if let Some(b) = &record.batch_identity {
        let sizes: Vec<String> = b.sizes.iter().map(usize::to_string).collect();
        facts.push((
            "Batch identity",
            format!(
                "{} % of {} gave the same text at batch sizes {} as at 1",
                percent(b.identical),
                count(b.prompts, "prompt"),
                sizes.join(" and ")
            ),
        ));
    }
    facts
}
