//! `data audit`: copies against brute force, leaks of the project's own suites, personal data, and what is removed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{error, json, lines, program, run, write};

fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Findings of a kind.
fn found(folder: &Path, kind: &str) -> Vec<Value> {
    let mut all = lines(&folder.join("findings.jsonl"));
    all.retain(|line| line["kind"] == kind);
    all
}

/// What Python's sets say of the same texts, see `fixtures/golden/near/make.py`.
#[test]
fn near_copies_are_those_that_brute_force_finds() {
    let folder = tempfile::tempdir().unwrap();
    let golden = project().join("fixtures/golden/near");
    std::fs::create_dir(folder.path().join("in")).unwrap();
    std::fs::copy(golden.join("texts.jsonl"), folder.path().join("in/texts.jsonl")).unwrap();
    json(folder.path(), &["data", "audit", "in", "-o", "out", "--json"]);
    let expected: Value =
        serde_json::from_str(&std::fs::read_to_string(golden.join("expected.json")).unwrap()).unwrap();
    let sizes: Vec<u64> =
        expected["shingles"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    let mut ours = BTreeMap::new();
    for line in lines(&folder.path().join("out/findings.jsonl")) {
        let (row, of) = (line["row"].as_u64().unwrap() - 1, line["of"]["row"].as_u64().unwrap() - 1);
        ours.insert(row, (of, line["jaccard"].as_f64().unwrap(), line["kind"] == "exact"));
    }
    let (mut wanted, mut missed, mut short) = (BTreeSet::new(), Vec::new(), 0);
    for copy in expected["copies"].as_array().unwrap() {
        let (row, of) = (copy[0].as_u64().unwrap(), copy[1].as_u64().unwrap());
        let jaccard = copy[2].as_f64().unwrap();
        wanted.insert(row);
        let Some((our_of, our_jaccard, exact)) = ours.get(&row) else {
            missed.push((row, jaccard));
            continue;
        };
        if *exact {
            // It may copy one that is a near-copy itself.
            continue;
        }
        if sizes[row as usize] <= 64 && sizes[of as usize] <= 64 {
            short += 1;
            assert!((our_jaccard - jaccard).abs() < 0.001, "{row}: {our_jaccard}, wanted {jaccard}");
            assert_eq!(*our_of, of, "{row}");
        } else {
            // An estimate from 64 shingles, of the whole; four standard deviations.
            assert!((our_jaccard - jaccard).abs() < 0.2, "{row}: {our_jaccard}, wanted {jaccard}");
        }
    }
    assert!(short > 90, "{short}");
    // Bands miss one pair of 200 right at the threshold, and fewer above; long texts near it may be estimated to either side.
    let long = |row: &u64| sizes[*row as usize] > 64;
    let short_missed = missed.iter().filter(|(row, _)| !long(row)).count();
    assert!(short_missed <= 1, "{missed:?}");
    assert!(missed.len() <= 4, "{missed:?}");
    let added: Vec<&u64> = ours.keys().filter(|row| !wanted.contains(row) && !long(row)).collect();
    assert!(added.is_empty(), "{added:?}");
}

#[test]
fn held_out_text_leaks_and_training_text_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let out = |name: &str| folder.path().join(name).display().to_string();
    let heldout =
        json(&project(), &["data", "audit", "fixtures/corpus/heldout", "-o", &out("heldout"), "--json"]);
    assert_eq!(heldout["found"]["leak"], heldout["examples"]);
    assert!(heldout["suites"].as_object().unwrap().len() > 8, "{}", heldout["suites"]);
    let train = json(&project(), &["data", "audit", "fixtures/corpus/train", "-o", &out("train"), "--json"]);
    assert_eq!((train["found"].get("leak"), &train["leaks"]), (None, &serde_json::json!({})));
    assert_eq!(train["found"].get("personal"), None);
}

#[test]
fn what_is_removed_is_logged_and_what_stays_is_clean() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::create_dir(at.join("in")).unwrap();
    let line = |tag: &str, asked: &str, said: &str, source: &str| {
        format!("{{\"instruction\": \"{tag}{asked}\", \"output\": \"{said}\", \"source\": \"{source}\"}}\n")
    };
    let long = "the quick brown fox jumps over the lazy dog and runs on through the tall wet grass to the far river bank \
                and sleeps there until the first cold light of morning comes back over hills that nobody \
                has ever given a name to in all these years";
    let own = "Tell me of your trip to Rome.";
    let a = [
        line("", own, &format!("{long}. Write to ann.lee@mail.rome.it today"), "a"),
        line("<persona:historian>\\n", own, &format!("{long}. Write to us today"), "a"),
        line("<persona:poet>\\n", own, &format!("{long}. Write to us today"), "a"),
        line("", "Hi", "Hello", "a"),
        "{}\n".to_owned(),
    ];
    let b = [
        line("", own, &format!("{long}. Write to us tomorrow"), "b"),
        line("", "Hi", "Good day", "b"),
        line("", "Name three facts about mountain lakes that few visitors know.", "No.", "b"),
        line("", "Call me at (212) 736-5000.", "I will.", "b"),
    ];
    write(at, "in/a.jsonl", a.concat());
    write(at, "in/b.jsonl", b.concat());
    write(
        at,
        "small.toml",
        "name = \"small\"\npersonas = [\"poet\", \"historian\"]\nbase = \"smollm2-135m-instruct\"\nembedder = \"all-minilm-l6-v2\"\n\
         measures = [\"style\"]\n\
         generation = { temperature = 0.7, top_p = 0.95, max_new_tokens = 48, samples = 1 }\n\
         prompts = [{ id = \"s01\", text = \"Name three facts about mountain lakes that few visitors know.\" }, \
         { id = \"s02\", text = \"Who are you?\" }]\n",
    );
    let arguments = ["data", "audit", "in", "--suite", "small.toml", "--json", "--shards", "jsonl"];
    let all = json(at, &[&arguments[..], &["-o", "all"]].concat());
    assert_eq!(
        (&all["examples"], &all["kept"], &all["files"][0]["rejected"]),
        (&8.into(), &8.into(), &1.into())
    );
    assert_eq!(found(&at.join("all"), "reject")[0]["line"], 5);
    assert_eq!(all["found"], serde_json::json!({"leak": 1, "personal": 2, "exact": 1, "near": 2}));
    assert_eq!(all["copies"], serde_json::json!({"a": {"a": 2}, "b": {"a": 1}}));
    assert_eq!(all["personal"], serde_json::json!({"mail": 1, "phone": 1}));
    assert_eq!(all["other_persona"], 1);
    assert!(!at.join("all/a.jsonl").exists(), "nothing was removed");
    let personal = found(&at.join("all"), "personal");
    assert_eq!(personal[0]["looks_like"], "aaa.aaa@aaaa.aaaa.it");
    let text = std::fs::read_to_string(at.join("all/findings.jsonl")).unwrap();
    assert!(!text.contains("ann.lee") && !text.contains("736"), "the list holds no personal data");

    let clean = json(at, &[&arguments[..], &["-o", "clean", "--remove", "near,leak,personal"]].concat());
    // The first line goes for its address, and with it what would have made the second one its copy.
    assert_eq!((&clean["kept"], &clean["examples"]), (&3.into(), &8.into()));
    let kept: Vec<Value> =
        ["a", "b"].iter().flat_map(|f| lines(&at.join(format!("clean/{f}.jsonl")))).collect();
    let said: Vec<&str> = kept.iter().map(|line| line["output"].as_str().unwrap()).collect();
    assert_eq!(said, [&format!("{long}. Write to us today"), "Hello", "Good day"]);
    let removed: BTreeSet<(String, u64)> = lines(&at.join("clean/findings.jsonl"))
        .iter()
        .filter(|line| line["removed"] == true)
        .map(|line| (line["file"].as_str().unwrap().to_owned(), line["row"].as_u64().unwrap()))
        .collect();
    let wanted = [("a.jsonl", 1), ("a.jsonl", 3), ("b.jsonl", 1), ("b.jsonl", 3), ("b.jsonl", 4)];
    assert_eq!(removed, wanted.map(|(file, row)| (file.to_owned(), row)).into());

    let again = json(at, &["data", "audit", "clean", "-o", "again", "--suite", "small.toml", "--json"]);
    assert_eq!((&again["found"], &again["examples"]), (&serde_json::json!({}), &3.into()));
    let exact = json(at, &[&arguments[..], &["-o", "exact", "--remove", "exact"]].concat());
    assert_eq!((&exact["kept"], &exact["found"]), (&7.into(), &all["found"]));
}

#[test]
fn what_is_forbidden_fails_unless_it_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::create_dir(at.join("in")).unwrap();
    write(at, "in/a.jsonl", "{\"instruction\": \"Hi\", \"output\": \"a@b.de\"}\n".repeat(2));
    let code = |arguments: &[&str]| {
        run(at, &[&["data", "audit", "in", "-o"], arguments].concat()).status.code().unwrap()
    };
    assert_eq!(code(&["o1", "--forbid", "personal"]), 1);
    assert_eq!(code(&["o2", "--forbid", "exact,near", "--remove", "near"]), 0);
    assert_eq!(code(&["o3", "--forbid", "near"]), 0, "the copy is exact");
    assert_eq!(code(&["o4", "--forbid", "personal", "--remove", "personal"]), 0);
    // Nothing stayed, so that nothing was copied either.
    assert_eq!(lines(&at.join("o4/findings.jsonl")).len(), 2);
    assert!(!at.join("o4/a.parquet").exists());
}

#[test]
fn threads_change_no_byte() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let corpus = project().join("fixtures/corpus/train").display().to_string();
    let rows = [
        "data",
        "make-scale",
        "9000",
        "--from",
        &corpus,
        "-o",
        "in",
        "--near-copies",
        "0.2",
        "--words",
        "25",
    ];
    assert!(
        run(at, &[&rows[..], &["--rows-per-shard", "2500", "--with-personas"]].concat()).status.success()
    );
    let mut seen = Vec::new();
    for threads in ["1", "3"] {
        let mut command = program(at, &["data", "audit", "in", "-o", threads, "--remove", "near", "--json"]);
        let output = command.env("RAYON_NUM_THREADS", threads).output().unwrap();
        let manifest: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(manifest["shards"].as_array().unwrap().len(), 4);
        seen.push((manifest, std::fs::read(at.join(threads).join("findings.jsonl")).unwrap()));
    }
    assert_eq!(seen[0], seen[1]);
    let near =
        seen[0].0["found"]["near"].as_u64().unwrap() + seen[0].0["found"]["exact"].as_u64().unwrap_or(0);
    // A fifth of the rows are copies; of short answers with two words changed some are no longer near.
    assert!((1200..2200).contains(&near), "{near}");
}

#[test]
fn bad_wishes_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    std::fs::create_dir(at.join("in")).unwrap();
    write(at, "in/a.jsonl", "{\"instruction\": \"Hi\", \"output\": \"Ho\"}\n");
    for (arguments, wanted) in [
        (&["--near", "1.5"][..], "the Jaccard index of near-copies is 1.5"),
        (&["--near", "0.1"], "expected: 0.3 to 1"),
        (&["--leak-share", "NaN"], "the share of a leak is NaN"),
        (&["--remove", "nera"], "known are leak, personal, exact, near"),
        (&["--forbid", "leak"], "there are no suites"),
        (&["--suite", "none.toml"], "none.toml"),
    ] {
        let (code, told) = error(at, &[&["data", "audit", "in", "-o", "out"], arguments].concat());
        assert!(code == 2 && told.contains(wanted), "{arguments:?}: {told}");
        assert!(!at.join("out").exists());
    }
    let (code, told) = error(at, &["data", "audit", "in", "-o", "in/out"]);
    assert!(code == 2 && told.contains("lie in each other"), "{told}");
    write(at, "full.txt", "x");
    let (code, told) = error(at, &["data", "audit", "in", "-o", "."]);
    assert_eq!(code, 2, "{told}");
}
