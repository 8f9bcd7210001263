//! The registry of 57 personas and the corpus written for them: counts, lengths, shared prompts, no copies.

use persona_eval::example::{Example, read_examples};
use persona_eval::persona::{Category, Registry};
use persona_eval::store::Catalog;
use persona_eval::style::TRAITS;
use persona_eval::suite::{Suite, normalized};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::PathBuf;

/// The personas that the dataset specification names, by category.
const SPEC: [(Category, &[&str]); 8] = [
    (Category::Technical, &["code_expert", "debugging_assistant", "problem_solver"]),
    (Category::Empathetic, &["empathetic_counselor", "supportive"]),
    (Category::Analytical, &["analytical_reasoner", "critical_debater", "math_tutor"]),
    (Category::Creative, &["creative_storyteller", "narrative_writer"]),
    (Category::Conversational, &["conversational_agent", "multi_turn"]),
    (Category::ToolApi, &["tool_orchestrator", "api_specialist"]),
    (Category::Factual, &["factual_informant", "qa_specialist"]),
    (Category::Specialized, &["esoteric_scholar", "safety_guardian"]),
];
/// Examples of a persona at least, and of one that the specification names.
const FEWEST: usize = 24;
const FEWEST_OF_SPEC: usize = 34;
/// Training examples of all personas, at least.
const FEWEST_OF_ALL: usize = 1_500;
/// Words of an answer.
const TRAINING_WORDS: std::ops::RangeInclusive<usize> = 40..=90;
const HELDOUT_WORDS: std::ops::RangeInclusive<usize> = 30..=60;
/// Share of word 5-grams that two answers may have in common (Jaccard).
const LARGEST_OVERLAP: f64 = 0.3;
/// Words in a row that two answers of one persona may not share.
const SHARED_RUN: usize = 8;
/// Different pairs of neighbouring words among all of a persona's; the most repetitive voice has 0.74.
const SMALLEST_DISTINCT_2: f64 = 0.65;

#[derive(Deserialize)]
struct SharedPrompts {
    train: BTreeMap<String, String>,
    heldout: BTreeMap<String, String>,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn registry() -> Registry {
    Registry::load(root().join("suites/personas.toml")).expect("the registry")
}

fn shared_prompts() -> SharedPrompts {
    let text =
        std::fs::read_to_string(root().join("fixtures/corpus/prompts.toml")).expect("the shared prompts");
    toml::from_str(&text).expect("two tables of prompts")
}

fn corpus(split: &str) -> Vec<Example> {
    let folder = std::fs::read_dir(root().join("fixtures/corpus").join(split)).expect("the corpus");
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    assert_eq!(files.len(), Category::ALL.len(), "one file a category");
    let registry = registry();
    files.iter().flat_map(|file| read_examples(file, &registry).expect("examples")).collect()
}

fn by_persona(examples: &[Example]) -> BTreeMap<&str, Vec<&Example>> {
    let mut of = BTreeMap::<&str, Vec<&Example>>::new();
    for example in examples {
        of.entry(&example.persona).or_default().push(example);
    }
    of
}

fn id(example: &Example) -> &str {
    example.prompt_id.as_deref().unwrap_or_else(|| panic!("no prompt_id: {}", example.instruction))
}

fn place(example: &Example) -> String {
    format!("{} {}", example.persona, id(example))
}

fn words(text: &str) -> Vec<String> {
    normalized(text).split(' ').map(str::to_owned).collect()
}

fn grams(words: &[String], n: usize) -> BTreeSet<String> {
    words.windows(n).map(|w| w.join(" ")).collect()
}

#[test]
fn fifty_seven_personas_fill_eight_categories_and_the_specifications_eighteen_are_among_them() {
    let registry = registry();
    assert_eq!(registry.personas().len(), 57);
    let declared: BTreeSet<&str> =
        registry.personas().iter().filter(|p| p.spec).map(|p| p.id.as_str()).collect();
    let named: BTreeSet<&str> = SPEC.iter().flat_map(|(_, ids)| ids.iter().copied()).collect();
    assert_eq!((named.len(), &declared), (18, &named));
    for (category, ids) in SPEC {
        for id in ids {
            assert_eq!(registry.persona(id).expect("a persona").category, category, "{id}");
        }
        let size = registry.personas().iter().filter(|p| p.category == category).count();
        assert!(size >= 5, "{category} has {size} personas");
    }
    let mixtures = registry.personas().iter().filter(|p| p.blend.len() > 1).count();
    assert!(mixtures >= 12, "{mixtures} personas speak with a mixture");
}

#[test]
fn every_persona_names_its_nearest_neighbour_and_what_differs() {
    let registry = registry();
    let mut reasons = BTreeSet::new();
    for persona in registry.personas() {
        let nearest = &persona.nearest;
        assert!(nearest.persona != persona.id && registry.get(&nearest.persona).is_some(), "{}", persona.id);
        assert!(nearest.differs.split_whitespace().count() >= 2, "{}: {}", persona.id, nearest.differs);
        assert!(reasons.insert(&nearest.differs), "{}: the same words tell another pair apart", persona.id);
        assert!(!persona.traits.is_empty(), "{} declares no trait", persona.id);
        for declared in &persona.traits {
            assert!(TRAITS.iter().any(|t| t.name == declared.id()), "{}: `{}`", persona.id, declared.id());
        }
    }
}

#[test]
fn every_persona_has_enough_examples_and_half_of_them_answer_shared_prompts() {
    let (registry, shared, training) = (registry(), shared_prompts(), corpus("train"));
    assert!(training.len() >= FEWEST_OF_ALL, "{} examples", training.len());
    let of = by_persona(&training);
    for persona in registry.personas() {
        let own = of.get(persona.id.as_str()).map_or(&[][..], Vec::as_slice);
        let fewest = if persona.spec { FEWEST_OF_SPEC } else { FEWEST };
        assert!(own.len() >= fewest, "{} has {} examples", persona.id, own.len());
        let on_shared = own.iter().filter(|e| shared.train.contains_key(id(e))).count();
        assert_eq!(2 * on_shared, own.len(), "{}: {on_shared} of {} are shared", persona.id, own.len());
        let ids: BTreeSet<&str> = own.iter().map(|e| id(e)).collect();
        let asked: BTreeSet<String> = own.iter().map(|e| normalized(&e.user_text())).collect();
        assert!(ids.len() == own.len() && asked.len() == own.len(), "{} answers a prompt twice", persona.id);
    }
    let mut answered = BTreeMap::<&str, usize>::new();
    for example in training.iter().filter(|e| shared.train.contains_key(id(e))) {
        assert_eq!(example.user_text(), shared.train[id(example)], "{}", place(example));
        *answered.entry(id(example)).or_default() += 1;
    }
    assert!(answered.len() == shared.train.len() && answered.values().all(|n| *n > 1), "{answered:?}");
}

#[test]
fn all_personas_answer_all_held_out_prompts() {
    let (registry, shared, heldout) = (registry(), shared_prompts(), corpus("heldout"));
    assert_eq!(shared.heldout.len(), 6);
    assert_eq!(heldout.len(), shared.heldout.len() * registry.personas().len());
    let cells: BTreeSet<(&str, &str)> = heldout.iter().map(|e| (e.persona.as_str(), id(e))).collect();
    assert_eq!(cells.len(), heldout.len(), "an answer stands twice");
    for example in &heldout {
        assert_eq!(Some(&example.user_text()), shared.heldout.get(id(example)), "{}", place(example));
    }
}

#[test]
fn answers_are_as_long_as_agreed_and_carry_their_personas_traits() {
    let registry = registry();
    for (split, limits) in [("train", TRAINING_WORDS), ("heldout", HELDOUT_WORDS)] {
        for example in corpus(split) {
            let length = example.output.split_whitespace().count();
            assert!(limits.contains(&length), "{} has {length} words, not {limits:?}", place(&example));
            let persona = registry.persona(&example.persona).expect("a persona");
            let declared: Vec<&str> = persona.traits.iter().map(|t| t.id()).collect();
            assert_eq!(example.traits, declared, "{}", place(&example));
        }
    }
}

#[test]
fn prompts_of_training_held_out_text_and_suites_are_disjoint() {
    let asked =
        |split: &str| corpus(split).iter().map(|e| normalized(&e.user_text())).collect::<BTreeSet<_>>();
    let (training, heldout) = (asked("train"), asked("heldout"));
    let both: Vec<_> = training.intersection(&heldout).collect();
    assert!(both.is_empty(), "trained and held out: {both:?}");
    let (registry, models) = (registry(), Catalog::built_in().expect("the catalogue").names());
    let mut suites = 0;
    for entry in std::fs::read_dir(root().join("suites")).expect("the suites") {
        let path = entry.expect("a file").path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let others = ["judge.toml", "personas.toml", "models.toml", "shared.toml"];
        if !name.ends_with(".toml") || others.contains(&name.as_str()) || name.starts_with("data") {
            continue;
        }
        let suite = Suite::load(&path, &registry, &models, &|_| unreachable!("no benchmark"))
            .unwrap_or_else(|e| panic!("{e}"));
        let texts = suite.prompts.iter().map(|p| &p.text).chain(suite.tasks.iter().map(|t| &t.prompt));
        for text in texts.map(|t| normalized(t)) {
            assert!(!training.contains(&text), "{name} asks what adapters were trained on: {text}");
            assert!(!heldout.contains(&text), "{name} asks what the ceiling answers: {text}");
        }
        suites += 1;
    }
    assert!(suites >= 5, "{suites} suites were read");
}

#[test]
fn no_answer_is_a_near_copy_of_another() {
    let all = [corpus("train"), corpus("heldout")].concat();
    let grams: Vec<BTreeSet<String>> = all.iter().map(|e| grams(&words(&e.output), 5)).collect();
    let mut holders: HashMap<&str, Vec<usize>> = HashMap::new();
    for (i, set) in grams.iter().enumerate() {
        set.iter().for_each(|gram| holders.entry(gram).or_default().push(i));
    }
    let mut common: HashMap<(usize, usize), usize> = HashMap::new();
    for rows in holders.values().filter(|rows| rows.len() > 1) {
        for (at, a) in rows.iter().enumerate() {
            rows[at + 1..].iter().for_each(|b| *common.entry((*a, *b)).or_default() += 1);
        }
    }
    for ((a, b), n) in common {
        let overlap = n as f64 / (grams[a].len() + grams[b].len() - n) as f64;
        assert!(overlap < LARGEST_OVERLAP, "{} and {}: {overlap:.2}", place(&all[a]), place(&all[b]));
    }
}

#[test]
fn a_persona_repeats_a_device_and_not_a_sentence() {
    let all = [corpus("train"), corpus("heldout")].concat();
    for (persona, own) in by_persona(&all) {
        let mut runs: HashMap<String, &Example> = HashMap::new();
        let (mut pairs, mut different) = (0, BTreeSet::new());
        for example in own {
            let words = words(&example.output);
            for run in grams(&words, SHARED_RUN) {
                if let Some(first) = runs.get(&run) {
                    panic!("{} and {} share `{run}`", place(first), place(example));
                }
                runs.insert(run, example);
            }
            pairs += words.len().saturating_sub(1);
            different.append(&mut grams(&words, 2));
        }
        let distinct = different.len() as f64 / pairs as f64;
        assert!(distinct > SMALLEST_DISTINCT_2, "{persona}: distinct-2 is {distinct:.3}");
    }
}
