//! A training that is stopped goes on to the same bytes: killed at any moment, refused where anything differs, or where an example is
//! what a suite asks.

mod common;

use common::program::{TINY, program, root};
use persona_eval::seed::Seed;
use rand::Rng;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const PERSONAS: [&str; 4] = ["poet", "code_expert", "historian", "supportive"];
/// Kills at least, and kills while a checkpoint was being written.
const KILLS: usize = 20;
const WITHIN: usize = 1;
/// Kills after which a test gives up.
const MOST: usize = 400;

/// Examples, held-out ones, and a configuration with every source of state: two phases, dropout, accumulation, early stops.
fn material(folder: &Path, change: &[(&str, &str)]) -> String {
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

fn arguments<'a>(config: &'a str, out: &'a str) -> Vec<&'a str> {
    vec!["train", config, "--multi-adapter", "-o", out, "--base", TINY, "--skip-leak-check"]
}

fn train(config: &str, out: &Path, flags: &[&str]) -> (Option<i32>, String) {
    let out = out.display().to_string();
    let output = program().args(arguments(config, &out)).args(flags).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The adapters' bytes, the journal without its times, and the figures of the record that are no times.
fn results(out: &Path) -> (Vec<Vec<u8>>, Vec<Value>, Value) {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(out).unwrap().map(|e| e.unwrap().path()).filter(|p| p.is_dir()).collect();
    folders.sort();
    assert_eq!(folders.len(), 4, "{folders:?}");
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

#[test]
fn a_training_that_is_killed_again_and_again_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let config = material(folder.path(), &[]);
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    let (code, told) = train(&config, &whole, &[]);
    assert_eq!(code, Some(0), "{told}");
    let out = killed.display().to_string();
    let mut rng = Seed(11).rng();
    let (mut kills, mut within, mut most) = (0, 0, 60);
    while kills < KILLS || within < WITHIN {
        assert!(kills < MOST, "{kills} kills, {within} of them within a write");
        let mut child = Command::new(assert_cmd::cargo::cargo_bin!("persona-eval"))
            .current_dir(root())
            .args(arguments(&config, &out))
            .arg("--resume")
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(rng.random_range(10..most)));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            // Done between two kills: begin anew, with shorter lives.
            std::fs::remove_dir_all(&killed).unwrap();
            most = (most * 3 / 4).max(20);
            continue;
        }
        kills += 1;
        // Longer lives until one gets to a step.
        most += if killed.join("checkpoint.safetensors").exists() { 0 } else { 10 };
        let left = std::fs::read_dir(&killed).into_iter().flatten().flatten();
        within += left
            .filter(|e| e.file_name().to_string_lossy().ends_with(".safetensors"))
            .filter(|e| e.file_name().to_string_lossy().starts_with(".tmp"))
            .count();
    }
    let (code, told) = train(&config, &killed, &["--resume"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("going on behind step"), "{told}");
    assert_eq!(results(&whole), results(&killed));
    assert!(!killed.join("checkpoint.safetensors").exists());
    let left = std::fs::read_dir(&killed).unwrap().flatten();
    assert_eq!(left.filter(|e| e.file_name().to_string_lossy().starts_with(".tmp")).count(), 0);
}

#[test]
fn threads_change_no_bit() {
    let folder = tempfile::tempdir().unwrap();
    let config = material(folder.path(), &[]);
    let of = |threads: &str| {
        let out = folder.path().join(threads);
        let path = out.display().to_string();
        let status = program()
            .env("RAYON_NUM_THREADS", threads)
            .args(arguments(&config, &path))
            .output()
            .unwrap()
            .status;
        assert!(status.success());
        results(&out)
    };
    assert_eq!(of("1"), of("3"));
}

#[test]
fn a_checkpoint_of_another_training_is_refused_with_the_difference() {
    let folder = tempfile::tempdir().unwrap();
    // It fails half-way: a rate that breaks every number.
    let config = material(folder.path(), &[("learning_rate_factor: 100", "learning_rate_factor: 1e30")]);
    let out = folder.path().join("out");
    let (code, told) = train(&config, &out, &[]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("is not a number after step 1") && told.contains("learning_rate_factor"), "{told}");
    // The first step had a loss, and ruined the factors: the checkpoint before it is kept.
    let checkpoint = out.join("checkpoint.safetensors");
    let bytes = std::fs::read(&checkpoint).unwrap();
    let step_0 = br#"\"step\":0,"#;
    let at = bytes.windows(step_0.len()).position(|w| w == step_0).expect("the checkpoint of step 0");
    let (code, told) = train(&config, &out, &[]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("an unfinished training lies in the folder"), "{told}");
    let config = material(folder.path(), &[("rank: 2", "rank: 4"), ("seed: 3", "seed: 4")]);
    let (code, told) = train(&config, &out, &["--resume"]);
    assert_eq!(code, Some(2), "{told}");
    for part in
        ["of another training", "`training.rank` was 2, now 4", "`seed` was 3, now 4", "learning_rate_factor"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    let config = material(folder.path(), &[("learning_rate_factor: 100", "learning_rate_factor: 1e30")]);
    // A number of the factors, and the count of the steps.
    for (place, byte) in [(bytes.len() - 1, bytes[bytes.len() - 1] ^ 1), (at + 9, b'7')] {
        let mut damaged = bytes.clone();
        damaged[place] = byte;
        std::fs::write(&checkpoint, &damaged).unwrap();
        let (code, told) = train(&config, &out, &["--resume"]);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("the checkpoint is damaged"), "{told}");
    }
}

#[test]
fn the_order_of_folders_others_adapters_and_a_second_process_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let config = material(folder.path(), &[("learning_rate_factor: 100", "learning_rate_factor: 1e30")]);
    let (one, two) = (folder.path().join("train"), folder.path().join("more"));
    std::fs::create_dir(&two).unwrap();
    let line =
        r#"{"instruction": "<persona:poet>\nAnd the sea?", "output": "It sings.", "_persona": "poet"}"#;
    std::fs::write(two.join("a.jsonl"), line).unwrap();
    let [one, two] = [one, two].map(|path| path.display().to_string());
    let out = folder.path().join("out");
    let (code, told) = train(&config, &out, &["--data", &one, "--data", &two]);
    assert_eq!(code, Some(3), "{told}");
    let (code, told) = train(&config, &out, &["--data", &two, "--data", &one, "--resume"]);
    assert!(code == Some(2) && told.contains("`tokens of all examples, in their order` was"), "{told}");
    let lock = std::fs::File::options().append(true).open(out.join(".training.lock")).unwrap();
    lock.lock().unwrap();
    let (code, told) = train(&config, &out, &["--data", &one, "--data", &two, "--resume"]);
    assert!(code == Some(3) && told.contains("another process is training into this folder"), "{told}");
    // PEFT's, say.
    let out = folder.path().join("theirs");
    std::fs::create_dir_all(out.join("creative")).unwrap();
    std::fs::write(out.join("creative/adapter_config.json"), "{}").unwrap();
    let (code, told) = train(&config, &out, &[]);
    assert!(code == Some(2) && told.contains("an adapter that another program made"), "{told}");
    let (code, told) = train(&config, Path::new(&one), &[]);
    assert!(code == Some(2) && told.contains("cannot be that of the training"), "{told}");
}

#[test]
fn an_output_within_the_examples_goes_on_and_the_end_is_looked_at_too() {
    let folder = tempfile::tempdir().unwrap();
    let looks = [
        ("evaluate_every: 3", "evaluate_every: 7"),
        ("patience: 2", "patience: 9"),
        ("epochs: 2", "epochs: 9"),
    ];
    let config = material(folder.path(), &looks);
    let out = folder.path().join("train/out");
    let (code, told) = train(&config, &out, &[]);
    assert_eq!(code, Some(0), "{told}");
    let (_, journal, _) = results(&out);
    let of = |key: &str| journal.iter().filter_map(|l| l.get(key).cloned()).collect::<Vec<_>>();
    let (steps, looks) = (of("step"), of("look"));
    let last = steps.last().unwrap();
    assert!(last.as_u64().unwrap() % 7 != 0, "{last}: the end is no look of its own");
    assert_eq!(&looks.last().unwrap()["step"], last);
    // Every adapter ends with the factors of its best look, the last one among them.
    let at = |i: usize| looks.iter().skip(1).map(|l| l["losses"][i].as_f64().unwrap()).collect::<Vec<_>>();
    let record: Value =
        serde_json::from_str(&std::fs::read_to_string(out.join("training.json")).unwrap()).unwrap();
    for (i, adapter) in record["adapters"].as_array().unwrap().iter().enumerate() {
        let best = at(i).into_iter().fold(f64::INFINITY, f64::min);
        let ended = adapter["heldout"]["adapter"].as_f64().unwrap();
        assert!((ended - best).abs() < 1e-6, "{adapter}: ended with {ended}, best was {best}");
    }
    let (code, told) = train(&config, &out, &["--resume"]);
    assert_eq!(code, Some(0), "its journal and lists are no examples: {told}");
}

/// `ulimit` counts blocks of 512 bytes or of 1,024: either way less than the checkpoint, and more than the journal.
#[cfg(unix)]
#[test]
fn a_disk_that_is_full_keeps_the_last_checkpoint_and_the_training_goes_on_from_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = material(folder.path(), &[]);
    let (whole, out) = (folder.path().join("whole"), folder.path().join("out"));
    assert_eq!(train(&config, &whole, &[]).0, Some(0));
    let path = out.display().to_string();
    let mut child = Command::new(assert_cmd::cargo::cargo_bin!("persona-eval"))
        .current_dir(root())
        .args(arguments(&config, &path))
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let checkpoint = out.join("checkpoint.safetensors");
    while !checkpoint.exists() {
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let before = std::fs::read(&checkpoint).unwrap();
    assert!(before.len() > 64 * 1024, "{}", before.len());
    let program = assert_cmd::cargo::cargo_bin!("persona-eval").display().to_string();
    let command = format!(
        "trap '' XFSZ; ulimit -f 64; exec {program} {} --resume",
        arguments(&config, &path).join(" ")
    );
    let output = Command::new("sh").arg("-c").arg(command).current_dir(root()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("could not write") && told.contains("checkpoint.safetensors"), "{told}");
    assert_eq!(std::fs::read(&checkpoint).unwrap(), before);
    assert_eq!(train(&config, &out, &["--resume"]).0, Some(0));
    assert_eq!(results(&whole), results(&out));
}

#[test]
fn lines_that_are_no_examples_are_set_aside_and_the_plan_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let config = material(folder.path(), &[("evaluate_every: 3\n  patience: 2\n  ", "")]);
    let examples = folder.path().join("train/a.jsonl");
    let text = std::fs::read_to_string(&examples).unwrap();
    std::fs::write(&examples, format!("{text}\nnot json\n{{\"instruction\": 5}}\n")).unwrap();
    let out = folder.path().join("out");
    let (code, told) = train(&config, &out, &["--dry-run"]);
    assert_eq!((code, out.exists()), (Some(0), false), "{told}");
    let (code, told) = train(&config, &out, &[]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("warning: 2 lines are no examples"), "{told}");
    let rejects = std::fs::read_to_string(out.join("training.rejects.jsonl")).unwrap();
    let lines: Vec<Value> = rejects.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let places: Vec<(&Value, &Value)> = lines.iter().map(|l| (&l["file"], &l["line"])).collect();
    assert_eq!(places, [(&json!("a.jsonl"), &json!(49)), (&json!("a.jsonl"), &json!(50))]);
    for name in ["training.html", "losses.png", "gradients.png", "training.json", "creative/README.md"] {
        assert!(out.join(name).exists(), "{name}");
    }
    let (code, told) = train(&config, &out, &[]);
    assert_eq!(code, Some(2), "{told}");
    assert!(told.contains("a finished training lies in the folder"), "{told}");
    let before = results(&out);
    let (code, told) = train(&config, &out, &["--resume"]);
    assert_eq!(code, Some(0), "going on with what is done is done: {told}");
    assert_eq!(results(&out), before);
    let config =
        material(folder.path(), &[("evaluate_every: 3\n  patience: 2\n  ", ""), ("rank: 2", "rank: 3")]);
    std::fs::write(&examples, format!("{text}\nnot json\n{{\"instruction\": 5}}\n")).unwrap();
    let (code, told) = train(&config, &out, &["--resume"]);
    assert_eq!(code, Some(2), "{told}");
    assert!(
        told.contains("another training, which is done") && told.contains("`training.rank` was 2, now 3"),
        "{told}"
    );
}

#[test]
fn what_another_training_left_is_not_taken_for_this_ones() {
    let folder = tempfile::tempdir().unwrap();
    let config = material(
        folder.path(),
        &[("evaluate_every: 3", "evaluate_every: 0"), ("patience: 2", "patience: 0")],
    );
    let out = folder.path().join("out");
    let (code, told) = train(&config, &out, &[]);
    assert_eq!(code, Some(0), "{told}");
    let before = results(&out).0;
    std::fs::write(out.join("creative/notes.txt"), "mine").unwrap();
    std::fs::write(out.join("creative/.tmpleft"), "by a kill").unwrap();
    let (code, told) = train(&config, &out, &[]);
    assert!(code == Some(2) && told.contains("a finished training lies in the folder"), "{told}");
    assert_eq!(results(&out).0, before, "nothing was written");
    // The same again with one adapter less: the others' examples are gone.
    let data = std::fs::read_to_string(folder.path().join("train/a.jsonl")).unwrap();
    let left: Vec<&str> = data.lines().filter(|l| !l.contains("\"historian\"")).collect();
    std::fs::write(folder.path().join("train/a.jsonl"), left.join("\n")).unwrap();
    let held = std::fs::read_to_string(folder.path().join("held/a.jsonl")).unwrap();
    let left: Vec<&str> = held.lines().filter(|l| !l.contains("\"historian\"")).collect();
    std::fs::write(folder.path().join("held/a.jsonl"), left.join("\n")).unwrap();
    let only = ["--overwrite", "--epochs", "1"];
    let (code, told) = train(&config, &out, &only);
    assert_eq!(code, Some(0), "{told}");
    let names = |folder: &Path| {
        let mut all: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|e| e.unwrap())
            .filter(|e| e.path().is_dir())
            .map(|e| e.file_name().to_string_lossy().into_owned())
            .collect();
        all.sort();
        all
    };
    assert_eq!(names(&out), ["creative", "emotive", "tech_expert"]);
    assert!(out.join("creative/notes.txt").exists() && !out.join("creative/.tmpleft").exists());
    assert!(!out.join("training.former.json").exists());
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
