//! Tagging: the shipped model, and how one is trained.

use std::fs;
use std::path::{Path, PathBuf};

use persona_eval::data::tag::{By, LEAST_PRECISION, Rules, Scratch, TagInput, Tagger};
use persona_eval::persona::{Registry, split_tag};
use serde_json::Value;

use super::{error, json, lines, write};

/// Most bytes of the shipped model.
const MOST_BYTES: u64 = 2 * 1024 * 1024;
/// Least share of right categories on fixtures/corpus/heldout, whose prompts and texts no training saw. Fixed before the
/// model was: eight categories, 1 in 8 by chance.
const LEAST_ACCURACY: f64 = 0.8;

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(folder)
}

/// All lines below a folder, in the order of the files.
fn examples(folder: &str) -> Vec<Value> {
    let list = fs::read_dir(fixtures(folder)).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        list.filter(|path| path.extension().is_some_and(|e| e == "jsonl")).collect();
    files.sort();
    files.iter().flat_map(|path| lines(path)).collect()
}

fn input(line: &Value) -> TagInput<'_> {
    let text = |key: &str| line[key].as_str().unwrap_or_default();
    let instruction = split_tag(text("instruction")).map_or(text("instruction"), |(_, rest)| rest);
    TagInput { instruction, input: text("input"), output: text("output"), turns: &[] }
}

#[test]
fn the_shipped_model_is_small_and_tells_the_categories_of_texts_that_it_has_not_seen() {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/data/tag/model.bin");
    assert!(fs::metadata(model).expect("it is shipped").len() <= MOST_BYTES);
    let registry = Registry::built_in().expect("it is checked");
    let tagger = Tagger::built_in(&registry).expect("it is of this registry and these features");
    let (mut right, mut assigned, mut scratch) = (0u32, 0u32, Scratch::default());
    let held_out = examples("corpus/heldout");
    for line in &held_out {
        let found = tagger.persona(&input(line), None, &mut scratch);
        let Some(persona) = found.persona else { continue };
        assigned += 1;
        let category = |id: &str| registry.persona(id).expect("a known one").category;
        right += u32::from(category(persona) == category(line["_persona"].as_str().expect("it is labelled")));
    }
    let accuracy = f64::from(right) / f64::from(assigned.max(1));
    let coverage = f64::from(assigned) / held_out.len() as f64;
    assert!(accuracy >= LEAST_ACCURACY && coverage >= 0.6, "accuracy {accuracy}, coverage {coverage}");
}

#[test]
fn labelled_examples_are_told_as_if_they_had_no_label() {
    let folder = tempfile::tempdir().unwrap();
    let heldout = fixtures("corpus/heldout").display().to_string();
    let found = json(folder.path(), &["data", "tag", &heldout, "--evaluate", "--json"]);
    let held_out = examples("corpus/heldout");
    assert_eq!(found["n"], held_out.len());
    // Counted here by the library, example by example.
    let registry = Registry::built_in().expect("it is checked");
    let tagger = Tagger::built_in(&registry).expect("it is shipped");
    let category = |id: &str| registry.persona(id).expect("a known one").category;
    let mut scratch = Scratch::default();
    let right = held_out.iter().filter(|line| {
        let said = tagger.find(&input(line), &mut scratch).persona.map(category);
        said == line["_persona"].as_str().map(category)
    });
    let accuracy = right.count() as f64 / held_out.len() as f64;
    let point = found["accuracy"]["point"].as_f64().expect("a figure");
    assert!((point - accuracy).abs() < 1e-12, "{point}, wanted {accuracy}");
    assert_eq!(found["confusion"].as_array().map(Vec::len), Some(8));
    assert!(found["calibration"]["bins"].is_array(), "{}", found["calibration"]);
    write(
        folder.path(),
        "bare.jsonl",
        "{\"instruction\": \"Hi\", \"output\": \"Ho\", \"_persona\": \"nobody\"}\n",
    );
    let (code, told) = error(folder.path(), &["data", "tag", "bare.jsonl", "--evaluate"]);
    assert!(code == 2 && told.contains("none of the examples has a persona"), "{told}");
    let (code, told) = error(folder.path(), &["data", "tag", "bare.jsonl"]);
    assert!(code == 2 && told.contains("OUT"), "{told}");
    let tagged = json(folder.path(), &["data", "tag", "bare.jsonl", "out", "--json"]);
    assert_eq!(tagged["files"][0]["unknown_personas"]["nobody"], 1);
}

#[test]
fn a_source_that_is_for_a_persona_comes_before_all() {
    let registry = Registry::built_in().expect("it is checked");
    let tagger = Tagger::built_in(&registry).expect("it is shipped");
    let mut scratch = Scratch::default();
    let story = TagInput { output: "Once upon a time there was a pea.", ..TagInput::default() };
    let of = |source, scratch: &mut Scratch| tagger.persona(&story, source, scratch);
    assert_eq!(of(Some("poet"), &mut scratch).persona, Some("poet"));
    assert_eq!(of(Some("poet"), &mut scratch).by, By::Source);
    assert_eq!(of(None, &mut scratch).persona, Some("creative_storyteller"));
    assert_eq!(of(None, &mut scratch).by, By::Rule);
    let nothing = tagger.persona(&TagInput::default(), None, &mut scratch);
    assert!(nothing.persona.is_none() && nothing.confidence < 0.5, "{nothing:?}");
}

#[test]
fn rules_keep_their_precision_on_the_texts_that_are_committed() {
    let registry = Registry::built_in().expect("it is checked");
    let rules = Rules::built_in(&registry).expect("they are checked");
    let (mut met, mut right) = (0u32, 0u32);
    for line in ["corpus/train", "corpus/heldout", "tagger"].iter().flat_map(|folder| examples(folder)) {
        let Some(place) = rules.first(&input(&line)) else { continue };
        let category = |id: &str| registry.persona(id).expect("a known one").category;
        met += 1;
        right += u32::from(
            category(&rules.list()[place].persona) == category(line["_persona"].as_str().expect("a label")),
        );
    }
    assert!(met > 100 && f64::from(right) >= LEAST_PRECISION * f64::from(met), "{right} of {met}");
}

#[test]
fn a_tagger_learns_from_two_sources_and_writes_the_same_bytes_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let here = folder.path();
    let recipe: String = [("corpus", "corpus/train"), ("written", "tagger")]
        .map(|(name, of)| {
            fs::create_dir(here.join(name)).expect("made");
            for entry in fs::read_dir(fixtures(of)).expect("a folder") {
                let from = entry.expect("an entry").path();
                fs::copy(&from, here.join(name).join(from.file_name().expect("a name"))).expect("copied");
            }
            format!(
                "[[source]]\nname = '{name}'\nfiles = ['{name}/*.jsonl']\nlicence = 'MIT'\n\
                 columns = {{ instruction = 'instruction', output = 'output', persona = '_persona' }}\n"
            )
        })
        .concat();
    write(here, "both.toml", &recipe);
    let train =
        |out: &str| json(here, &["data", "train-tagger", "both.toml", "-o", out, "--cap", "8", "--json"]);
    let (first, second) = (train("a.bin"), train("b.bin"));
    assert_eq!(first, second);
    assert!(fs::read(here.join("a.bin")).expect("written") == fs::read(here.join("b.bin")).expect("written"));
    let alone = &first["classifier"];
    assert_eq!((alone["n"].as_u64(), alone["sources"].as_array().map(Vec::len)), (Some(128), Some(2)));
    assert!(alone["accuracy"]["point"].as_f64() > Some(0.3), "{alone}");
    write(here, "one.toml", recipe.split("[[source]]").take(2).collect::<Vec<_>>().join("[[source]]"));
    let (code, told) = error(here, &["data", "train-tagger", "one.toml", "-o", "c.bin"]);
    assert!(code == 2 && told.contains("has 1 source(s): corpus"), "{told}");
}
