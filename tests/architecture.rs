//! The code's own shape against `DESIGN.md`: source map, layers, owners of dependencies, sizes of files.

use regex::Regex;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Lines after which a file is two things.
const LONGEST_FILE: usize = 400;
/// Lines of `main.rs`.
const LONGEST_MAIN: usize = 39;

/// Modules that compute with tensors.
const ENGINE: &[&str] = &["model", "generate", "embed", "train"];
/// Dependencies and the only modules that may name them.
const OWNERS: &[(&str, &[&str])] = &[
    ("candle_core", ENGINE),
    ("candle_nn", ENGINE),
    ("candle_transformers", ENGINE),
    ("tokenizers", ENGINE),
    // Golden tensors, in a test of `merge`.
    ("safetensors", &["model", "generate", "embed", "train", "merge"]),
    ("linfa", &["metrics"]),
    ("linfa_clustering", &["metrics"]),
    ("linfa_linalg", &["merge"]),
    ("hf_hub", &["store"]),
    ("ureq", &["judge"]),
    ("zip", &["store"]),
    ("flate2", &["data", "suite"]),
    ("arrow", &["data"]),
    ("parquet", &["data"]),
    ("zstd", &["data"]),
    ("datafusion", &["data"]),
    ("datafusion_proto", &["data"]),
    ("ballista_core", &["data"]),
    ("ballista_executor", &["data"]),
    ("ballista_scheduler", &["data"]),
    ("tokio", &["data"]),
    ("twox_hash", &["data", "overlap"]),
    ("glob", &["data"]),
    ("serde_saphyr", &["curriculum", "data"]),
    ("plotters", &["report"]),
    ("quick_junit", &["report"]),
    ("landlock", &["sandbox"]),
    ("seccompiler", &["sandbox"]),
    ("libc", &["sandbox"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
    ("ctrlc", &["cli"]),
];
/// Hosts that texts of the project may name: sources of formulas and licences, and names kept for examples.
const HOSTS: &[&str] = &[
    "arxiv.org",
    "creativecommons.org",
    "doi.org",
    "example.com",
    "github.com",
    "huggingface.co",
    // Made up by the model, in an answer of the sample.
    "my.place",
    "www.apache.org",
    "www.w3.org",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// All files under `folder`, sorted; names that start with a dot are left out.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for path in entries.map(|e| e.expect("a readable folder").path()) {
        let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
        match path.is_dir() {
            _ if hidden => {}
            true => found.extend(files(&path)),
            false => found.push(path),
        }
    }
    found.sort();
    found
}

/// Path below `src/` → text, of every Rust file.
fn sources() -> BTreeMap<String, String> {
    let src = root().join("src");
    let rust = files(&src).into_iter().filter(|p| p.extension().is_some_and(|e| e == "rs"));
    let name = |p: &Path| p.strip_prefix(&src).expect("below src").to_string_lossy().replace('\\', "/");
    rust.map(|p| (name(&p), read(&p))).collect()
}

/// The code without lines that are comments.
fn code(text: &str) -> String {
    text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The top-level module of a path below `src/`.
fn module(path: &str) -> &str {
    path.split('/').next().unwrap_or(path).trim_end_matches(".rs")
}

/// The text of DESIGN.md below one heading of the second level.
fn design(heading: &str) -> String {
    let text = read(&root().join("DESIGN.md"));
    let from =
        text.find(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("DESIGN.md has no `## {heading}`"));
    let rest = &text[from + 1..];
    rest[..rest[1..].find("\n## ").map_or(rest.len(), |end| end + 1)].to_owned()
}

/// Module → number of its layer, and the name of each layer, from DESIGN.md's table.
fn layers() -> (BTreeMap<String, usize>, Vec<String>) {
    let (row, name) =
        (Regex::new(r"(?m)^\| (\d) (\w+) \| ([^|]+) \|").unwrap(), Regex::new("`([a-z_]+)`").unwrap());
    let (mut layer_of, mut names) = (BTreeMap::new(), Vec::new());
    for found in row.captures_iter(&design("Layers")) {
        assert_eq!(found[1].parse::<usize>().unwrap(), names.len(), "layers are numbered from 0");
        for m in name.captures_iter(&found[3]) {
            assert!(
                layer_of.insert(m[1].to_owned(), names.len()).is_none(),
                "`{}` stands in two layers",
                &m[1]
            );
        }
        names.push(found[2].to_owned());
    }
    assert!(names.len() > 3, "DESIGN.md has a table of layers");
    (layer_of, names)
}

/// Modules that a file names by `crate::…`, single or in braces.
fn arrows(text: &str) -> BTreeSet<String> {
    let code = code(text);
    let (single, group) = (Regex::new(r"\bcrate::([a-z_]+)").unwrap(), Regex::new(r"\bcrate::\{").unwrap());
    let mut to: BTreeSet<String> = single.captures_iter(&code).map(|c| c[1].to_owned()).collect();
    for start in group.find_iter(&code) {
        let (mut depth, mut item) = (1, String::new());
        for c in code[start.end()..].chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 || (c == ',' && depth == 1) {
                to.insert(item.trim().split("::").next().unwrap_or_default().to_owned());
                item.clear();
            } else {
                item.push(c);
            }
            if depth == 0 {
                break;
            }
        }
    }
    to.retain(|name| name.starts_with(|c: char| c.is_ascii_lowercase()));
    to
}

fn assert_none(violations: &[String], rule: &str) {
    assert!(violations.is_empty(), "{rule}:\n  {}", violations.join("\n  "));
}

#[test]
fn the_source_map_lists_exactly_the_source_files() {
    let line = Regex::new(r"(?m)^- `([\w/]+\.rs)`: \S.+$").unwrap();
    let map = design("Source map");
    let listed: Vec<String> = line.captures_iter(&map).map(|c| c[1].to_owned()).collect();
    let set: BTreeSet<String> = listed.iter().cloned().collect();
    assert_eq!(listed.len(), set.len(), "a file is listed twice");
    let present: BTreeSet<String> = sources().into_keys().collect();
    let missing: Vec<_> = present.difference(&set).collect();
    let gone: Vec<_> = set.difference(&present).collect();
    assert!(
        missing.is_empty() && gone.is_empty(),
        "not in DESIGN.md: {missing:?}; no longer in src/: {gone:?}"
    );
}

#[test]
fn every_module_has_a_layer_and_no_arrow_runs_up() {
    let (layer_of, names) = layers();
    let sources = sources();
    let modules: BTreeSet<&str> = sources.keys().map(|p| module(p)).filter(|m| *m != "lib").collect();
    let known: BTreeSet<&str> = layer_of.keys().map(String::as_str).collect();
    assert_eq!(modules, known, "the modules of src/ and those of DESIGN.md's table");
    let mut violations = Vec::new();
    for (path, text) in sources.iter().filter(|(p, _)| *p != "lib.rs") {
        let from = layer_of[module(path)];
        for to in arrows(text) {
            let Some(&layer) = layer_of.get(&to) else { continue };
            if layer > from {
                violations.push(format!("{path} ({}) uses {to} ({})", names[from], names[layer]));
            }
        }
    }
    assert_none(&violations, "arrows that run up");
}

#[test]
fn numbers_and_engine_never_meet() {
    let (layer_of, names) = layers();
    let mut violations = Vec::new();
    for (path, text) in &sources() {
        let Some(&from) = layer_of.get(module(path)) else { continue };
        for to in arrows(text) {
            let Some(&layer) = layer_of.get(&to) else { continue };
            let bad = match names[from].as_str() {
                "numbers" => !["base", "numbers"].contains(&names[layer].as_str()),
                "engine" => names[layer] == "numbers",
                _ => false,
            };
            if bad {
                violations.push(format!("{path} uses {to}"));
            }
        }
    }
    assert_none(&violations, "numbers use the base alone, and the engine uses no numbers");
}

#[test]
fn dependencies_stay_with_their_owners() {
    let mut violations = Vec::new();
    for (path, text) in &sources() {
        let code = code(text);
        for (name, owners) in OWNERS {
            let named = Regex::new(&format!(r"\b{name}::|\buse {name}\b")).unwrap().is_match(&code);
            if named && !owners.contains(&module(path)) {
                violations.push(format!("{path} uses {name}; only {} may", owners.join(", ")));
            }
        }
    }
    assert_none(&violations, "dependencies outside of their modules");
}

#[test]
fn files_are_short_and_a_mod_rs_holds_no_logic() {
    let statement = Regex::new(r"^(#\[[^\]]+\]\s*)*(pub(\([a-z]+\))? )?(mod|use) [^()]+$").unwrap();
    let mut violations = Vec::new();
    for (path, text) in &sources() {
        let lines = text.lines().count();
        let limit = if path == "main.rs" { LONGEST_MAIN } else { LONGEST_FILE };
        if lines > limit {
            violations.push(format!("{path} has {lines} lines, at most {limit}"));
        }
        if path.ends_with("mod.rs") || path == "lib.rs" {
            if !text.starts_with("//! ") {
                violations.push(format!("{path} does not say what the module is"));
            }
            let code = code(text);
            let other = code.split(';').map(str::trim).find(|s| !s.is_empty() && !statement.is_match(s));
            violations.extend(other.map(|s| format!("{path} holds more than mod and use: {s:.60}")));
        }
    }
    assert_none(&violations, "files that are two things");
}

#[test]
fn no_text_names_a_machine() {
    let path_of_a_machine =
        Regex::new(r#"(^|[\s"'`(=:])(/(home|root|work|tmp|mnt|srv|Users)/[\w.]|[A-Z]:\\\w)"#).unwrap();
    // A name without a dot is no host of the net: a generated text may end in the middle of one.
    let host = Regex::new(r"\bhttps?://(?:[^/@\s]*@)?([\w-]+(?:\.[\w-]+)+)").unwrap();
    let texts =
        ["rs", "toml", "md", "html", "css", "js", "yml", "yaml", "py", "sh", "json", "jsonl", "xml", "snap"];
    let is_text = |p: &PathBuf| match p.extension() {
        Some(e) => texts.iter().any(|t| e == *t),
        None => p.metadata().is_ok_and(|m| m.len() < 100_000),
    };
    let top = fs::read_dir(root()).expect("the project").map(|e| e.expect("an entry").path());
    let mut all: Vec<PathBuf> = top.filter(|p| p.is_file()).collect();
    for folder in ["src", "suites", "docs", "benches", "examples", "tests", ".ci", "reports/sample"] {
        all.extend(files(&root().join(folder)));
    }
    let mut violations = Vec::new();
    for path in all.iter().filter(|p| is_text(p) && !p.ends_with("tests/architecture.rs")) {
        for (number, line) in read(path).lines().enumerate() {
            // A test of the cache's place names made-up homes.
            let machine = path_of_a_machine.is_match(line) && !line.contains("\"/home/a\"");
            // A model's answers name hosts that it makes up.
            let answers = path.ends_with("sample/responses.jsonl")
                || path.ends_with("sample/report.html")
                || path.ends_with("sample/run.json") && line.trim_start().starts_with("\"answer\": ");
            let unknown = host.captures_iter(line).find(|c| !answers && !HOSTS.contains(&&c[1]));
            if machine || unknown.is_some() {
                let shown = path.strip_prefix(root()).unwrap_or(path).display();
                violations.push(format!(
                    "{shown}:{}: {}",
                    number + 1,
                    line.trim().chars().take(120).collect::<String>()
                ));
            }
        }
    }
    assert_none(&violations, "paths of a machine, or hosts that are not in the list of this test");
}

#[test]
fn arrows_are_found_in_every_form() {
    let text = "use crate::error::{Error, Result};\n// crate::gate\nuse crate::{seed::Seed, stats::{mean, holm}, Error};\n\
                let x = crate::model::hex(1);";
    let expected = ["error", "model", "seed", "stats"].map(str::to_owned);
    assert_eq!(arrows(text), BTreeSet::from(expected));
}
