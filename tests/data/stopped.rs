//! Imports that are stopped: by a kill at any moment, by a full disk.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::{error, program, write};

const IMPORT: [&str; 7] = ["data", "import", "data.toml", "-o", "out", "--rows-per-shard", "4000"];

/// A recipe with two sources of many records, some of which are rejects; no two texts are alike.
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
            _ => {
                let text: String = (0..i % 50).map(|k| format!("word{} ", i * 31 + k * k)).collect();
                format!("{{\"instruction\": \"{name} {i}\", \"output\": \"{text}x\"}}\n")
            }
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

/// Kills an import of the folder until one comes to its end.
fn kill_until_done(folder: &std::path::Path, import: &[&str]) -> u64 {
    let (mut kills, mut wait) = (0, 15);
    loop {
        let mut arguments = import.to_vec();
        if folder.join("out/unfinished.json").exists() || folder.join("out/manifest.json").exists() {
            arguments.push("--resume");
        }
        let mut child = program(folder, &arguments).stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success(), "after {kills} kills");
            return kills;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        wait += 7;
        assert!(kills < 200, "it never ends");
    }
}

#[test]
fn an_import_that_is_killed_again_and_again_ends_with_the_same_bytes() {
    let (whole, torn) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (whole, torn) = (whole.path(), torn.path());
    sources(whole, 30_000);
    sources(torn, 30_000);
    // Small shards, and such as hold several pages of a column.
    for rows in ["4000", "40000"] {
        let import = [&IMPORT[..6], &[rows]].concat();
        for folder in [whole, torn] {
            if folder.join("out").exists() {
                std::fs::remove_dir_all(folder.join("out")).unwrap();
            }
        }
        assert!(program(whole, &import).stdout(Stdio::null()).status().unwrap().success());
        let kills = kill_until_done(torn, &import);
        assert!(kills >= 3, "killed {kills} times only");
        let names: Vec<String> = files(torn).into_iter().map(|(name, _)| name).collect();
        assert!(files(whole) == files(torn), "other bytes after {kills} kills: {names:?}");
    }
}

#[test]
fn an_import_that_goes_on_notices_what_was_changed() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    sources(folder, 9_000);
    // Its last file is torn, so that the import stops with shards of both sources.
    let text = std::fs::read(folder.join("b1.jsonl")).unwrap();
    let packed = zstd::encode_all(&text[..], 1).unwrap();
    std::fs::remove_file(folder.join("b1.jsonl")).unwrap();
    write(
        folder,
        "data.toml",
        std::fs::read_to_string(folder.join("data.toml")).unwrap().replace("*.jsonl", "*.jsonl*"),
    );
    write(folder, "b1.jsonl.zst", &packed[..packed.len() - 9]);
    let resume: Vec<&str> = IMPORT.iter().copied().chain(["--resume"]).collect();
    let (code, told) = error(folder, &IMPORT);
    assert!(code != 0 && told.contains("b1.jsonl.zst") && told.contains("--resume"), "{told}");
    let mut only = resume.clone();
    only.extend(["--only", "b"]);
    let (code, told) = error(folder, &only);
    assert!(code == 2 && told.contains("from a, b, now b"), "{told}");
    let (code, told) = error(folder, &IMPORT);
    assert!(code == 2 && told.contains("was stopped"), "{told}");

    // A shard that was changed is not gone on from.
    let shard = folder.join("out/a-00000.parquet");
    let good = std::fs::read(&shard).unwrap();
    write(folder, "out/a-00000.parquet", &good[1..]);
    let (code, told) = error(folder, &resume);
    assert!(code == 2 && told.contains("was changed since") && told.contains("a-00000"), "{told}");
    write(folder, "out/a-00000.parquet", &good);

    // A source before the one that was being read must be as it was.
    let (path, first) = (folder.join("a1.jsonl"), std::fs::read(folder.join("a1.jsonl")).unwrap());
    let modified = path.metadata().unwrap().modified().unwrap();
    write(folder, "a1.jsonl", "{}\n");
    let (code, told) = error(folder, &resume);
    assert!(code == 2 && told.contains("a1.jsonl was changed"), "{told}");
    write(folder, "a1.jsonl", &first);
    std::fs::File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();

    // The one that was being read is begun anew with the mended file.
    write(folder, "b1.jsonl.zst", &packed);
    assert!(program(folder, &resume).stdout(Stdio::null()).status().unwrap().success());
    let gone_on = files(folder);
    std::fs::remove_dir_all(folder.join("out")).unwrap();
    assert!(program(folder, &IMPORT).stdout(Stdio::null()).status().unwrap().success());
    assert!(gone_on == files(folder));
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
