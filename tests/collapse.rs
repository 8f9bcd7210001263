//! The worst that a training can do: everybody says the same.

mod common;

use common::evaluation::{evaluated, parts};
use persona_eval::record::Verdict;
use persona_eval::response::read_journal;
use std::fmt::Write;

const SUITE: &str = r#"
name = "tiny"
personas = ["poet", "code_expert", "stoic_sage"]
base = "tiny"
embedder = "minilm"
measures = ["separability"]
generation = { temperature = 0.9, top_p = 0.95, max_new_tokens = 6 }
prompts = [{ id = "a", text = "How is glass made?" }, { id = "b", text = "Who paints the lines on roads?" },
           { id = "c", text = "Where do old trams go?" }]

[heldout]
dir = "HELDOUT"

[[gate]]
name = "told apart"
metric = "separability.persona.balanced_accuracy"
min = 0.9
reason = "three very different voices"
"#;

#[test]
fn answers_that_are_all_alike_are_chance_and_a_warning_and_no_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let heldout = common::fixture("corpus/heldout").display().to_string().replace('\\', "/");
    let parts = parts(folder.path(), &SUITE.replace("HELDOUT", &heldout));
    evaluated(&parts, folder.path(), 1).expect("runs");
    let journal = folder.path().join("run/responses.jsonl");
    let mut lines = String::new();
    for mut line in read_journal(&journal).expect("the journal") {
        line.text = "I do not know.".into();
        writeln!(lines, "{}", serde_json::to_string(&line).expect("a line")).expect("a string");
    }
    std::fs::write(&journal, lines).expect("writes");
    let record = evaluated(&parts, folder.path(), 1).expect("a collapse is a result").record;
    let figures = record.separability.as_ref().expect("measured");
    assert!((figures.persona.balanced_accuracy.point - 1.0 / 3.0).abs() < 1e-12);
    assert!(figures.persona.margins.iter().all(|m| *m == 0.0));
    assert!(
        record.warnings.iter().any(|w| w.what.contains("3 of 3 prompts (a, b, c)")),
        "{:?}",
        record.warnings
    );
    assert_ne!(record.verdict, Verdict::Pass);
    persona_eval::report::write_all(&record, &[], folder.path()).expect("the report is written all the same");
}
