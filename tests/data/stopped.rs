//! Imports that are stopped: by a kill at any moment, by a full disk.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::{program, write};

const IMPORT: [&str; 7] = ["data", "import", "data.toml", "-o", "out", "--rows-per-shard", "4000"];

/// A recipe with two sources of many records, some of which are rejects.
fn sources(folder: &std::path::Path, records: usize) {
    let source = |name: &str| {
        format!(
            "[[source]]\nname = '{name}'\nfiles = ['{name}*.jsonl']\nformat = 'alpaca'\nlicence = 'MIT'\n"
        )
    };
    write(folder, "data.toml", source("a") + &source("b"));
    for name in ["a1", "a2", "b1"] {
        let line = |i: usize| match i % 7 {
            3 => format!("{{\"instruction\": \"{name} {i}\"}}\n"),
            _ => format!("{{\"instruction\": \"{name} {i}\", \"output\": \"{}\"}}\n", "word ".repeat(i % 50)),
        };
        write(folder, &format!("{name}.jsonl"), (0..records).map(line).collect::<String>());
    }
}

/// Every file of an import, by name.
fn files(folder: &std::path::Path) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> = std::fs::read_dir(folder.join("out"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .map(|p| (p.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&p).unwrap()))
        .collect();
    all.sort();
    all
}

#[test]
fn an_import_that_is_killed_again_and_again_ends_with_the_same_bytes() {
    let (whole, torn) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (whole, torn) = (whole.path(), torn.path());
    sources(whole, 30_000);
    sources(torn, 30_000);
    assert!(program(whole, &IMPORT).stdout(Stdio::null()).status().unwrap().success());
    let (mut kills, mut wait) = (0, 15);
    loop {
        let mut arguments = IMPORT.to_vec();
        if torn.join("out/manifest.json").exists() {
            arguments.push("--resume");
        }
        let mut child = program(torn, &arguments).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        wait += 7;
        assert!(kills < 200, "it never ends");
    }
    assert!(kills >= 3, "killed {kills} times only");
    assert!(files(whole) == files(torn), "other bytes after {kills} kills");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_the_import_goes_on_when_there_is_room() {
    let (whole, full) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (whole, full) = (whole.path(), full.path());
    sources(whole, 6_000);
    sources(full, 6_000);
    assert!(program(whole, &IMPORT).stdout(Stdio::null()).status().unwrap().success());
    // No file may grow beyond 64 blocks of 512 bytes.
    let line = format!(
        "trap '' XFSZ; ulimit -f 64; exec {} {}",
        env!("CARGO_BIN_EXE_persona-eval"),
        IMPORT.join(" ")
    );
    let output = Command::new("sh").args(["-c", &line]).current_dir(full).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{told}");
    assert!(told.contains("could not write"), "{told}");
    let arguments: Vec<&str> = IMPORT.iter().copied().chain(["--resume"]).collect();
    let again = program(full, &arguments).output().unwrap();
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    assert!(files(whole) == files(full));
}
