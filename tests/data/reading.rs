//! What is read from files that are not what they should be.

use super::{error, json, lines, write};

fn recipe(file: &str, more: &str) -> String {
    format!(
        "[[source]]\nname = 'mine'\nfiles = ['{file}']\ncolumns = {{ instruction = 'q', output = 'a' }}\nlicence = 'MIT'\n{more}\n"
    )
}

/// Places and reasons of the rejects of an import, and how many examples it gave.
fn import(file: &str, text: &str, more: &str) -> (Vec<String>, u64) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, file, text);
    write(folder, "data.toml", recipe(file, more));
    let manifest = json(folder, &["data", "import", "data.toml", "-o", "out", "--shards", "jsonl", "--json"]);
    let told = |r: &serde_json::Value| format!("{} {}", r["line"], r["reason"].as_str().unwrap());
    let rejects = lines(&folder.join("out/rejects.jsonl")).iter().map(told).collect();
    (rejects, manifest["sources"][0]["files"][0]["rows"].as_u64().unwrap())
}

#[test]
fn a_broken_record_costs_itself_alone() {
    let table = "q,a\n1,\"open\n2,b\n3,c\n";
    assert_eq!(import("a.csv", table, ""), (vec!["2 a quote is left open: field 2".to_owned()], 2));
    let document =
        "[\n{\"q\": \"1\", \"a\": \"b},\n{\"q\": \"2\", \"a\": \"b\"},\n{\"q\": \"3\", \"a\": 3.10}\n]";
    let wanted = (vec!["2 not JSON: a quote or a bracket is left open".to_owned()], 2);
    assert_eq!(import("a.json", document, ""), wanted);
    let within = format!("{{\"rows\": {document}, \"n\": 3}}");
    assert_eq!(import("a.json", &within, "within = 'rows'"), wanted);
    let named = "{\"x\": {\"q\": 1, \"a\": 2},\n\"y\": {\"q\": 1,},\n\"z\": {\"q\": 1, \"a\": 2}}";
    let (rejects, rows) = import("a.json", named, "records = 'named'");
    assert!(rows == 2 && rejects[0].starts_with("2 not JSON: "), "{rejects:?}");
}

#[test]
fn what_is_wrong_with_a_source_is_told_before_anything_is_written() {
    for (file, text, more, wanted) in [
        ("a.csv", "", "", "the file holds no records"),
        ("a.txt", "q", "", "ending does not say"),
        ("a.csv", "q,a\n1,2\n", "within = 'x'", "data.toml:6 `source.0.within`"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), file, text);
        write(folder.path(), "data.toml", recipe(file, more));
        let (code, told) = error(folder.path(), &["data", "import", "data.toml", "-o", "out"]);
        assert!(code == 2 && told.contains(wanted), "{told}");
        assert!(!folder.path().join("out").exists());
    }
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "a.json", "{\"q\": 1, \"a\": 2}");
    write(folder.path(), "data.toml", recipe("a.json", ""));
    let (code, told) = error(folder.path(), &["data", "import", "data.toml", "-o", "out"]);
    assert!(
        code == 2 && told.contains("the document is an object") && told.contains("records = \"one\""),
        "{told}"
    );
}

#[cfg(unix)]
#[test]
fn an_interrupt_is_heard_within_a_line_that_does_not_end() {
    use std::process::{Command, Stdio};
    use std::time::{Duration, Instant};

    for file in ["a.jsonl", "a.csv"] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        write(folder, "data.toml", recipe(file, ""));
        // A hole: it takes no room and reads as zeros, for minutes.
        std::fs::File::create(folder.join(file)).unwrap().set_len(1 << 40).unwrap();
        let arguments = ["data", "import", "data.toml", "-o", "out"];
        let mut child = super::program(folder, &arguments).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(500));
        assert!(child.try_wait().unwrap().is_none(), "it ended before");
        let asked = Instant::now();
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(130), "{file}");
        assert!(asked.elapsed() < Duration::from_secs(10), "{file}: {:?}", asked.elapsed());
    }
}
