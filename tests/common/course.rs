//! A small training: four personas, four adapters, two phases, on the tiny base.

use super::program::{TINY, program};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// A persona of each of four adapters.
pub const PERSONAS: [&str; 4] = ["poet", "code_expert", "historian", "supportive"];

/// Examples, held-out ones, and a configuration with every source of state: two phases, dropout, accumulation, early stops.
pub fn material(folder: &Path, change: &[(&str, &str)]) -> String {
    for (name, prompts) in [("train", 0..12), ("held", 12..15)] {
        let line = |i: usize, persona: &str| {
            let output = format!("{persona} says {} and {}", i * 7 % 11, "so it goes ".repeat(1 + i % 3));
            json!({ "instruction": format!("<persona:{persona}>\nQuestion {i}?"), "output": output, "_persona": persona })
                .to_string()
        };
        let lines: Vec<String> =
            prompts.flat_map(|i| PERSONAS.iter().map(move |p| (i, *p))).map(|(i, p)| line(i, p)).collect();
        std::fs::create_dir_all(folder.join(name)).unwrap();
        std::fs::write(folder.join(name).join("a.jsonl"), lines.join("\n")).unwrap();
    }
    let mut text = "total: 1000\nseed: 3\nphases:\n  - { name: first, personas: [poet, code_expert], learning_rate: 2e-5, share: 0.4 }\n  \
                    - { name: second, personas: all, learning_rate: 1e-5, share: 0.6 }\ntraining:\n  data: train\n  heldout: held\n  \
                    epochs: 2\n  rank: 2\n  dropout: 0.1\n  learning_rate_factor: 100\n  batch_tokens: 200\n  accumulation: 2\n  \
                    evaluate_every: 3\n  patience: 2\n  checkpoint_every: 1\n"
        .to_owned();
    for (from, to) in change {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    let path = folder.join("config.yaml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// What the program is told to train with that configuration.
pub fn arguments<'a>(config: &'a str, out: &'a str) -> Vec<&'a str> {
    vec!["train", config, "--multi-adapter", "-o", out, "--base", TINY, "--skip-leak-check"]
}

/// Trains, and gives exit code and what was told.
pub fn train(config: &str, out: &Path, flags: &[&str]) -> (Option<i32>, String) {
    let out = out.display().to_string();
    let output = program().args(arguments(config, &out)).args(flags).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The adapters' bytes, the journal without its times, and the figures of the record that are no times.
pub fn results(out: &Path) -> (Vec<Vec<u8>>, Vec<Value>, Value) {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(out).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    folders.sort();
    assert!(!folders.is_empty(), "no adapter in {}", out.display());
    let bytes = folders.iter().map(|f| std::fs::read(f.join("adapter_model.safetensors")).unwrap()).collect();
    let journal = std::fs::read_to_string(out.join("training.jsonl")).unwrap();
    let line = |line: &str| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        value.as_object_mut().unwrap().remove("seconds");
        value
    };
    let mut record: Value =
        serde_json::from_str(&std::fs::read_to_string(out.join("training.json")).unwrap()).unwrap();
    for key in ["ended", "cost"] {
        record.as_object_mut().unwrap().remove(key);
    }
    (bytes, journal.lines().map(line).collect(), record)
}
