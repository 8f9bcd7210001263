//! The model card beside an adapter: what it is, what it was made of, and its figures.

use crate::train::{DataFile, TrainingRecord};
use std::fmt::Write as _;

/// The card of one adapter, in Markdown with the head that model hubs read.
pub(super) fn card(record: &TrainingRecord, adapter: usize) -> String {
    let mut text = String::new();
    let Some(a) = record.adapters.get(adapter) else { return text };
    let (base, sha, engine) = &record.base;
    let _ = write!(
        text,
        "---\nbase_model: {base}\nlibrary_name: peft\ntags: [lora, persona]\n---\n\n# {}\n\nA LoRA adapter for `{base}` \
         (sha256 `{sha}`), trained by {} on {} ({engine}).\n\n",
        a.name, record.program, record.ended
    );
    let _ = writeln!(
        text,
        "Put the control tag `<persona:ID>` and a line break before the first user text. Personas: {}.\n",
        a.personas.join(", ")
    );
    let _ = writeln!(text, "| figure | value |\n|---|---|");
    let _ = writeln!(text, "| examples | {} |\n| steps | {} |", a.examples, a.steps);
    let (first, last) = a.training_loss;
    let _ = writeln!(text, "| training loss, first and last tenth (nats a token) | {first:.3}, {last:.3} |");
    if let Some(h) = a.heldout {
        let _ = writeln!(text, "| held-out loss, base and adapter | {:.3}, {:.3} |", h.base, h.adapter);
    }
    if let Some(n) = a.neutral {
        let _ = writeln!(text, "| neutral text, base and adapter | {:.3}, {:.3} |", n.base, n.adapter);
    }
    if let Some(m) = a.memorised {
        let _ = writeln!(
            text,
            "| training answers said by heart (base) | {} of {} ({}) |",
            m.adapter, m.of, m.base
        );
    }
    if let Some(training) = record.made_of.get("training") {
        let json = serde_json::to_string_pretty(training).unwrap_or_default();
        let _ = write!(text, "\n## Training\n\nSeed {}.\n\n```json\n{json}\n```\n", record.made_of["seed"]);
    }
    let _ = write!(text, "\n## Data\n\n");
    for DataFile { name, sha256, examples, .. } in &record.files {
        let _ = writeln!(text, "- `{name}`: {examples} examples, sha256 `{sha256}`");
    }
    text
}
