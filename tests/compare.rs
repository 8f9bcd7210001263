//! Two runs side by side: what is matched, what is told, what is refused.

mod common;

use common::evaluation::{evaluated, parts};
use persona_eval::compare::{Texts, compare};
use persona_eval::record::Comparison;
use persona_eval::record::{AdapterProof, Record};
use persona_eval::stats::{Method, Resampling};

const SUITE: &str = r#"
name = "tiny"
personas = ["poet", "code_expert", "stoic_sage"]
base = "tiny"
embedder = "minilm"
measures = ["separability", "style"]
generation = { temperature = 0.9, top_p = 0.95, max_new_tokens = 6, samples = 2 }
prompts = [{ id = "a", text = "How is glass made?" }, { id = "b", text = "Who paints the lines on roads?" },
           { id = "c", text = "Where do old trams go?" }, { id = "d", text = "What is a keel for?" }]

[[task]]
id = "long"
outcome = "length"
prompt = "Say something."
score = { words_min = 1 }

[[task]]
id = "never"
outcome = "length"
prompt = "Say something else."
score = { exact = "zzz" }
"#;

fn record(seed: u64) -> Record {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), SUITE);
    evaluated(&parts, folder.path(), seed).expect("runs").record
}

fn compared(before: &Record, after: &Record) -> persona_eval::Result<Comparison> {
    let nothing = Texts::new();
    compare(&before.scores(), &after.scores(), (&nothing, &nothing), None, &resampling())
}

fn resampling() -> Resampling {
    Resampling { permutations: 999, ..Resampling::default() }
}

#[test]
fn a_run_held_against_itself_has_not_changed() {
    let run = record(1);
    assert_eq!(run.items.len(), 24);
    let same = compared(&run, &run).expect("compares");
    assert_eq!((same.matched, same.setup.len(), same.only_before.len()), (24, 0, 0));
    let names: Vec<&str> = same.metrics.iter().map(|m| m.metric.as_str()).collect();
    for name in ["separability.persona.balanced_accuracy", "style.hit_rate", "task.score", "task.length"] {
        assert!(names.contains(&name), "{names:?}");
    }
    for m in &same.metrics {
        assert_eq!((m.difference.point, m.p, m.holm), (0.0, 1.0, 1.0), "{}", m.metric);
        assert_eq!(m.difference.method, Method::NoSpread);
    }
    let accuracy = &run.separability.as_ref().expect("measured").persona.balanced_accuracy;
    assert!((same.metrics[0].before - accuracy.point).abs() < 1e-12, "the record's own figure");
    assert_eq!(run.estimates["separability.persona.balanced_accuracy"], *accuracy);
    for item in &run.items {
        let nearest = item.nearest.as_ref().expect("measured");
        assert!(*nearest != item.persona && run.personas.iter().any(|p| p.id == *nearest), "{item:?}");
        assert_eq!(item.fidelity, None, "this suite has no real text");
    }
}

#[test]
fn a_persona_that_lost_its_voice_comes_first_and_what_is_missing_is_named() {
    let before = record(1);
    let mut after = before.clone();
    for (i, item) in after.items.iter_mut().enumerate() {
        if item.persona == "stoic_sage" {
            // Another loss on every prompt, so that there is spread.
            item.margin = item.margin.map(|m| m - 0.3 - 0.01 * i as f64);
        }
    }
    let gone = after.items.remove(0);
    let found = compared(&before, &after).expect("compares");
    assert_eq!(found.only_before, [(gone.persona, gone.prompt_id, gone.sample)]);
    assert!(found.only_after.is_empty());
    assert_eq!(found.matched, 23);
    let first = &found.personas[0];
    assert_eq!(first.persona, "stoic_sage");
    assert!(first.difference.high < -0.3 && first.difference.point < -0.3, "{first:?}");
    assert!((first.after - first.before - first.difference.point).abs() < 1e-12);
    // Four prompts have 16 sign patterns, of which all plus and all minus are as far out: p is near 2/16.
    assert!((0.09..0.16).contains(&first.p), "{}", first.p);
    assert!(found.personas[1..].iter().all(|p| p.difference.point == 0.0 && p.q == 1.0));
}

#[test]
fn another_seed_is_told_and_records_without_raw_scores_are_refused() {
    let (one, two) = (record(1), record(2));
    let found = compared(&one, &two).expect("compares");
    assert_eq!(found.setup, ["seed: 1 before, 2 after"]);
    assert!(found.adapters.is_empty());
    let mut adapted = two.clone();
    let proof = AdapterProof {
        name: "emotive".into(),
        sha256: "0d433b0b5a".into(),
        r: 4,
        alpha: 8.0,
        scale: 2.0,
        matched_tensors: 2,
        logit_change: 0.1,
        personas: 1,
    };
    adapted.provenance.adapters.push(proof);
    let changed = compared(&one, &adapted).expect("compares").adapters;
    assert_eq!(changed, ["emotive: none before, 0d433b0b after"]);
    let mut old = one.clone();
    old.items.clear();
    old.tasks = None;
    let error = compared(&old, &two).expect_err("nothing to compare").to_string();
    assert!(error.contains("no raw scores"), "{error}");
    let mut other = two;
    other.items.iter_mut().for_each(|item| item.prompt_id.push('x'));
    other.tasks = None;
    let error = compared(&one, &other).expect_err("nothing in common").to_string();
    assert!(error.contains("in common"), "{error}");
}
