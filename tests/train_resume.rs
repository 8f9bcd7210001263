//! A training that is stopped goes on to the same bytes: killed at any moment, by its user, by a full disk.

mod common;

use common::course::{arguments, material, results, train};
use common::program::{TINY, program, root};
use persona_eval::seed::Seed;
use rand::Rng;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Kills at random moments; kills at writes, of checkpoints and of the end; and steps at which they left the training, at least.
const KILLS: usize = 20;
const AIMED: usize = 6;
const STEPS: usize = 3;
/// Kills after which a test gives up.
const MOST: usize = 400;

fn start(config: &str, out: &Path) -> Child {
    start_with(config, out, &[])
}

fn start_with(config: &str, out: &Path, flags: &[&str]) -> Child {
    let out = out.display().to_string();
    spawn(&[&arguments(config, &out), flags].concat())
}

fn spawn(arguments: &[&str]) -> Child {
    Command::new(assert_cmd::cargo::cargo_bin!("persona-eval"))
        .current_dir(root())
        .args(arguments)
        .arg("--resume")
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills a training when its checkpoint is behind a step or a later one; gives the step.
fn kill_behind(least: usize, start: &dyn Fn() -> Child, out: &Path) -> usize {
    for _ in 0..MOST {
        let mut child = start();
        let mut ended = None;
        while ended.is_none() && step_of(out).is_none_or(|step| step < least) {
            std::thread::sleep(Duration::from_millis(1));
            ended = child.try_wait().unwrap();
        }
        assert!(ended.is_none_or(|status| status.success()), "{ended:?}");
        child.kill().unwrap();
        child.wait().unwrap();
        if let Some(step) = step_of(out).filter(|step| *step >= least) {
            return step;
        }
        // It was done before it was seen.
        std::fs::remove_dir_all(out).unwrap();
    }
    panic!("no checkpoint behind step {least}")
}

/// The step of the folder's checkpoint.
fn step_of(out: &Path) -> Option<usize> {
    let bytes = std::fs::read(out.join("checkpoint.safetensors")).ok()?;
    let key = br#"\"step\":"#;
    let at = bytes.windows(key.len()).position(|w| w == key)? + key.len();
    let digits: Vec<u8> = bytes[at..].iter().copied().take_while(u8::is_ascii_digit).collect();
    String::from_utf8(digits).ok()?.parse().ok()
}

/// Whether a checkpoint is being written, or was when its writer was killed.
fn half_written(out: &Path) -> bool {
    let name = |e: std::fs::DirEntry| e.file_name().to_string_lossy().into_owned();
    let left = std::fs::read_dir(out).into_iter().flatten().flatten().map(name);
    left.into_iter().any(|n| n.starts_with(".tmp") && n.ends_with(".safetensors"))
}

#[test]
fn a_training_that_is_killed_again_and_again_ends_with_the_same_bytes() {
    kill_at_random_moments(KILLS, STEPS, &[]);
}

#[test]
fn so_does_one_in_bf16() {
    kill_at_random_moments(KILLS / 4, 1, &["--dtype", "bf16"]);
}

fn kill_at_random_moments(least: usize, at_steps: usize, flags: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let config = material(folder.path(), &[]);
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    let (code, told) = train(&config, &whole, flags);
    assert_eq!(code, Some(0), "{told}");
    let mut rng = Seed(11).rng();
    let (mut starts, mut kills, mut most, mut steps) = (0, 0, 60, BTreeSet::new());
    // The last kill leaves a step to go on behind.
    while kills < least || steps.len() < at_steps || step_of(&killed).is_none_or(|step| step == 0) {
        assert!(starts < MOST, "{kills} kills, steps {steps:?}");
        starts += 1;
        let before = step_of(&killed);
        let mut child = start_with(&config, &killed, flags);
        std::thread::sleep(Duration::from_millis(rng.random_range(10..most)));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            // Done between two kills: begin anew, with shorter lives.
            assert_eq!(results(&whole), results(&killed));
            std::fs::remove_dir_all(&killed).unwrap();
            most = (most * 3 / 4).max(20);
            continue;
        }
        kills += 1;
        // Longer lives after one that got no further: how long a start and a step take is the machine's matter.
        let after = step_of(&killed);
        most += if after > before { 0 } else { most / 8 };
        steps.extend(after);
    }
    let (code, told) = train(&config, &killed, &[flags, &["--resume"]].concat());
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains("going on behind step"), "{told}");
    assert_eq!(results(&whole), results(&killed));
    assert!(!killed.join("checkpoint.safetensors").exists());
    let left = std::fs::read_dir(&killed).unwrap().flatten();
    assert_eq!(left.filter(|e| e.file_name().to_string_lossy().starts_with(".tmp")).count(), 0);
}

#[test]
fn a_training_that_is_killed_in_its_writes_ends_with_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let config = material(folder.path(), &[]);
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    assert_eq!(train(&config, &whole, &[]).0, Some(0));
    let (mut within, mut tries) = (0, 0);
    while within < AIMED {
        tries += 1;
        assert!(tries < MOST, "{within} of {tries} kills within a write");
        let mut child = start(&config, &killed);
        while !half_written(&killed) && child.try_wait().unwrap().is_none() {}
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            assert_eq!(results(&whole), results(&killed));
            std::fs::remove_dir_all(&killed).unwrap();
        }
        within += usize::from(half_written(&killed));
    }
    // The last writes: one adapter is there, the record is not.
    let first = killed.join("tech_expert/adapter_model.safetensors");
    let record = killed.join("training.json");
    let mut at_the_end = false;
    for _ in 0..MOST {
        let _ = std::fs::remove_file(&first);
        let mut child = start(&config, &killed);
        while !first.exists() && child.try_wait().unwrap().is_none() {}
        child.kill().unwrap();
        child.wait().unwrap();
        at_the_end = first.exists() && !record.exists();
        if at_the_end {
            break;
        }
        let _ = std::fs::remove_dir_all(&killed);
    }
    assert!(at_the_end, "no kill met the last writes");
    let (code, told) = train(&config, &killed, &["--resume"]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(results(&whole), results(&killed));
}

#[test]
fn one_adapter_of_all_personas_goes_on_to_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let config = material(folder.path(), &[]);
    let [whole, killed] = ["whole", "killed"].map(|name| folder.path().join(name));
    let single = |out: &Path| {
        let out = out.display().to_string();
        ["train", &config, "-o", &out, "--base", TINY, "--skip-leak-check"].map(str::to_owned)
    };
    program().args(single(&whole)).assert().success();
    let start = || spawn(&single(&killed).each_ref().map(String::as_str));
    let step = kill_behind(2, &start, &killed);
    let gone_on = program().args(single(&killed)).arg("--resume").assert().success();
    let told = String::from_utf8_lossy(&gone_on.get_output().stderr).into_owned();
    assert!(told.contains(&format!("going on behind step {step}")), "{told}");
    let (adapters, ..) = results(&whole);
    assert_eq!(adapters.len(), 1);
    assert_eq!(results(&whole), results(&killed));
}

/// What a broken training has made so far is not lost, and a training without a checkpoint is told.
#[test]
fn a_training_can_be_ended_where_its_checkpoint_is() {
    let folder = tempfile::tempdir().unwrap();
    let config = material(folder.path(), &[]);
    let out = folder.path().join("out");
    let (code, told) = train(&config, &out, &["--resume", "--finish"]);
    assert!(code == Some(2) && told.contains("no checkpoint to make adapters of"), "{told}");
    // Behind the first look, so that best losses and the factors that had them are in the checkpoint.
    let step = kill_behind(4, &|| start(&config, &out), &out);
    let (code, told) = train(&config, &out, &["--resume", "--finish"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains(&format!("it was ended after step {step} of ")), "{told}");
    let (adapters, journal, record) = results(&out);
    assert_eq!((adapters.len(), out.join("checkpoint.safetensors").exists()), (4, true));
    assert_eq!(journal.iter().filter_map(|l| l["step"].as_u64()).max(), Some(step as u64));
    assert_eq!(record["adapters"][0]["sha256"].as_str().map(str::len), Some(64));
    // It can still go on, to the same end as if it had not been ended.
    let whole = folder.path().join("whole");
    assert_eq!(train(&config, &whole, &[]).0, Some(0));
    let (code, told) = train(&config, &out, &["--resume"]);
    assert!(code == Some(0) && told.contains(&format!("going on behind step {step}")), "{told}");
    assert_ne!(results(&out).0, adapters);
    assert_eq!(results(&out), results(&whole));
}

#[test]
fn a_training_that_broke_can_be_ended_where_its_checkpoint_is() {
    let folder = tempfile::tempdir().unwrap();
    // The second phase ruins what the first one made.
    let rates = [("learning_rate_factor: 100", "learning_rate_factor: 1e30"), ("rate: 2e-5", "rate: 2e-33")];
    let config = material(folder.path(), &rates);
    let out = folder.path().join("out");
    let (code, told) = train(&config, &out, &[]);
    assert_eq!(code, Some(3), "{told}");
    let step = step_of(&out).unwrap();
    let help = format!("; --resume --finish makes adapters of the checkpoint behind step {step}");
    assert!(step > 0 && told.contains("is not a number") && told.contains(&help), "{told}");
    let (code, told) = train(&config, &out, &["--resume", "--finish"]);
    assert!(code == Some(0) && told.contains(&format!("it was ended after step {step} of ")), "{told}");
    assert_eq!(results(&out).0.len(), 4);
    // It breaks again where it goes on, and the adapters and their record stay.
    let before = results(&out);
    let (code, told) = train(&config, &out, &["--resume"]);
    assert!(code == Some(3) && told.contains("is not a number"), "{told}");
    assert_eq!((results(&out).0, results(&out).2), (before.0, before.2));
    let report = program().args(["report", &out.display().to_string()]).assert().success();
    let told = String::from_utf8_lossy(&report.get_output().stderr).into_owned();
    assert!(told.contains("the training was ended and can go on"), "{told}");
}

/// Ctrl-C: nothing but the stop itself writes a checkpoint.
#[cfg(unix)]
#[test]
fn a_training_that_its_user_stops_goes_on_from_the_step_it_had_done() {
    let folder = tempfile::tempdir().unwrap();
    let config = material(folder.path(), &[("checkpoint_every: 1", "checkpoint_every: 1000")]);
    let (whole, stopped) = (folder.path().join("whole"), folder.path().join("stopped"));
    assert_eq!(train(&config, &whole, &[]).0, Some(0));
    let journal = |out: &Path| std::fs::read_to_string(out.join("training.jsonl")).unwrap_or_default();
    let mut step = None;
    for _ in 0..MOST {
        let mut child = start(&config, &stopped);
        while !journal(&stopped).contains("\"step\":2") && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        let pid = child.id().to_string();
        // One that has ended is not there to be told.
        Command::new("kill").args(["-INT", &pid]).stderr(Stdio::null()).status().unwrap();
        let output = child.wait_with_output().unwrap();
        assert!(matches!(output.status.code(), Some(0 | 130)), "{output:?}");
        step = step_of(&stopped).filter(|_| output.status.code() == Some(130));
        if step.is_some() {
            break;
        }
        // It was done before it heard.
        std::fs::remove_dir_all(&stopped).unwrap();
    }
    assert!(step.is_some_and(|step| step >= 2), "{step:?}");
    let (code, told) = train(&config, &stopped, &["--resume"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.contains(&format!("going on behind step {}", step.unwrap())), "{told}");
    assert_eq!(results(&whole), results(&stopped));
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
    kill_behind(2, &|| start(&config, &out), &out);
    let checkpoint = out.join("checkpoint.safetensors");
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
    assert!(told.contains("--resume goes on from the last checkpoint"), "{told}");
    assert_eq!(std::fs::read(&checkpoint).unwrap(), before);
    assert_eq!(train(&config, &out, &["--resume"]).0, Some(0));
    assert_eq!(results(&whole), results(&out));
}
