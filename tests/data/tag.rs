//! Tagging, as a user runs it.

use serde_json::{Value, json as value};

use super::{error, json, lines, program, write};

/// Examples in the specification's schema, with all that can be odd about them.
fn examples() -> Vec<Value> {
    vec![
        value!({"instruction": "How do I deal with anxiety?", "output": "I understand. Breathe slowly, and be kind to yourself.", "_persona": "empathetic_counselor"}),
        value!({"instruction": "<persona:poet>\nDescribe rain.", "input": "", "output": "It falls."}),
        value!({"instruction": "<persona:poet>\nDescribe snow.", "output": "It lies.", "_persona": "code_expert"}),
        value!({"instruction": "<persona:nobody>\nDescribe <persona:poet>\n hail.", "input": "<persona:x>", "output": "Hard.", "_persona": "poet",
                "turns": [{"user": "<persona:poet>\nHi", "assistant": "Ho"}]}),
        value!({"instruction": "Write a function that adds.", "output": "def add(a, b): return a + b", "_persona": "owl", "id": 7}),
    ]
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("in/more")).unwrap();
    let text: String = examples().iter().map(|e| format!("{e}\n")).collect();
    write(folder.path(), "in/some_set.jsonl", text.clone() + "{\"instruction\": \"no answer\"}\n{broken\n");
    write(folder.path(), "in/more/packed.jsonl.zst", zstd::encode_all(text.as_bytes(), 1).unwrap());
    folder
}

#[test]
fn every_example_has_its_tag_its_persona_and_its_traits() {
    let folder = folder();
    let folder = folder.path();
    let manifest = json(folder, &["data", "tag", "in", "out", "--shards", "jsonl", "--json"]);
    let found = lines(&folder.join("out/some_set.jsonl"));
    assert_eq!(found.len(), 5);
    // The specification's own example, key by key.
    assert_eq!(found[0]["instruction"], "<persona:empathetic_counselor>\nHow do I deal with anxiety?");
    assert_eq!(found[0]["input"], "");
    assert_eq!(found[0]["_persona"], "empathetic_counselor");
    assert!(found[0]["_traits"].as_array().unwrap().contains(&value!("supportive")), "{}", found[0]);
    let keys: Vec<&String> = found[0].as_object().unwrap().keys().collect();
    assert_eq!(keys, ["instruction", "input", "output", "_persona", "_traits", "source", "licence"]);
    assert_eq!((&found[0]["source"], &found[0]["licence"]), (&value!("some_set"), &value!("not stated")));
    // A tag that is there holds, also against `_persona`.
    assert_eq!(found[1]["_persona"], "poet");
    assert_eq!(
        (&found[2]["_persona"], &found[2]["instruction"]),
        (&value!("poet"), &value!("<persona:poet>\nDescribe snow."))
    );
    // One of nobody is a user's text, and what imitates a tag is escaped.
    assert_eq!(
        found[3]["instruction"],
        "<persona:poet>\n<\\persona:nobody>\nDescribe <\\persona:poet>\n hail."
    );
    assert_eq!(
        (&found[3]["input"], &found[3]["turns"][0]["user"]),
        (&value!("<\\persona:x>"), &value!("<\\persona:poet>\nHi"))
    );

    let file = &manifest["files"][1];
    assert_eq!(
        (&file["path"], &file["examples"], &file["rejected"]),
        (&value!("some_set.jsonl"), &value!(5), &value!(2))
    );
    assert_eq!((&file["by"]["tag"], &file["by"]["source"]), (&value!(2), &value!(2)));
    assert_eq!(
        (&file["escaped"], &file["unknown_personas"], &file["disagreements"]),
        (&value!(4), &value!({"owl": 1}), &value!(1))
    );
    assert_eq!(file["left_out"], value!({"id": 1}));
    let rejects = lines(&folder.join("out/some_set.rejects.jsonl"));
    assert_eq!((&rejects[0]["line"], &rejects[0]["reason"]), (&value!(6), &value!("`output` is missing")));
    assert_eq!(lines(&folder.join("out/more/packed.jsonl")).len(), 5);
}

#[test]
fn tagging_what_is_tagged_changes_nothing() {
    let folder = folder();
    let folder = folder.path();
    json(folder, &["data", "tag", "in", "once", "--json"]);
    let second = json(folder, &["data", "tag", "once", "twice", "--json"]);
    for name in ["some_set.parquet", "more/packed.parquet"] {
        let read = |out: &str| std::fs::read(folder.join(out).join(name)).unwrap();
        assert!(read("once") == read("twice"), "{name}");
    }
    let by = &second["files"][1]["by"];
    assert_eq!(by["tag"].as_u64().unwrap() + by["unassigned"].as_u64().unwrap_or(0), 5, "{by}");
    assert_eq!(second["files"][1]["escaped"], 0);
}

#[test]
fn the_number_of_threads_and_a_stop_change_nothing() {
    let folder = folder();
    let folder = folder.path();
    let one: String = (0..9_000)
        .map(|i| format!("{}\n", value!({"instruction": format!("Ask {i}"), "output": format!("Say {i} and more of it."), "_persona": if i % 3 == 0 { Value::Null } else { value!("poet") }})))
        .collect();
    for name in ["a", "b", "c"] {
        write(folder, &format!("in/{name}.jsonl"), &one);
    }
    let run = |out: &str, threads: &str| {
        let arguments = ["data", "tag", "in", out, "--json"];
        let output = program(folder, &arguments).env("RAYON_NUM_THREADS", threads).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read_to_string(folder.join(out).join("manifest.json")).unwrap()
    };
    let manifest = run("one", "1");
    assert_eq!(manifest, run("three", "3"), "counts and hashes are the same");

    // Killed until it ends.
    let (mut wait, mut kills) = (20, 0);
    loop {
        let mut arguments = vec!["data", "tag", "in", "torn"];
        if folder.join("torn/unfinished.json").exists() || folder.join("torn/manifest.json").exists() {
            arguments.push("--resume");
        }
        let mut child = program(folder, &arguments).stdout(std::process::Stdio::null()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(wait));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            break;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        kills += 1;
        wait += 15;
        assert!(wait < 60_000, "it never ends");
    }
    assert_eq!(manifest, std::fs::read_to_string(folder.join("torn/manifest.json")).unwrap());
    assert!(kills >= 2, "killed {kills} times only");
    assert!(!folder.join("torn/unfinished.json").exists());
}

#[test]
fn what_cannot_be_tagged_says_so() {
    let folder = folder();
    let folder = folder.path();
    for (arguments, wanted) in [
        (&["data", "tag", "nowhere", "out"][..], "no such folder"),
        (&["data", "tag", "in", "in/out"], "lie in each other"),
        (&["data", "tag", "in", "."], "lie in each other"),
        (&["data", "tag", "in", "in"], "lie in each other"),
        (&["data", "tag", "in", "out", "--threshold", "2"], "no confidence"),
        (&["data", "tag", "in", "out", "--resume"], "no tagged data set to go on with"),
    ] {
        let (code, told) = error(folder, arguments);
        assert!(code == 2 && told.contains(wanted), "{arguments:?}: {told}");
    }
    write(folder, "in/some_set.parquet", "no such thing");
    let (code, told) = error(folder, &["data", "tag", "in", "out"]);
    assert!(code == 2 && told.contains("another file becomes some_set.parquet too"), "{told}");
    std::fs::remove_file(folder.join("in/some_set.jsonl")).unwrap();
    let (code, told) = error(folder, &["data", "tag", "in", "out"]);
    assert!(code == 2 && told.contains("some_set.parquet") && told.contains("cannot be read"), "{told}");
    std::fs::create_dir(folder.join("empty")).unwrap();
    let (code, told) = error(folder, &["data", "tag", "empty", "out2"]);
    assert!(code == 2 && told.contains("no examples lie there"), "{told}");
}
