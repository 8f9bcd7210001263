//! A stopped run goes on where it stopped, and only with the settings it was made with.

mod common;

use common::evaluation::{Parts, evaluated, parts};
use common::{fixture, model};
use persona_eval::error::Kind;
use persona_eval::model::sha256_file;
use persona_eval::persona::Registry;
use persona_eval::response::{Response, read_journal};
use std::io::Write;
use std::path::Path;

const SUITE: &str = r#"
name = "tiny"
personas = ["poet", "code_expert", "stoic_sage"]
base = "tiny"
embedder = "minilm"
measures = ["style"]
generation = { temperature = 0.9, top_p = 0.95, max_new_tokens = 6, samples = 2 }
prompts = [{ id = "a", text = "How is glass made?" }, { id = "b", text = "Who paints the lines on roads?" }]
"#;

fn run(parts: &Parts, folder: &Path, seed: u64) -> persona_eval::Result<Vec<Response>> {
    evaluated(parts, folder, seed).map(|done| done.responses)
}

#[test]
fn a_run_that_was_cut_off_goes_on_to_the_same_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), SUITE);
    let whole = run(&parts, folder.path(), 1).expect("runs");
    assert_eq!(whole.len(), 12);
    let journal = folder.path().join("run/responses.jsonl");
    let text = std::fs::read_to_string(&journal).expect("the journal");
    let lines: Vec<&str> = text.lines().collect();
    for kept in [0, 1, 7, 12] {
        let mut file = std::fs::File::create(&journal).expect("cut off");
        for line in &lines[..kept] {
            writeln!(file, "{line}").expect("writes");
        }
        write!(file, "{}", &lines[0][..40]).expect("half a line");
        drop(file);
        assert_eq!(run(&parts, folder.path(), 1).expect("goes on"), whole, "{kept} lines kept");
        assert_eq!(read_journal(&journal).expect("whole again").len(), 12);
    }
}

#[test]
fn a_journal_of_other_settings_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), SUITE);
    run(&parts, folder.path(), 1).expect("runs");
    let error = run(&parts, folder.path(), 2).expect_err("another seed");
    assert_eq!(error.kind(), Kind::Input);
    assert!(error.to_string().contains("other settings"), "{error}");
    let journal = folder.path().join("run/responses.jsonl");
    let text = std::fs::read_to_string(&journal).expect("the journal");
    let warmer = text.replace("\"temperature\":0.9", "\"temperature\":1.1");
    assert_ne!(warmer, text, "every line says how it was drawn");
    std::fs::write(&journal, warmer).expect("writes");
    let error = run(&parts, folder.path(), 1).expect_err("another temperature");
    assert!(error.to_string().contains("other settings"), "{error}");
}

#[test]
fn every_answer_can_be_made_again_from_its_own_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), SUITE);
    run(&parts, folder.path(), 3).expect("runs");
    let journal = std::fs::read_to_string(folder.path().join("run/responses.jsonl")).expect("the journal");
    assert_eq!(journal.lines().count(), 12);
    for line in journal.lines() {
        let line: Response = serde_json::from_str(line).expect("a response");
        let request = persona_eval::generate::Request {
            tokens: parts.engine.base().tokenizer.encode(&line.prompt).expect("encodes"),
            shared: 0,
            blend: line.blend.parse().expect("a blend"),
            sampling: line.sampling.expect("how it was drawn"),
            seed: line.seed,
            to_length: false,
        };
        let again = parts.engine.generate_all(&[request], 1).expect("generates");
        assert_eq!(again[0].text, line.text);
    }
}

#[test]
fn a_record_stamps_the_whole_embedder_and_the_registry_where_it_has_no_file_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut parts = parts(folder.path(), SUITE);
    let registry = fixture("../suites/personas.toml");
    let embedder = model("all-minilm-l6-v2").dir;
    for (i, name) in ["personas.toml", "built-in"].into_iter().enumerate() {
        let folder = folder.path().join(i.to_string());
        std::fs::create_dir(&folder).expect("a folder");
        let files = evaluated(&parts, &folder, 1).expect("runs").record.provenance.files;
        for (role, name, file) in [
            ("registry", name, registry.clone()),
            ("embedder", "minilm", embedder.join("model.safetensors")),
            ("embedder's tokenizer", "minilm", embedder.join("tokenizer.json")),
            ("embedder's configuration", "minilm", embedder.join("config.json")),
        ] {
            let stamps: Vec<_> = files.iter().filter(|f| f.role == role).collect();
            assert_eq!(stamps.len(), 1, "{role}: {files:?}");
            assert_eq!(stamps[0].name, name, "{role}");
            assert_eq!(stamps[0].sha256, sha256_file(&file).expect("reads"), "{role}");
        }
        parts.registry = Registry::built_in().expect("the registry is compiled in");
    }
}
