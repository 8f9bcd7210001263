//! Imports of small files: every record is an example or a reject.

use std::fs::File;
use std::io::Write;

use flate2::write::GzEncoder;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::{error, json, lines, write};

const RECIPE: &str =
    "[[source]]\nname = 'mine'\nfiles = ['*.jsonl*']\nformat = 'alpaca'\nlicence = 'MIT'\npersona = 'poet'\n";
const GOOD: &str = r#"{"instruction": "Describe rain.", "input": "", "output": "It falls."}"#;

#[test]
fn every_record_is_an_example_or_a_reject_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "data.toml", RECIPE);
    let long = format!("{{\"instruction\": \"{}\"}}", "x".repeat(17 * 1024 * 1024));
    let mut bytes = format!("\u{feff}{GOOD}\n\n{{\"instruction\": 1}}\n{long}\n").into_bytes();
    bytes.extend(b"{\"instruction\": \"\xff\", \"output\": \"a\"}\n{\"broken\": \n[1]\n");
    bytes.extend(GOOD.as_bytes());
    write(folder, "a.jsonl", &bytes);
    let mut packed = GzEncoder::new(File::create(folder.join("c.jsonl.gz")).unwrap(), Default::default());
    packed.write_all(format!("{GOOD}\n{GOOD}\n").as_bytes()).unwrap();
    packed.finish().unwrap();
    write(folder, "d.jsonl.zst", zstd::encode_all(format!("{GOOD}\n").as_bytes(), 1).unwrap());

    let manifest = json(folder, &["data", "import", "data.toml", "-o", "out", "--shards", "jsonl", "--json"]);
    let files = manifest["sources"][0]["files"].as_array().unwrap();
    let counts: Vec<(u64, u64)> =
        files.iter().map(|f| (f["records"].as_u64().unwrap(), f["rows"].as_u64().unwrap())).collect();
    assert_eq!(counts, [(7, 2), (2, 2), (1, 1)]);

    let rejects = lines(&folder.join("out/rejects.jsonl"));
    let told: Vec<String> =
        rejects.iter().map(|r| format!("{} {}", r["line"], r["reason"].as_str().unwrap())).collect();
    let wanted = [
        "3 `output` is missing",
        "4 the line is longer than 16777216 bytes: 17825811",
        "5 not UTF-8 text: byte 18",
        "6 not JSON: EOF",
        "7 `instruction` is missing",
    ];
    assert_eq!(told.len(), wanted.len(), "{told:?}");
    for (told, wanted) in told.iter().zip(wanted) {
        assert!(told.starts_with(wanted), "{told}");
    }
    assert!(rejects.iter().all(|r| r["source"] == "mine" && r["file"] == "a.jsonl"));

    let rows = lines(&folder.join("out/mine-00000.jsonl"));
    let row: serde_json::Value = serde_json::from_str(
        r#"{"instruction":"Describe rain.","input":"","output":"It falls.","_persona":"poet","source":"mine","licence":"MIT"}"#,
    )
    .unwrap();
    assert_eq!(rows.len(), 5);
    assert!(rows.iter().all(|r| *r == row), "{}", rows[0]);
}

#[test]
fn parquet_shards_hold_the_same_examples_whatever_the_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let recipe =
        "[[source]]\nname = 'talk'\nfiles = ['talk.json']\nformat = 'sharegpt'\nlicence = 'CC0-1.0'\n";
    write(folder, "data.toml", recipe);
    let talk = |i: usize| {
        format!(
            r#"{{"conversations": [{{"from": "human", "value": "a{i}"}}, {{"from": "gpt", "value": "b"}},
                {{"from": "human", "value": "c"}}, {{"from": "gpt", "value": "d{i}"}}]}}"#
        )
    };
    let all: Vec<String> = (0..10_000).map(talk).collect();
    write(folder, "talk.json", format!("[{}]", all.join(",\n")));
    let import = |out: &str, threads: &str| {
        let arguments = ["data", "import", "data.toml", "-o", out, "--rows-per-shard", "3000", "--json"];
        let output = super::program(folder, &arguments).env("RAYON_NUM_THREADS", threads).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read_to_string(folder.join(out).join("manifest.json")).unwrap()
    };
    let manifest = import("one", "1");
    assert_eq!(manifest, import("five", "5"), "bytes, hashes and counts are the same");
    let shards: serde_json::Value = serde_json::from_str(&manifest).unwrap();
    let rows: Vec<u64> = shards["sources"][0]["shards"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["rows"].as_u64().unwrap())
        .collect();
    assert_eq!(rows, [3000, 3000, 3000, 1000]);

    let file = File::open(folder.join("one/talk-00003.parquet")).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let batches: Vec<_> = reader.map(Result::unwrap).collect();
    let mut text = Vec::new();
    let mut writer = arrow::json::LineDelimitedWriter::new(&mut text);
    writer.write_batches(&batches.iter().collect::<Vec<_>>()).unwrap();
    writer.finish().unwrap();
    let last = String::from_utf8(text).unwrap().lines().last().unwrap().to_owned();
    assert_eq!(
        last,
        r#"{"instruction":"c","input":"","output":"d9999","_traits":[],"turns":[{"user":"a9999","assistant":"b"}],"source":"talk","licence":"CC0-1.0"}"#
    );
}

#[test]
fn what_cannot_be_imported_says_so_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "data.toml", RECIPE);
    write(folder, "a.jsonl", format!("{GOOD}\n"));
    json(folder, &["data", "import", "data.toml", "-o", "out", "--json"]);
    let kept = std::fs::read(folder.join("out/manifest.json")).unwrap();
    let (code, told) = error(folder, &["data", "import", "data.toml", "-o", "out"]);
    assert!(code == 2 && told.contains("an import lies there already"), "{told}");
    // There is nothing left to do, which is well.
    json(folder, &["data", "import", "data.toml", "-o", "out", "--resume", "--json"]);
    assert_eq!(std::fs::read(folder.join("out/manifest.json")).unwrap(), kept);
    let (code, told) = error(folder, &["data", "import", "data.toml", "-o", "new", "--resume"]);
    assert!(code == 2 && told.contains("no import to go on with"), "{told}");
    let (code, told) = error(folder, &["data", "import", "data.toml", "-o", "."]);
    assert!(code == 2 && told.contains("a source lies in the folder that is written to"), "{told}");

    write(folder, "data.toml", format!("{RECIPE}expect = 2\n"));
    for more in [&[][..], &["--resume"], &["--resume"]] {
        let arguments: Vec<&str> =
            ["data", "import", "data.toml", "-o", "counted"].iter().chain(more).copied().collect();
        let (code, told) = error(folder, &arguments);
        assert!(code == 2 && told.contains("has 1 records, the recipe expects 2"), "{told}");
        assert!(told.contains("mend `expect`") && !folder.join("counted/manifest.json").exists(), "{told}");
    }
    write(folder, "data.toml", format!("{RECIPE}expect = 1\n"));
    json(folder, &["data", "import", "data.toml", "-o", "counted", "--resume", "--json"]);
    write(folder, "again.toml", RECIPE.replace("*.jsonl*", "*/*.jsonl"));
    json(folder, &["data", "import", "data.toml", "-o", "lines", "--shards", "jsonl", "--json"]);
    let (code, told) = error(folder, &["data", "import", "again.toml", "-o", "again"]);
    assert!(
        code == 2 && told.contains("lies in the folder of an import") && told.contains("again.toml:3"),
        "{told}"
    );

    write(folder, "data.toml", RECIPE);
    let mut packed = GzEncoder::new(Vec::new(), Default::default());
    packed.write_all(format!("{GOOD}\n").repeat(5000).as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    write(folder, "z.jsonl.gz", &packed[..packed.len() - 20]);
    let (code, told) = error(folder, &["data", "import", "data.toml", "-o", "torn"]);
    assert!(code != 0 && told.contains("z.jsonl.gz") && told.contains("--resume"), "{told}");
    // Nothing was made of it yet, so that it may be mended.
    write(folder, "z.jsonl.gz", &packed);
    let manifest = json(folder, &["data", "import", "data.toml", "-o", "torn", "--resume", "--json"]);
    assert_eq!(manifest["sources"][0]["files"][1]["rows"], 5000);

    write(folder, "d.toml", RECIPE.replace("*.jsonl*", "doc.json"));
    write(folder, "doc.json", format!("[{GOOD},\n{GOOD},\n{{"));
    let (code, told) = error(folder, &["data", "import", "d.toml", "-o", "doc"]);
    assert!(code == 2 && told.contains("broken behind record 2") && told.contains("doc.json:3"), "{told}");
}

#[test]
fn help_shows_how() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["data", "--help"][..], &["data", "import", "--help"]] {
        let output = super::run(folder.path(), arguments);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success() && told.contains("persona-eval data import suites/data.toml -o"),
            "{told}"
        );
    }
}
