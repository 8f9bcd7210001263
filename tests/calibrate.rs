//! Repeats of a run: their noise, and what they say of the suite's gates and intervals.

mod common;

use common::evaluation::{evaluated, parts};
use persona_eval::blend::Blend;
use persona_eval::evaluate::{Draws, EvaluateOptions, Repeats, calibrate};
use persona_eval::progress::Silent;
use persona_eval::record::{Record, Response};

const SUITE: &str = r#"
name = "tiny"
personas = ["poet", "code_expert", "stoic_sage", "songwriter"]
base = "tiny"
embedder = "minilm"
measures = ["separability", "style"]
generation = { temperature = 0.9, top_p = 0.95, max_new_tokens = 8 }
prompts = [{ id = "a", text = "How is glass made?" }, { id = "b", text = "Who paints the lines on roads?" },
           { id = "c", text = "Where do old trams go?" }, { id = "d", text = "What is a keel for?" },
           { id = "e", text = "Is a whale a fish?" }, { id = "f", text = "How tall is a giraffe?" }]

[[gate]]
name = "kept"
metric = "separability.persona.margin"
against = "baseline"
margin = 0.1
reason = "r"

[[gate]]
name = "each kept"
metric = "style.hit_rate"
against = "baseline"
per = "persona"
alarm = true
reason = "r"
"#;

fn runs(count: u64) -> (common::evaluation::Parts, Vec<(Record, Vec<Response>)>) {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), SUITE);
    let run = |seed| {
        let own = folder.path().join(format!("{seed}"));
        let made = evaluated(&parts, &own, seed).expect("runs");
        (made.record, made.responses)
    };
    let runs = (1..=count).map(run).collect();
    (parts, runs)
}

#[test]
fn repeats_lie_below_the_run_and_their_spread_is_that_of_their_figures() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), SUITE);
    let options = EvaluateOptions {
        blend: Some(Blend::base()),
        floor: false,
        permutations: 9,
        seed: 5,
        ..EvaluateOptions::new(folder.path().join("run"))
    };
    let (suite, registry, engine, embedder) = (&parts.suite, &parts.registry, &parts.engine, &parts.embedder);
    let first = persona_eval::evaluate::evaluate(suite, registry, engine, embedder, &options, &Silent);
    let first = first.expect("runs").record;
    let repeats = Repeats { suite, registry, engine, embedder, options: &options, progress: &Silent };
    let noise = repeats.noise(&first, 3).expect("repeats");
    assert_eq!((noise.seeds.clone(), noise.repeats(), noise.prompts), (vec![5, 6, 7], 3, 6));
    assert_eq!(noise.identical, Some(1.0), "texts depend on neither rows nor threads");
    assert_eq!((noise.rows, noise.threads.len()), (vec![options.rows; 3], 3));
    for k in [2, 3] {
        let journal = folder.path().join(format!("run/repeats/{k}/responses.jsonl"));
        assert_eq!(std::fs::read_to_string(&journal).expect("a journal").lines().count(), 24);
    }
    let spread = noise.metrics["style.hit_rate"];
    assert!((0.0..0.3).contains(&spread), "{spread}");
    assert!(noise.personas["separability.persona.margin"] > 0.0);
    assert!(!noise.personas.contains_key("separability.persona.balanced_accuracy"), "hits judge no persona");
}

#[test]
fn a_calibration_counts_every_pair_and_draws_the_same_from_the_same_seed() {
    let (parts, runs) = runs(4);
    let draws = Draws { pairs: 30, prompts: 4, suites: 40, seed: 3 };
    let one =
        calibrate(&parts.suite, &parts.registry, &parts.embedder, &runs, draws, &Silent).expect("draws");
    let alarms = &one.false_alarms;
    assert_eq!((alarms.pairs, alarms.prompts, alarms.repeats, alarms.gates.len()), (30, 4, 2, 2));
    for gate in &alarms.gates {
        assert_eq!(gate.passed + gate.inconclusive + gate.regressed, 30, "{gate:?}");
    }
    assert!(alarms.alarms <= 3, "nothing has changed: {alarms:?}");
    assert_eq!(alarms.gates[1].inconclusive, 0, "an alarm is silent or goes off");
    assert_eq!(one.coverage.len(), 30);
    for c in &one.coverage {
        assert!((0.6..=1.0).contains(&c.covered) && c.interval.low <= c.covered, "{c:?}");
    }
    let again =
        calibrate(&parts.suite, &parts.registry, &parts.embedder, &runs, draws, &Silent).expect("draws");
    assert_eq!((again.false_alarms, again.coverage), (one.false_alarms, one.coverage));
}

#[test]
fn runs_that_are_no_repeats_are_refused() {
    let (parts, runs) = runs(4);
    let draws = Draws { pairs: 2, prompts: 4, suites: 2, seed: 0 };
    let refused = |runs: &[(Record, Vec<Response>)], draws: Draws, wanted: &str| {
        let error = calibrate(&parts.suite, &parts.registry, &parts.embedder, runs, draws, &Silent)
            .map(|_| ())
            .expect_err(wanted)
            .to_string();
        assert!(error.contains(wanted), "{wanted}: {error}");
    };
    refused(&runs[..3], draws, "too few");
    refused(&[&runs[..3], &runs[..1]].concat(), draws, "same seed");
    refused(&runs, Draws { prompts: 7, ..draws }, "pairs of 7 prompts");
    let mut reworded = runs.clone();
    reworded[0].0.prompts[0].text.push('!');
    refused(&reworded, draws, "is no run of the suite `tiny`: other prompts");
    let mut other = runs.clone();
    other[2].0.prompts[0].text.push('!');
    refused(&other, draws, "is no repeat of");
    let mut missing = runs;
    missing[1].1.remove(0);
    refused(&missing, draws, "lacks an answer of");
}
