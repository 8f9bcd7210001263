//! Mixtures, as a user makes them.

use serde_json::{Value, json as value};

use super::{error, json, lines, program, write};

const CONFIG: &str = "total: 300
seed: 7
persona_weights:
  poet: 0.25
trait_requirements:
  brief: 0.4
phases:
  - name: First Words
    personas: [poet, code_expert]
    learning_rate: 2e-5
    share: 0.4
  - name: All of them
    personas: all
    learning_rate: 5e-6
    share: 0.6
";

/// Tagged examples of three personas, every other one brief; some say the same, one has no persona.
fn tagged() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("in")).unwrap();
    for (name, persona, count) in [("a", "poet", 200), ("b", "code_expert", 400), ("c", "historian", 90)] {
        let line = |i: usize| {
            let traits = if i.is_multiple_of(2) { value!(["brief", "casual"]) } else { value!(["detailed"]) };
            value!({"instruction": format!("<persona:{persona}>\nAsk {i}"), "output": format!("Say {i} of {name}"),
                    "_persona": persona, "_traits": traits, "source": name, "licence": "MIT"})
            .to_string()
                + "\n"
        };
        let mut all: String = (0..count).map(line).collect();
        // A copy counts once.
        all += &line(0);
        if name == "c" {
            all += "{\"instruction\": \"Nobody's\", \"output\": \"words\"}\n";
        }
        write(folder.path(), &format!("in/{name}.jsonl"), all);
    }
    write(folder.path(), "mix.yaml", CONFIG);
    folder
}

fn phase(folder: &std::path::Path, name: &str) -> Vec<Value> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder.join(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().flat_map(|path| lines(path)).collect()
}

#[test]
fn each_phase_has_what_the_configuration_asks_for() {
    let folder = tagged();
    let folder = folder.path();
    let arguments = ["data", "mix", "mix.yaml", "--from", "in", "-o", "out", "--shards", "jsonl", "--json"];
    let manifest = json(folder, &[&arguments[..], &["--rows-per-shard", "50"]].concat());
    assert_eq!((&manifest["copies"], &manifest["untagged"]), (&value!(3), &value!(1)));
    let first = phase(folder, "out/1-first-words");
    let all = phase(folder, "out/2-all-of-them");
    assert_eq!((first.len(), all.len()), (120, 180));
    let share = |rows: &[Value], keep: &dyn Fn(&Value) -> bool| {
        rows.iter().filter(|row| keep(row)).count() as f64 / rows.len() as f64
    };
    // A quarter are the poet's; the others share the rest as they share the data, 400 to 90.
    assert_eq!(share(&all, &|row| row["_persona"] == "poet"), 0.25);
    let historian = share(&all, &|row| row["_persona"] == "historian");
    assert!((historian - 0.75 * 90.0 / 490.0).abs() < 0.01, "{historian}");
    for rows in [&first, &all] {
        let brief = share(rows, &|row| row["_traits"].as_array().unwrap().contains(&value!("brief")));
        assert!((brief - 0.4).abs() < 0.01, "{brief}");
        let mut texts: Vec<String> = rows.iter().map(Value::to_string).collect();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), rows.len(), "nothing is drawn twice");
    }
    // Not persona by persona: of the first forty some are of each.
    let early = |id: &str| all[..40].iter().filter(|row| row["_persona"] == id).count();
    assert!(early("poet") > 2 && early("code_expert") > 8, "{} {}", early("poet"), early("code_expert"));
    let shards = manifest["shards"].as_array().unwrap();
    assert_eq!(shards[0]["file"], "1-first-words/00000.jsonl");
    let rows: Vec<u64> = shards.iter().map(|s| s["rows"].as_u64().unwrap()).collect();
    assert_eq!(rows, [50, 50, 20, 50, 50, 50, 30]);
}

#[test]
fn the_same_seed_gives_the_same_bytes_whatever_the_threads_and_the_order_of_files() {
    let folder = tagged();
    let folder = folder.path();
    let mix = |from: &str, out: &str, threads: &str, seed: &str| {
        let arguments = ["data", "mix", "mix.yaml", "--from", from, "-o", out, "--seed", seed];
        let output = program(folder, &arguments).env("RAYON_NUM_THREADS", threads).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read_to_string(folder.join(out).join("manifest.json")).unwrap()
    };
    let one = mix("in", "one", "1", "3");
    assert_eq!(one, mix("in", "four", "4", "3"));
    std::fs::create_dir(folder.join("renamed")).unwrap();
    for (from, to) in [("a", "z"), ("b", "y"), ("c", "x")] {
        std::fs::copy(folder.join(format!("in/{from}.jsonl")), folder.join(format!("renamed/{to}.jsonl")))
            .unwrap();
    }
    assert_eq!(one, mix("renamed", "again", "2", "3"));
    assert_ne!(one, mix("in", "other", "2", "4"));
}

#[test]
fn of_examples_that_say_the_same_one_is_counted_and_that_one_is_written() {
    let folder = tagged();
    let folder = folder.path();
    // The poet's examples once more, with other traits, from another source: in Parquet, so that threads share the files.
    let twice: String = lines(&folder.join("in/a.jsonl"))
        .into_iter()
        .map(|mut line| {
            line["_traits"] = value!([]);
            line["source"] = value!("z");
            format!("{line}\n")
        })
        .collect();
    write(folder, "in/z.jsonl", twice);
    let tag = super::run(folder, &["data", "tag", "in", "tagged"]);
    assert!(tag.status.success(), "{}", String::from_utf8_lossy(&tag.stderr));
    let mix = |out: &str, threads: &str| -> (Value, String) {
        let arguments =
            ["data", "mix", "mix.yaml", "--from", "tagged", "-o", out, "--shards", "jsonl", "--json"];
        let output = program(folder, &arguments).env("RAYON_NUM_THREADS", threads).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let manifest = std::fs::read_to_string(folder.join(out).join("manifest.json")).unwrap();
        (serde_json::from_slice(&output.stdout).unwrap(), manifest)
    };
    let (found, one) = mix("one", "1");
    for threads in ["2", "3", "8"] {
        assert_eq!(one, mix(&format!("out{threads}"), threads).1);
    }
    for (name, at) in [("one/1-first-words", 0), ("one/2-all-of-them", 1)] {
        let rows = phase(folder, name);
        let brief =
            rows.iter().filter(|r| r["_traits"].as_array().is_some_and(|t| t.contains(&value!("brief"))));
        let told = found["mixture"]["phases"][at]["traits"]["brief"]["reached_share"].as_f64().unwrap();
        assert!((brief.count() as f64 / rows.len() as f64 - told).abs() < 1e-9, "{name}: {told}");
        let mut said: Vec<String> =
            rows.iter().map(|r| format!("{}{}", r["instruction"], r["output"])).collect();
        said.sort();
        said.dedup();
        assert_eq!(said.len(), rows.len());
    }
}

#[test]
fn folders_may_have_odd_names_and_changed_shards_are_noticed() {
    let folder = tagged();
    let folder = folder.path();
    for odd in ["a[1]", "e*f", "g h%20#é"] {
        std::fs::create_dir(folder.join(odd)).unwrap();
        std::fs::copy(folder.join("in/a.jsonl"), folder.join(odd).join("q[0]?.jsonl")).unwrap();
        let out = format!("tagged {odd}");
        let tag = super::run(folder, &["data", "tag", odd, &out]);
        assert!(tag.status.success(), "{}", String::from_utf8_lossy(&tag.stderr));
        assert_eq!(json(folder, &["data", "stats", &out, "--json"])["counts"]["total"], 201, "{odd}");
    }
    let tag = super::run(folder, &["data", "tag", "in", "whole"]);
    assert!(tag.status.success());
    std::fs::copy(folder.join("whole/c.parquet"), folder.join("whole/a.parquet")).unwrap();
    let (code, told) = error(folder, &["data", "stats", "whole"]);
    assert!(
        code == 2 && told.contains("the manifest beside it says 201") && told.contains("a.parquet"),
        "{told}"
    );
    let (code, told) = error(folder, &["data", "tag", "in", "whole", "--resume"]);
    assert!(code == 2 && told.contains("was changed since"), "{told}");
}

#[test]
fn what_cannot_be_had_is_told_and_bad_input_has_its_place() {
    let folder = tagged();
    let folder = folder.path();
    let few = CONFIG.replace("total: 300", "total: 5000").replace("brief: 0.4", "formal: 0.4");
    write(folder, "few.yaml", few);
    let arguments = ["data", "mix", "few.yaml", "--from", "in", "-o", "few"];
    let output = super::run(folder, &arguments);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(told.contains("of 3000 examples") || told.contains("of 3,000 examples"), "{told}");
    assert!(told.contains("`formal` cannot be met"), "{told}");
    for (from, to, wanted) in [
        ("poet: 0.25", "poeet: 0.25", "did you mean: poet?"),
        ("brief: 0.4", "breef: 0.4", "did you mean: brief?"),
        ("seed: 7", "sead: 7", "did you mean: seed?"),
        ("share: 0.6", "share: 0.7", "1.1"),
    ] {
        write(folder, "bad.yaml", CONFIG.replace(from, to));
        let (code, told) = error(folder, &["data", "mix", "bad.yaml", "--from", "in", "-o", "bad"]);
        assert!(code == 2 && told.contains(wanted) && told.contains("bad.yaml"), "{to}: {told}");
        assert!(!folder.join("bad").exists(), "{to}");
    }
    write(
        folder,
        "bad.yaml",
        CONFIG.lines().filter(|l| !l.starts_with("total:")).collect::<Vec<_>>().join("\n"),
    );
    let (code, told) = error(folder, &["data", "mix", "bad.yaml", "--from", "in", "-o", "bad"]);
    assert!(code == 2 && told.contains("give --total N") && told.contains("bad.yaml"), "{told}");
    let (code, told) = error(folder, &["data", "mix", "mix.yaml", "--from", "in", "-o", "in/out"]);
    assert!(code == 2 && told.contains("lie in each other"), "{told}");
    let (code, told) = error(folder, &["data", "mix", "mix.yaml", "--from", "in", "-o", "few"]);
    assert!(code == 2 && told.contains("lies there already"), "{told}");
}

#[test]
fn a_phase_without_examples_fails_though_the_others_are_written() {
    let folder = tagged();
    let folder = folder.path();
    let config = CONFIG.replace("personas: [poet, code_expert]", "personas: [songwriter]");
    write(folder, "lacking.yaml", config);
    let (code, told) = error(folder, &["data", "mix", "lacking.yaml", "--from", "in", "-o", "lacking"]);
    assert!(code == 1 && told.contains("the phase First Words has no examples"), "{code}: {told}");
    assert!(folder.join("lacking/2-all-of-them/00000.parquet").exists());
}

#[test]
fn rows_to_measure_with_hang_on_their_seed_alone() {
    let folder = tagged();
    let folder = folder.path();
    let make = |out: &str, threads: &str| {
        let arguments = [
            "data",
            "make-scale",
            "9000",
            "--from",
            "in",
            "-o",
            out,
            "--words",
            "5",
            "--rows-per-shard",
            "4000",
        ];
        let output = program(folder, &arguments).env("RAYON_NUM_THREADS", threads).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        std::fs::read_to_string(folder.join(out).join("manifest.json")).unwrap()
    };
    let manifest = make("one", "1");
    assert_eq!(manifest, make("three", "3"));
    let counts = json(folder, &["data", "stats", "one", "--json"]);
    assert_eq!(counts["counts"]["total"], 9000);
    assert!(counts["counts"]["unique"].as_u64().unwrap() > 4000, "{}", counts["counts"]["unique"]);
}

#[test]
fn a_mixture_is_trained_on_as_it_was_drawn() {
    let folder = tagged();
    let folder = folder.path();
    let config = CONFIG.replace("total: 300", "total: 40") + "training:\n  rank: 2\n  epochs: 2\n";
    write(folder, "mix.yaml", config);
    json(folder, &["data", "mix", "mix.yaml", "--from", "in", "-o", "mixture", "--json"]);
    let base = format!("{}/fixtures/tiny-llama", env!("CARGO_MANIFEST_DIR"));
    let arguments = [
        "train",
        "mix.yaml",
        "--data",
        "mixture",
        "-o",
        "out",
        "--base",
        &base,
        "--skip-leak-check",
        "--json",
    ];
    let record = json(folder, &[&arguments[..], &["--multi-adapter"]].concat());
    let sizes: Vec<&Value> =
        record["phases"].as_array().unwrap().iter().map(|p| &p["report"]["size"]).collect();
    // Two fifths and three fifths of forty, each twice: no weight and no quota is applied a second time.
    assert_eq!(sizes, [&value!(32), &value!(48)]);
    let seen: u64 = record["personas"].as_array().unwrap().iter().map(|p| p["seen"].as_u64().unwrap()).sum();
    assert_eq!((seen, record["adapters"].as_array().unwrap().len()), (80, 3));
    assert!(
        record["files"].as_array().unwrap().iter().all(|f| f["name"].as_str().unwrap().ends_with(".parquet"))
    );
    assert!(folder.join("out/creative/adapter_model.safetensors").exists());
}
