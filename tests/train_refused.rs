//! What a training does not go on with or write over: another training's checkpoint, damage, others' adapters.

mod common;

use common::course::{material, results, train};
use std::path::Path;

#[test]
fn a_checkpoint_of_another_training_is_refused_with_the_difference() {
    let folder = tempfile::tempdir().unwrap();
    // It fails half-way: a rate that breaks every number.
    let config = material(folder.path(), &[("learning_rate_factor: 100", "learning_rate_factor: 1e30")]);
    let out = folder.path().join("out");
    let (code, told) = train(&config, &out, &[]);
    assert_eq!(code, Some(3), "{told}");
    assert!(told.contains("is not a number after step 1") && told.contains("learning_rate_factor"), "{told}");
    assert!(!told.contains("--finish"), "adapters of step 0 do nothing: {told}");
    // The first step had a loss, and ruined the factors: the checkpoint before it is kept.
    let checkpoint = out.join("checkpoint.safetensors");
    let bytes = std::fs::read(&checkpoint).unwrap();
    let step_0 = br#"\"step\":0,"#;
    let at = bytes.windows(step_0.len()).position(|w| w == step_0).expect("the checkpoint of step 0");
    let (code, told) = train(&config, &out, &["--resume", "--finish"]);
    assert!(code == Some(2) && told.contains("the checkpoint has made no step"), "{told}");
    let (code, _, told) = common::program::run(&["report", &out.display().to_string()]);
    assert!(code == 2 && told.contains("the training is not finished"), "{told}");
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
    for place in ["theirs/creative", "others/sage", "one"] {
        let place = folder.path().join(place);
        std::fs::create_dir_all(&place).unwrap();
        std::fs::write(place.join("adapter_config.json"), "{}").unwrap();
    }
    for out in ["theirs", "others", "one"] {
        let (code, told) = train(&config, &folder.path().join(out), &[]);
        assert!(code == Some(2) && told.contains("an adapter that another program made"), "{out}: {told}");
    }
    let (code, told) = train(&config, Path::new(&one), &[]);
    assert!(code == Some(2) && told.contains("cannot be that of the training"), "{told}");
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
    std::fs::write(out.join("creative/.tmpAb12Cd.safetensors"), "by a kill").unwrap();
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
    assert!(out.join("creative/notes.txt").exists() && !out.join("creative/.tmpAb12Cd.safetensors").exists());
    assert!(!out.join("training.former.json").exists());
}
