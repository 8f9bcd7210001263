//! Files that users give to the commands: what is wrong in them is named with its line, and is never scored, embedded
//! or measured.

mod common;

use common::program::{TINY, error, file, path, run, tiny_adapters};
use common::{bert, gguf::TinyGguf};
use ndarray::Array2;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Lines of JSON, parsed.
fn lines(out: &str) -> Vec<Value> {
    out.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect()
}

#[test]
fn a_file_that_is_not_there_or_is_a_folder_is_bad_input() {
    let folder = tempfile::tempdir().expect("a folder");
    let (nothing, here, out) = (path(&folder, "nothing"), path(&folder, "."), path(&folder, "out"));
    let csv = file(&folder, "labels.csv", "label\na\nb\n");
    let npy = path(&folder, "vectors.npy");
    ndarray_npy::write_npy(&npy, &Array2::<f32>::eye(2)).expect("an .npy");
    for bad in [&nothing, &here] {
        for (args, said) in [
            (&["embed", bad, "-o", &out][..], "could not read the texts"),
            (&["nll", bad, "--base", TINY], "could not read the texts"),
            (&["separability", bad, &csv], "could not read the vectors"),
            (&["separability", &npy, bad], "the labels"),
            (&["report", bad], "could not read the record"),
        ] {
            let told = error(args, folder.path());
            let place = bad.replace(&folder.path().display().to_string(), "[folder]");
            assert!(told.starts_with("exit code 2\n"), "{args:?}: {told}");
            assert!(told.contains(said) && told.contains(&format!("at: {place}")), "{args:?}: {told}");
        }
    }
    let corpus = "fixtures/corpus/heldout";
    for (args, said) in [
        (&["train", &nothing, "-o", &out, "--base", TINY][..], "cannot read the file"),
        (&["train", &csv, "-o", &out, "--base", TINY], "this is no training configuration"),
        (&["train", corpus, "--data", &csv, "-o", &out, "--base", TINY], "could not list the examples in"),
        (
            &["train", corpus, "--heldout", &nothing, "-o", &out, "--base", TINY],
            "could not list the examples in",
        ),
    ] {
        let told = error(args, folder.path());
        assert!(told.starts_with(&format!("exit code 2\nerror: {said}")), "{args:?}: {told}");
    }
    assert!(!folder.path().join("out").exists(), "nothing was trained before the folder was found missing");
    let told = error(&["generate", "hi", "--base", TINY, "--adapters", &nothing], folder.path());
    assert!(told.starts_with("exit code 3\n"), "adapters are no input: {told}");
}

#[test]
fn lines_that_cannot_be_scored_name_file_and_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let adapters = tiny_adapters(&folder);
    let long = format!("{{\"text\": \"a\"}}\n{{\"text\": \"{}\"}}\n", "sea ".repeat(600));
    let mut report = String::new();
    for (name, content, raw) in [
        ("a prompt that is a number", "{\"text\": \"a\"}\n\n{\"prompt\": 5, \"text\": \"b\"}\n", false),
        ("a text that is a list", "{\"text\": [\"a\"]}\n", false),
        ("a mistyped key", "{\"txt\": \"a\"}\n", false),
        ("an empty text after blank lines", "\n\n{\"text\": \"a\"}\n\n{\"text\": \"\"}\n", false),
        ("one token and nothing before it", "{\"text\": \"a\"}\n", true),
        ("a text that is too long", &long, false),
        ("not JSON", "a\n", false),
        ("an empty file", "", false),
        ("blank lines alone", "\n \n", false),
    ] {
        let texts = file(&folder, "texts.jsonl", content);
        let args = ["nll", &texts, "--base", TINY, "--adapters", &adapters, "--raw"];
        let told = error(&args[..if raw { 7 } else { 6 }], folder.path());
        assert!(told.starts_with("exit code 2\n"), "{name}: {told}");
        writeln!(report, "# {name}\n{told}").expect("a string");
    }
    insta::assert_snapshot!(report);
}

#[test]
fn a_byte_order_mark_changes_no_score() {
    let folder = tempfile::tempdir().expect("a folder");
    let adapters = tiny_adapters(&folder);
    let score = |content: &str| {
        let texts = file(&folder, "texts.jsonl", content);
        let (code, out, err) = run(&["nll", &texts, "--base", TINY, "--adapters", &adapters]);
        assert_eq!(code, 0, "{err}");
        lines(&out)
    };
    let line = "{\"prompt\": \"a\", \"text\": \"b c\"}\n";
    assert_eq!(score(&format!("\u{feff}{line}")), score(line));
}

#[test]
fn empty_texts_are_not_embedded() {
    let folder = tempfile::tempdir().expect("a folder");
    bert::write(&folder.path().join("bert"));
    let (embedder, out) = (path(&folder, "bert"), path(&folder, "out.npy"));
    let mut report = String::new();
    for (name, file_name, content) in [
        ("a blank line between texts", "a.txt", "the sea\n \nis wide\n"),
        ("a blank line before texts", "a.txt", "\nthe sea\n"),
        (
            "a blank line between JSON lines",
            "a.jsonl",
            "{\"text\": \"the sea\"}\n\n{\"text\": \"is wide\"}\n",
        ),
        ("a blank text", "a.jsonl", "{\"text\": \"the sea\"}\n{\"text\": \"  \"}\n"),
        ("a text that is a number", "a.jsonl", "{\"text\": 5}\n"),
        ("an empty file", "a.txt", "\n"),
    ] {
        let texts = file(&folder, file_name, content);
        let told = error(&["embed", &texts, "-o", &out, "--embedder", &embedder], folder.path());
        assert!(told.starts_with("exit code 2\n"), "{name}: {told}");
        writeln!(report, "# {name}\n{told}").expect("a string");
    }
    assert!(!folder.path().join("out.npy").exists());
    insta::assert_snapshot!(report);
}

#[test]
fn texts_embed_alike_from_both_formats_and_what_is_cut_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    bert::write(&folder.path().join("bert"));
    let (embedder, out) = (path(&folder, "bert"), path(&folder, "out.npy"));
    let embed = |name: &str, content: &str| -> (Array2<f32>, String) {
        let texts = file(&folder, name, content);
        let (code, _, err) = run(&["embed", &texts, "-o", &out, "--embedder", &embedder]);
        assert_eq!(code, 0, "{err}");
        (ndarray_npy::read_npy(&out).expect("an .npy"), err)
    };
    let (plain, told) = embed("a.txt", "the sea\nis wide\n");
    assert_eq!(plain.dim(), (2, 8));
    assert!(!told.contains("warning"), "{told}");
    for (name, content) in [
        ("a.txt", "\u{feff}the sea\r\nis wide\n\n \n"),
        ("a.jsonl", "\u{feff}{\"text\": \"the sea\"}\n{\"text\": \"is wide\"}\n\n"),
    ] {
        assert_eq!(embed(name, content).0, plain, "{name}");
    }
    let (fits, longer) = ("sea ".repeat(256), "sea ".repeat(257));
    let (vectors, told) = embed("a.txt", &format!("{fits}\n{longer}\nthe sea\n{longer} is wide\n"));
    assert_eq!(vectors.row(0), vectors.row(1), "the vector is that of the beginning");
    assert!(told.contains("warning: 2 of 4 texts embed by their first 256 tokens alone"), "{told}");
}

/// Vectors of 2 labels on 3 prompts, two of each.
fn vectors(folder: &tempfile::TempDir) -> String {
    let matrix = Array2::from_shape_fn((12, 6), |(i, j)| {
        let (label, prompt) = (i % 2, i / 2 % 3);
        f32::from(u8::from(j == label))
            + 2.0 * f32::from(u8::from(j == 2 + prompt))
            + (i * 7 + j * 3) as f32 % 5.0 / 50.0
    });
    ndarray_npy::write_npy(folder.path().join("vectors.npy"), &matrix).expect("an .npy");
    path(folder, "vectors.npy")
}

/// A CSV of labels for [`vectors`], with spaces around its cells where `wide`.
fn labels(header: &str, rows: usize, wide: bool) -> String {
    let space = if wide { " " } else { "" };
    (0..rows).fold(format!("{header}\n"), |all, i| {
        let group =
            if header.contains(',') { format!(",{space}prompt {}{space}", i / 2 % 3) } else { String::new() };
        // A space that only some rows have would make two labels of one.
        let odd = if i % 3 == 0 { space } else { "" };
        format!("{all}{odd}voice {}{odd}{group}\n", i % 2)
    })
}

#[test]
fn columns_are_known_and_cells_are_trimmed() {
    let folder = tempfile::tempdir().expect("a folder");
    let npy = vectors(&folder);
    let figures = |csv: String| -> Value {
        let csv = file(&folder, "labels.csv", csv);
        let (code, out, err) = run(&["separability", &npy, &csv, "--permutations", "9"]);
        assert_eq!(code, 0, "{err}");
        serde_json::from_str(&out).expect("JSON")
    };
    let plain = figures(labels("label,group", 12, false));
    assert_eq!((&plain["groups"], &plain["labels"]), (&json!(3), &json!(["voice 0", "voice 1"])));
    assert_eq!(figures(labels("\u{feff}label , group", 12, true)), plain);
    let alone = figures(labels("label", 12, false));
    assert_eq!((&alone["groups"], alone.get("centred")), (&Value::Null, None), "topic is not controlled for");
}

#[test]
fn labels_and_vectors_that_do_not_fit_together_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let npy = vectors(&folder);
    let lying = "{'descr': '<f4', 'fortran_order': False, 'shape': (9999999999999, 4), }\n";
    let lying =
        [&b"\x93NUMPY\x01\x00"[..], &(lying.len() as u16).to_le_bytes(), lying.as_bytes(), &[0; 64]].concat();
    let lying = file(&folder, "lying.npy", lying);
    let good = labels("label,group", 12, false);
    let mut report = String::new();
    for (name, npy, csv) in [
        ("a mistyped column", &npy, labels("label,grup", 12, false)),
        ("a column that means nothing here", &npy, good.replace('\n', ",1\n").replacen(",1", ",id", 1)),
        ("no column `label`", &npy, labels("group", 12, false)),
        ("a column twice", &npy, labels("label,label", 12, false)),
        ("more labels than vectors", &npy, labels("label,group", 14, false)),
        ("a row without group", &npy, good.replacen("voice 1,prompt 0", "\nvoice 1,", 1)),
        ("a row without label", &npy, good.replacen("voice 1,prompt 0", " ,prompt 0", 1)),
        ("a row of another length", &npy, good.replacen("voice 1,prompt 0", "voice 1", 1)),
        ("an .npy whose header lies", &lying, good.clone()),
    ] {
        let csv = file(&folder, "labels.csv", csv);
        let told = error(&["separability", npy, &csv, "--permutations", "9"], folder.path());
        assert!(told.starts_with("exit code 2\n"), "{name}: {told}");
        writeln!(report, "# {name}\n{told}").expect("a string");
    }
    insta::assert_snapshot!(report);
}

#[test]
fn a_gguf_without_alignment_is_refused_without_a_panic() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut model = TinyGguf::new();
    model.metadata.insert("general.alignment".into(), candle_core::quantized::gguf_file::Value::U32(0));
    let base = file(&folder, "zero.gguf", model.bytes());
    let told = error(&["generate", "hi", "--base", &base], folder.path());
    insta::assert_snapshot!(told);
}

#[test]
fn a_bench_of_nothing_is_bad_usage_and_a_bad_place_is_found_before_it_measures() {
    let folder = tempfile::tempdir().expect("a folder");
    for (flag, values) in [
        ("--rows", ["0", "1025"]),
        ("--active", ["-1", "65"]),
        ("--ranks", ["0", "1025"]),
        ("--blends", ["0", "4097"]),
        ("--tokens", ["0", "8193"]),
        ("--repeats", ["0", "1001"]),
    ] {
        for value in values {
            let (code, out, err) = run(&["bench", "--base", TINY, &format!("{flag}={value}")]);
            assert_eq!((code, out.as_str()), (2, ""), "{flag} {value}: {err}");
            assert!(err.contains(flag), "{flag} {value}: {err}");
        }
    }
    let gone = path(&folder, "gone/bench.json");
    let folder_itself = path(&folder, ".");
    let clash = path(&folder, "bench.png");
    for out in [&gone, &folder_itself, &clash] {
        // No base is there either: the place is looked at first.
        let told = error(&["bench", "--base", "no/such.gguf", "--out", out], folder.path());
        assert!(told.starts_with("exit code 2\n") && told.contains("at: [folder]"), "{out}: {told}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}

#[test]
fn a_bench_tells_what_it_ran_and_where_as_json() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = path(&folder, "bench.json");
    let args = ["--rows", "1,3", "--active", "0,1", "--ranks", "2", "--blends", "2,5", "--tokens", "2"];
    let args = [&["bench", "--base", TINY, "--repeats", "2", "--json", "--out", &out], &args[..]].concat();
    let (code, printed, err) = run(&args);
    assert_eq!((code, err.as_str()), (0, ""));
    let written = std::fs::read_to_string(&out).expect("the JSON");
    assert_eq!(printed, written);
    let json: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!((&json["tokens"], &json["repeats"]), (&json!(2), &json!(2)));
    let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
    assert!(text("version").starts_with(&format!("{}+", env!("CARGO_PKG_VERSION"))), "{json}");
    assert!(!text("processor").is_empty() && !text("arithmetic").is_empty(), "{json}");
    // Two kinds of work, two numbers of rows; the base once, an adapter with two numbers of blends.
    assert_eq!(json["cells"].as_array().map(Vec::len), Some(2 * 2 * 3));
    assert!(std::fs::read(folder.path().join("bench.png")).expect("a picture").starts_with(b"\x89PNG"));
}
