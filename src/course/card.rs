//! The model card beside an adapter: what it is, what it was made of, and its figures.

use crate::train::{DataFile, TrainingRecord};
use serde_json::Value;
use std::fmt::Write as _;

/// How an adapter's model card begins: the head that model hubs read, the title, and what the adapter is for; its sentence goes on.
pub fn card_head(name: &str, base: &str) -> String {
    format!(
        "---\nbase_model: {base}\nlibrary_name: peft\ntags: [lora, persona]\n---\n\n# {name}\n\nA LoRA adapter for `{base}`"
    )
}

/// The card of one trained adapter, in Markdown.
pub(super) fn card(record: &TrainingRecord, adapter: usize) -> String {
    let Some(a) = record.adapters.get(adapter) else { return String::new() };
    let (base, sha, engine) = &record.base;
    let mut text = card_head(&a.name, base);
    let _ =
        write!(text, " (sha256 `{sha}`), trained by {} on {} ({engine}).\n\n", record.program, record.ended);
    let _ = writeln!(
        text,
        "Put the control tag `<persona:ID>` and a line break before the first user text. Personas: {}.\n",
        a.personas.join(", ")
    );
    let _ = writeln!(text, "| figure | value |\n|---|---|");
    let _ = writeln!(text, "| sha256 of configuration and weights | `{}` |", a.sha256);
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
    if let Some(made_of) = record.made_of.as_object() {
        // The files follow below.
        let keys = made_of.iter().filter(|(key, _)| !["data", "heldout"].contains(&key.as_str()));
        let keys: serde_json::Map<String, Value> = keys.map(|(k, v)| (k.clone(), v.clone())).collect();
        let json = serde_json::to_string_pretty(&keys).unwrap_or_default();
        let _ = write!(text, "\n## Training\n\n```json\n{json}\n```\n");
    }
    for (title, files) in [("Data", &record.files), ("Held-out data", &record.heldout_files)] {
        if !files.is_empty() {
            let _ = write!(text, "\n## {title}\n\n");
        }
        for DataFile { name, sha256, examples, .. } in files {
            let _ = writeln!(text, "- `{name}`: {examples} examples, sha256 `{sha256}`");
        }
    }
    text
}
