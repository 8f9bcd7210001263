//! Training from the command line: one adapter and several, examples that do not fit or are none, and what is told.

mod common;

use common::course::{PERSONAS, arguments, material, results, train};
use common::program::{TINY, program};
use serde_json::{Value, json};
use std::path::Path;

const WITHOUT_LOOKS: (&str, &str) = ("evaluate_every: 3\n  patience: 2\n  ", "");

fn rejects(out: &Path) -> Vec<(String, u64, String)> {
    let text = std::fs::read_to_string(out.join("training.rejects.jsonl")).unwrap();
    let of = |line: &str| {
        let v: Value = serde_json::from_str(line).unwrap();
        let word = |key: &str| v[key].as_str().unwrap().to_owned();
        (word("file"), v["line"].as_u64().unwrap(), word("reason"))
    };
    text.lines().map(of).collect()
}

fn record(out: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(out.join("training.json")).unwrap()).unwrap()
}

#[test]
fn one_adapter_of_all_personas_is_trained_on_a_plain_folder_and_speaks() {
    let folder = tempfile::tempdir().unwrap();
    material(folder.path(), &[]);
    let (data, out) = (folder.path().join("train"), folder.path().join("out"));
    let [data, path] = [&data, &out].map(|p| p.display().to_string());
    let told = program()
        .args(["train", &data, "--heldout", "0.25", "-o", &path, "--base", TINY, "--skip-leak-check"])
        .args(["--rank", "2", "--epochs", "1", "--seed", "5"])
        .output()
        .unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let record = record(&out);
    let adapter = &record["adapters"][0];
    assert_eq!((record["adapters"].as_array().unwrap().len(), &adapter["name"]), (1, &json!("all_personas")));
    assert_eq!(adapter["personas"].as_array().unwrap().len(), PERSONAS.len());
    // A quarter of twelve prompts, with all four answers to each.
    let (trained, held) = (&adapter["examples"], &adapter["heldout"]["tokens"]);
    assert!(trained == &json!(36) && held.as_u64() > Some(0), "{adapter}");
    assert!(adapter["heldout"]["adapter"].as_f64() < adapter["heldout"]["base"].as_f64(), "{adapter}");
    let said = program()
        .args(["generate", "Question 1?", "--base", TINY, "--adapters", &path, "--blend", "all_personas=1"])
        .args(["--max-tokens", "4"])
        .output()
        .unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
}

#[test]
fn examples_that_are_too_long_are_refused_left_out_or_cut_and_told_by_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    material(folder.path(), &[]);
    // The third training example and the second held-out one have long answers; one more has a long prompt.
    let long = "and so it goes ".repeat(30);
    for (file, line, key) in [("train", 2, "output"), ("held", 1, "output"), ("train", 4, "instruction")] {
        let path = folder.path().join(file).join("a.jsonl");
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines: Vec<Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        lines[line][key] = json!(format!("{} {long}", lines[line][key].as_str().unwrap()));
        std::fs::write(&path, lines.iter().map(Value::to_string).collect::<Vec<_>>().join("\n")).unwrap();
    }
    let text = std::fs::read_to_string(folder.path().join("config.yaml")).unwrap();
    let config = folder.path().join("config.yaml").display().to_string();
    std::fs::write(&config, format!("{}  max_tokens: 250\n", text.replace(WITHOUT_LOOKS.0, ""))).unwrap();
    let (code, told) = train(&config, &folder.path().join("refused"), &[]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("a.jsonl:3") && told.contains("at most 250 (`max_tokens`)"), "{told}");
    assert!(!folder.path().join("refused/training.jsonl").exists());
    for (policy, counts, wanted) in [
        (
            "skip",
            "3 examples left out, 0 cut",
            [("a.jsonl", 3, "left out"), ("a.jsonl", 5, "left out"), ("held-out a.jsonl", 2, "left out")],
        ),
        (
            "cut",
            "1 example left out, 2 cut",
            [("a.jsonl", 3, "was cut"), ("a.jsonl", 5, "left out"), ("held-out a.jsonl", 2, "was cut")],
        ),
    ] {
        let out = folder.path().join(policy);
        let (code, told) = train(&config, &out, &["--too-long", policy]);
        assert_eq!(code, Some(0), "{told}");
        assert!(told.contains(counts), "{told}");
        let aside = rejects(&out);
        assert_eq!(aside.len(), 3, "{aside:?}");
        for ((file, line, reason), (in_file, at, why)) in aside.iter().zip(wanted) {
            assert!(file == in_file && *line == at && reason.contains(why), "{aside:?}");
        }
        let record = record(&out);
        let examples = record["adapters"].as_array().unwrap().iter().map(|a| a["examples"].as_u64());
        let left_out = if policy == "skip" { 2 } else { 1 };
        assert_eq!(examples.sum::<Option<u64>>(), Some(48 - left_out));
    }
}

#[test]
fn what_cannot_be_met_or_is_never_drawn_is_told_before_the_first_step() {
    let folder = tempfile::tempdir().unwrap();
    let config = material(
        folder.path(),
        &[
            WITHOUT_LOOKS,
            ("personas: all", "personas: [historian]"),
            ("phases:", "trait_requirements: { formal: 0.5 }\npersona_weights: { poet: 0.9 }\nphases:"),
        ],
    );
    // Each adapter must learn something: `supportive` moves to one that does.
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("phases:", "adapter_groups: { creative: [supportive] }\nphases:"))
        .unwrap();
    let out = folder.path().join("out");
    let (never, missed) =
        ("no phase draws an example of supportive", "`first` misses 1 persona weight and 1 trait share");
    let planned =
        program().args(arguments(&config, &out.display().to_string())).arg("--dry-run").output().unwrap();
    let plan = String::from_utf8_lossy(&planned.stdout);
    for wanted in [never, missed, "`poet` is short: ", "`formal` cannot be met: 50.00 % wanted, 0.00 %"] {
        assert!(plan.contains(wanted), "{wanted}: {plan}{}", String::from_utf8_lossy(&planned.stderr));
    }
    let (code, told) = train(&config, &out, &[]);
    assert_eq!(code, Some(0), "{told}");
    let warnings = record(&out)["warnings"].to_string();
    for wanted in [never, missed] {
        assert_eq!(told.matches(wanted).count(), 1, "at the start, and not again: {told}");
        assert!(warnings.contains(wanted), "{warnings}");
    }
}

#[test]
fn an_adapter_that_nothing_feeds_and_traits_that_nothing_knows_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let first = |config: &str| -> (Option<i32>, String) {
        train(config, &folder.path().join("out"), &["--too-long", "skip"])
    };
    let config = material(folder.path(), &[WITHOUT_LOOKS, ("personas: all", "personas: [historian]")]);
    let (code, told) = first(&config);
    assert!(code == Some(2) && told.contains("the adapter `emotive` would learn nothing"), "{told}");
    assert!(told.contains("no phase draws an example of its personas: supportive"), "{told}");
    let config = material(folder.path(), &[WITHOUT_LOOKS, ("  rank: 2", "  max_tokens: 8\n  rank: 2")]);
    let (code, told) = first(&config);
    assert!(code == Some(2) && told.contains("`max_tokens`"), "{told}");
    let config = material(folder.path(), &[WITHOUT_LOOKS]);
    let examples = folder.path().join("train/a.jsonl");
    let text = std::fs::read_to_string(&examples).unwrap();
    let traits = r#""_traits":["figurativ","brief"],"output""#;
    std::fs::write(&examples, text.replacen("\"output\"", traits, 1)).unwrap();
    let (code, told) = first(&config);
    assert!(code == Some(0) && told.contains("count for none: figurativ (known are "), "{told}");
}

#[test]
fn lines_that_are_no_examples_are_set_aside_and_the_plan_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let config = material(folder.path(), &[WITHOUT_LOOKS]);
    let examples = folder.path().join("train/a.jsonl");
    let text = std::fs::read_to_string(&examples).unwrap();
    std::fs::write(&examples, format!("{text}\nnot json\n{{\"instruction\": 5}}\n")).unwrap();
    let out = folder.path().join("out");
    let planned =
        program().args(arguments(&config, &out.display().to_string())).arg("--dry-run").assert().success();
    let plan = String::from_utf8_lossy(&planned.get_output().stdout).into_owned();
    assert!(plan.contains("set aside, 2 of 2:\n  a.jsonl:49: ") && !out.exists(), "{plan}");
    let (code, told) = train(&config, &out, &[]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("warning: 2 lines cannot be used"), "{told}");
    let places: Vec<(String, u64)> = rejects(&out).into_iter().map(|(file, line, _)| (file, line)).collect();
    assert_eq!(places, [("a.jsonl".to_owned(), 49), ("a.jsonl".to_owned(), 50)]);
    for name in
        ["training.html", "losses.png", "gradients.png", "heldout.png", "training.json", "creative/README.md"]
    {
        assert!(out.join(name).exists(), "{name}");
    }
    let (code, told) = train(&config, &out, &[]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("a finished training lies in the folder"), "{told}");
    let before = results(&out);
    let (code, told) = train(&config, &out, &["--resume"]);
    assert_eq!(code, Some(0), "going on with what is done is done: {told}");
    assert_eq!(results(&out), before);
    let config = material(folder.path(), &[WITHOUT_LOOKS, ("rank: 2", "rank: 3")]);
    std::fs::write(&examples, format!("{text}\nnot json\n{{\"instruction\": 5}}\n")).unwrap();
    let (code, told) = train(&config, &out, &["--resume"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("another training, which is done") && told.contains("`training.rank` was 2, now 3"),
        "{told}"
    );
}

#[test]
fn an_example_that_a_suite_asks_stops_the_training_before_anything_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let config = material(folder.path(), &[]);
    let out = folder.path().join("out");
    let told = |question: &str| {
        let line = json!({
            "instruction": format!("<persona:poet>\n{question}"), "output": "Count the drops.", "_persona": "poet"
        });
        std::fs::write(folder.path().join("train/b.jsonl"), line.to_string()).unwrap();
        let arguments = arguments(&config, out.to_str().unwrap());
        let checked = arguments.into_iter().filter(|a| *a != "--skip-leak-check").chain(["--dry-run"]);
        let output = program().args(checked).output().unwrap();
        assert!(!out.exists());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    // A shared prompt within more words, and all of it but its last word.
    for question in
        ["Tell me, what is the best way to save water at home?", "What is the best way to save water at"]
    {
        let (code, text) = told(question);
        assert_eq!(code, Some(2), "{text}");
        for wanted in ["1 training examples have", "b.jsonl:1 has s01 of", "data audit --remove leak"] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
    }
    let (code, text) = told("How do I keep a lawn green with little rain?");
    assert_eq!(code, Some(0), "{text}");
}
