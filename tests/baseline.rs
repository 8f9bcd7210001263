//! Baselines: accepted, read back, refused, and what gates make of them.

mod common;

use common::evaluation::{evaluated, parts};
use persona_eval::baseline::{Baseline, accept, noise};
use persona_eval::compare::{Texts, compare};
use persona_eval::gate::{Evidence, Reference, judge};
use persona_eval::record::{GateVerdict, Item, Noise, PersonaRow, Record, Scores, Verdict};
use persona_eval::seed::Seed;
use persona_eval::stats::Resampling;
use persona_eval::suite::{Bound, Gate, Prompt, Scope};
use rand::Rng;
use std::collections::BTreeMap;
use std::path::Path;

const SUITE: &str = r#"
name = "tiny"
personas = ["poet", "code_expert", "stoic_sage"]
base = "tiny"
embedder = "minilm"
measures = ["separability", "style"]
generation = { temperature = 0.9, top_p = 0.95, max_new_tokens = 6 }
prompts = [{ id = "a", text = "How is glass made?" }, { id = "b", text = "Who paints the lines on roads?" },
           { id = "c", text = "Where do old trams go?" }, { id = "d", text = "What is a keel for?" }]
"#;

fn run(seed: u64) -> (Record, Vec<persona_eval::response::Response>) {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), SUITE);
    let made = evaluated(&parts, folder.path(), seed).expect("runs");
    (made.record, made.responses)
}

#[test]
fn an_accepted_run_reads_back_and_can_be_judged_again_from_its_raw_scores() {
    let (record, responses) = run(1);
    let baseline = accept(&record, &responses, None, false).expect("accepted");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("baselines/tiny.json");
    baseline.write(&path).expect("writes");
    let read = Baseline::read(&path).expect("reads");
    assert_eq!((read.scores.items.len(), read.answers.len(), read.scores.prompts.len()), (12, 12, 4));
    assert_eq!(read.answers, baseline.answers);
    for (a, b) in read.scores.items.iter().zip(&record.items) {
        assert_eq!(
            (&a.persona, &a.prompt_id, a.named, &a.nearest),
            (&b.persona, &b.prompt_id, b.named, &b.nearest)
        );
        assert!((a.margin.expect("measured") - b.margin.expect("measured")).abs() < 1e-6);
    }
    // The same run has lost nothing since.
    let nothing = Texts::new();
    let resampling = Resampling { permutations: 99, ..Resampling::default() };
    let same = compare(&read.scores, &record.scores(), (&read.answers, &nothing), None, &resampling)
        .expect("compares");
    assert!(same.metrics.iter().all(|m| m.difference.point.abs() < 1e-6), "{same:?}");
    assert!(same.setup.is_empty() && same.adapters.is_empty() && same.collapsed.is_empty(), "{same:?}");
}

#[test]
fn a_run_of_another_suite_base_or_sampling_is_refused_with_every_difference_and_force_records_them() {
    let (record, responses) = run(1);
    let first = accept(&record, &responses, None, false).expect("accepted");
    let mut other = record.clone();
    other.provenance.base = "another".into();
    other.provenance.embedder = "ears".into();
    // The same weights under another name would be no difference.
    let weights =
        other.provenance.files.iter_mut().filter(|f| ["base", "embedder"].contains(&f.role.as_str()));
    weights.for_each(|f| f.sha256 = "0".repeat(64));
    other.generation.as_mut().expect("kept").sampling.temperature = 0.5;
    other.prompts[0].text.push('!');
    other.trial = true;
    let error = accept(&other, &responses, Some(&first), false).expect_err("refused").to_string();
    for part in [
        "base model: tiny before, another after",
        "embedder: minilm before, ears after",
        "temperature: 0.9 before, 0.5 after",
        "the prompt `a` is worded otherwise",
        "trial",
        "--force",
    ] {
        assert!(error.contains(part), "{part}: {error}");
    }
    let forced = accept(&other, &responses, Some(&first), true).expect("forced");
    assert_eq!(forced.forced.len(), 5, "{:?}", forced.forced);
    // Another seed or engine is no other measurement.
    let (again, responses) = run(2);
    assert!(accept(&again, &responses, Some(&first), false).is_ok());
}

#[test]
fn a_broken_baseline_is_refused_with_its_place() {
    let (record, responses) = run(1);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tiny.json");
    let good = accept(&record, &responses, None, false).expect("accepted");
    good.write(&path).expect("writes");
    let text = std::fs::read_to_string(&path).expect("reads");
    let refused = |text: &str, wanted: &str| {
        std::fs::write(&path, text).expect("writes");
        let error = Baseline::read(&path).expect_err(wanted).to_string();
        assert!(error.contains(wanted) && error.contains("tiny.json"), "{wanted}: {error}");
    };
    refused(&text.replace("\"schema_version\": 1", "\"schema_version\": 2"), "schema version 2");
    refused(&text.replace("\"schema_version\": 1", "\"schema_version\": 0"), "schema version 0");
    refused(&text.replacen("\"sample\": [0", "\"sample\": [1", 1), "edited");
    refused(&text.replacen("\"margin\": [", "\"margin\": [NaN, ", 1), "not a baseline");
    refused(&text.replacen("\"margin\": [", "\"margin\": [1e999, ", 1), "not a baseline");
    refused(&text.replacen("\"margin\": [", "\"margin\": [], \"margin\": [", 1), "duplicate field");
    refused(&text[..text.len() / 2], "not a baseline");
    refused("", "not a baseline");
    refused("{}", "not a baseline");
    // With a checksum that fits, the contents are still checked.
    let rewritten = |change: &dyn Fn(&mut Baseline), wanted: &str| {
        let mut bad = good.clone();
        change(&mut bad);
        bad.write(&path).expect("writes");
        let error = Baseline::read(&path).expect_err(wanted).to_string();
        assert!(error.contains(wanted), "{wanted}: {error}");
    };
    rewritten(&|b| b.scores.items.clear(), "there are no scores");
    rewritten(&|b| b.scores.items[1] = b.scores.items[0].clone(), "an answer is there twice");
    rewritten(&|b| b.scores.items[0].named = Some(2.0), "`named` is 2");
    rewritten(&|b| b.scores.items[0].margin = Some(-7.0), "`margin` is -7");
    let missing = Baseline::read(Path::new("/nonexistent/b.json")).expect_err("missing").to_string();
    assert!(missing.contains("/nonexistent/b.json"), "{missing}");
}

/// Scores of `personas` x 16 prompts: margin = level of the persona + effect of the prompt + noise of the seed.
fn simulated(seed: u64, level: impl Fn(usize) -> f64) -> Scores {
    const PERSONAS: usize = 12;
    let (mut prompts, mut noise) = (Seed(99).rng(), Seed(seed).rng());
    let effects: Vec<f64> = (0..16).map(|_| 0.2 * (prompts.random::<f64>() - 0.5)).collect();
    let mut items = Vec::new();
    for (g, effect) in effects.iter().enumerate() {
        for p in 0..PERSONAS {
            let margin = level(p) + effect + 0.2 * (noise.random::<f64>() - 0.5);
            items.push(Item {
                persona: format!("p{p:02}"),
                prompt_id: format!("s{g:02}"),
                sample: 0,
                named: Some(f64::from(u8::from(margin > 0.0))),
                group_named: None,
                margin: Some(margin),
                fidelity: None,
                nearest: Some(format!("p{:02}", (p + 1) % PERSONAS)),
                traits: None,
                length: None,
            });
        }
    }
    let (mut record, _) = empty();
    record.items = items;
    let row = |p: usize| PersonaRow {
        id: format!("p{p:02}"),
        category: "c".into(),
        group: format!("g{}", p % 3),
        blend: "base".into(),
        voice: String::new(),
        traits: Vec::new(),
    };
    record.personas = (0..PERSONAS).map(row).collect();
    record.prompts = (0..16)
        .map(|g| Prompt { id: format!("s{g:02}"), text: format!("Question {g}?"), follow_up: None })
        .collect();
    record.scores()
}

fn empty() -> (Record, ()) {
    static RECORD: std::sync::OnceLock<Record> = std::sync::OnceLock::new();
    let record = RECORD.get_or_init(|| run(1).0);
    (Record { tasks: None, generation: None, ..record.clone() }, ())
}

fn gate(scope: Scope, margin: Option<f64>) -> Gate {
    Gate {
        name: "kept".into(),
        metric: "separability.persona.margin".into(),
        bound: Bound::NoLoss { margin },
        scope,
        two_sided: false,
        alarm: false,
        reason: "r".into(),
    }
}

fn judged(gates: &[Gate], before: &Scores, after: &Scores, noise: Option<&Noise>) -> Vec<GateVerdict> {
    let evidence = Evidence {
        estimates: &BTreeMap::new(),
        qualification: &[],
        scores: after,
        reference: Some(Reference { scores: before, noise }),
        resampling: Resampling { resamples: 2_000, ..Resampling::default() },
    };
    judge(gates, &evidence).expect("judges")
}

#[test]
fn a_gate_against_the_baseline_passes_regresses_or_stays_undecided() {
    let level = |p: usize| 0.2 + 0.01 * p as f64;
    let before = simulated(1, level);
    let repeats: Vec<Scores> = (2..6).map(|seed| simulated(seed, level)).collect();
    let noise =
        noise(&repeats.iter().collect::<Vec<_>>(), vec![2, 3, 4, 5], vec![48; 4], vec![2; 4], Some(1.0));
    assert!(noise.metrics["separability.persona.margin"] < noise.personas["separability.persona.margin"]);
    let whole = [gate(Scope::Whole, Some(0.05))];
    let same = judged(&whole, &before, &simulated(6, level), Some(&noise)).remove(0);
    assert_eq!(same.verdict, Verdict::Pass, "{same:?}");
    let lost = judged(&whole, &before, &simulated(6, |p| level(p) - 0.15), Some(&noise)).remove(0);
    assert_eq!(lost.verdict, Verdict::Fail, "{lost:?}");
    let against = lost.against.expect("told");
    assert!((against.before - against.after - 0.15).abs() < 0.03 && against.p < 0.01, "{against:?}");
    assert_eq!((lost.threshold, lost.estimate.expect("measured").n), (-0.05, 16));
    assert!(lost.detectable.expect("told") > 0.05, "the margin is counted in");
    let near = judged(&whole, &before, &simulated(6, |p| level(p) - 0.05), Some(&noise)).remove(0);
    assert_eq!(near.verdict, Verdict::Inconclusive, "{near:?}");
    // Without a margin and without noise nothing can be shown to be kept.
    let bare = judged(&[gate(Scope::Whole, None)], &before, &simulated(6, level), None).remove(0);
    assert_eq!(bare.verdict, Verdict::Inconclusive);
    assert!(bare.against.expect("told").margin_from.contains("no repeats"));
    let by_noise =
        judged(&[gate(Scope::Whole, None)], &before, &simulated(6, |p| level(p) - 0.1), Some(&noise));
    assert_eq!(by_noise[0].verdict, Verdict::Fail);
    let identical = judged(&[gate(Scope::Whole, None)], &before, &before, None).remove(0);
    assert_eq!(identical.verdict, Verdict::Pass, "the same answers: {identical:?}");
}

#[test]
fn a_gate_on_both_sides_takes_a_gain_for_a_change_and_says_so() {
    let level = |p: usize| 0.1 + 0.02 * p as f64;
    let before = simulated(5, level);
    let of = |by: f64, two_sided: bool| {
        let gates = [Gate { two_sided, ..gate(Scope::Whole, Some(0.05)) }];
        judged(&gates, &before, &simulated(6, |p| level(p) + by), None).remove(0)
    };
    assert_eq!((of(0.0, true).verdict, of(0.15, false).verdict), (Verdict::Pass, Verdict::Pass));
    let near = of(0.05, true);
    assert_eq!(near.verdict, Verdict::Inconclusive, "{near:?}");
    assert!(near.because.contains("holds a change of 0.05"), "{}", near.because);
    for by in [0.15, -0.15] {
        let changed = of(by, true);
        assert_eq!((changed.verdict, changed.bound.as_str()), (Verdict::Fail, "|change| < 0.05"));
        assert!(changed.because.contains("beyond a change of 0.05"), "{}", changed.because);
        let against = changed.against.expect("told");
        assert!(against.two_sided && (against.after - against.before - by).abs() < 0.03);
    }
    // To which side is not known beforehand: both share the level.
    let (one, both) = (of(-0.15, false), of(-0.15, true));
    let p = |g: &GateVerdict| g.against.as_ref().expect("told").p;
    assert!((p(&both) / p(&one) - 2.0).abs() < 1e-9, "{} {}", p(&one), p(&both));
    let gates = |two_sided: bool| vec![Gate { two_sided, ..gate(Scope::Whole, Some(0.05)) }; 4];
    let least = |two_sided: bool| {
        let found = judged(&gates(two_sided), &before, &simulated(6, level), None).remove(0);
        found.detectable.expect("told")
    };
    assert!(least(true) > least(false), "{} {}", least(true), least(false));
}

#[test]
fn the_same_change_on_every_prompt_is_the_surest_of_all() {
    let before = simulated(5, |_| 0.2);
    let mut before = before;
    // Scores that a binary number holds exactly, so that no rounding makes a spread.
    before
        .items
        .iter_mut()
        .for_each(|i| i.margin = Some(if i.prompt_id.as_str() < "s08" { 0.5 } else { 0.25 }));
    let lowered = |by: f64, who: &str| {
        let mut after = before.clone();
        let own = after.items.iter_mut().filter(|i| who.is_empty() || i.persona == who);
        own.for_each(|i| i.margin = i.margin.map(|m| m - by));
        after
    };
    let whole =
        |by: f64| judged(&[gate(Scope::Whole, Some(0.0625))], &before, &lowered(by, ""), None).remove(0);
    let lost = whole(0.25);
    assert_eq!(lost.verdict, Verdict::Fail, "{lost:?}");
    assert!(lost.against.expect("told").p < 1e-4 && lost.detectable.is_none());
    let kept = whole(0.03125);
    assert_eq!(kept.verdict, Verdict::Pass, "{kept:?}");
    assert!(kept.because.contains("rules out a loss of 0.0625"), "{}", kept.because);
    let alarm = Gate { alarm: true, ..gate(Scope::EachPersona, Some(0.0)) };
    let found = judged(std::slice::from_ref(&alarm), &before, &lowered(1.0, "p04"), None).remove(0);
    assert!(found.verdict == Verdict::Fail && found.because.contains("1 regressed: p04"), "{found:?}");
    // Where repeats differ, their noise is the error.
    let noise = Noise {
        seeds: (0..8).collect(),
        rows: vec![1; 8],
        threads: vec![1; 8],
        identical: Some(1.0),
        prompts: 16,
        metrics: BTreeMap::from([("separability.persona.margin".to_owned(), 0.1)]),
        personas: BTreeMap::new(),
        groups: BTreeMap::new(),
    };
    let noisy =
        judged(&[gate(Scope::Whole, Some(0.0625))], &before, &lowered(0.25, ""), Some(&noise)).remove(0);
    assert_eq!(noisy.verdict, Verdict::Inconclusive, "{noisy:?}");
    assert_eq!(noisy.estimate.expect("measured").degrees, Some(7));
}

#[test]
fn a_gate_on_each_persona_names_the_one_that_fell_and_no_other() {
    let level = |p: usize| 0.2 + 0.01 * p as f64;
    let before = simulated(1, level);
    let after = simulated(7, |p| level(p) - if p == 4 { 0.4 } else { 0.0 });
    let verdict = judged(&[gate(Scope::EachPersona, Some(0.05))], &before, &after, None).remove(0);
    assert_eq!(verdict.verdict, Verdict::Fail);
    assert_eq!(verdict.parts.len(), 12);
    assert_eq!(verdict.parts[0].name, "p04");
    assert!(verdict.parts[1..].iter().all(|p| p.verdict != Verdict::Fail), "{verdict:?}");
    assert!(verdict.because.contains("1 regressed: p04"), "{}", verdict.because);
    // With its group, the one is diluted by the three others of it, and still found.
    let groups = judged(&[gate(Scope::EachGroup, Some(0.02))], &before, &after, None).remove(0);
    assert_eq!(groups.parts[0].name, "g1", "{groups:?}");
    let one = judged(&[gate(Scope::Persona("p05".into()), Some(0.2))], &before, &after, None).remove(0);
    assert_eq!(one.verdict, Verdict::Pass, "{one:?}");
}

#[test]
fn nothing_is_judged_against_another_instrument_or_without_a_baseline() {
    let before = simulated(1, |_| 0.2);
    let mut after = before.clone();
    after.provenance.embedder = "ears".into();
    after
        .provenance
        .files
        .iter_mut()
        .filter(|f| f.role == "embedder")
        .for_each(|f| f.sha256 = "0".repeat(64));
    let verdict = judged(&[gate(Scope::Whole, Some(0.1))], &before, &after, None).remove(0);
    assert_eq!(verdict.verdict, Verdict::Inconclusive);
    assert!(verdict.because.contains("embedder: minilm before, ears after"), "{}", verdict.because);
    let evidence = Evidence {
        estimates: &BTreeMap::new(),
        qualification: &[],
        scores: &before,
        reference: None,
        resampling: Resampling::default(),
    };
    let verdict = judge(&[gate(Scope::Whole, None)], &evidence).expect("judges").remove(0);
    assert!(verdict.because.contains("baseline accept"), "{}", verdict.because);
    assert_eq!(verdict.verdict, Verdict::Inconclusive);
}

#[test]
fn false_alarms_are_as_rare_as_they_claim_and_a_reworded_prompt_is_left_out() {
    let level = |p: usize| 0.1 + 0.02 * p as f64;
    let gates = [gate(Scope::Whole, Some(0.0)), gate(Scope::EachPersona, Some(0.0))];
    let alarms = (0..100).filter(|i| {
        let (a, b) = (simulated(1_000 + 2 * i, level), simulated(1_001 + 2 * i, level));
        judged(&gates, &a, &b, None).iter().any(|g| g.verdict == Verdict::Fail)
    });
    // At most 5 % for the family: binomial(100, 0.05) exceeds 13 once in two thousand.
    assert!(alarms.count() <= 13);
    let before = simulated(1, level);
    let mut after = before.clone();
    after.prompts[3].text = "Another question?".into();
    // Other prompts teach other centroids: their margins are not comparable.
    let verdict = judged(&gates[..1], &before, &after, None).remove(0);
    assert_eq!(verdict.verdict, Verdict::Inconclusive);
    assert!(verdict.because.contains("the prompt `s03` is worded otherwise"), "{}", verdict.because);
    let nothing = Texts::new();
    let found =
        compare(&before, &after, (&nothing, &nothing), None, &Resampling::default()).expect("compares");
    assert_eq!(found.reworded, ["s03"]);
}

fn command(args: &[&str]) -> (i32, String, String) {
    let done = std::process::Command::new(env!("CARGO_BIN_EXE_persona-eval"))
        .args(args)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the command starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (done.status.code().expect("an exit code"), text(&done.stdout), text(&done.stderr))
}

#[test]
fn what_a_baseline_cannot_decide_is_refused_before_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("part.json");
    let file = path.to_str().expect("UTF-8");
    let mut part = Baseline::read(Path::new("suites/baselines/all.json")).expect("the committed baseline");
    part.scores.texts.clear();
    part.scores.heard = None;
    part.write(&path).expect("writes");
    let (code, _, err) = command(&["run", "suites/all.toml", "--baseline", file]);
    assert_eq!(code, 2, "{err}");
    for wanted in
        ["`real text stays likely` judges (likelihood.own)", "--without-gate 'real text stays likely'"]
    {
        assert!(err.contains(wanted), "{wanted}: {err}");
    }
    part.scores.provenance.embedder = "ears".into();
    part.write(&path).expect("writes");
    let (code, _, err) = command(&["run", "suites/separability.toml", "--baseline", file]);
    assert!(code == 2 && err.contains("judged with `ears`, this run with `all-minilm-l6-v2`"), "{err}");
    let (code, _, err) = command(&["run", "suites/all.toml", "--baseline", "nowhere.json"]);
    assert!(code == 2 && err.contains("nowhere.json"), "{err}");
}

#[test]
fn the_committed_baseline_is_shown_and_planned_from() {
    let (code, out, err) = command(&["baseline", "show", "all"]);
    assert_eq!((code, err.as_str()), (0, ""));
    for wanted in ["912 answers to 16 prompts, 342 held-out texts, 439 tasks", "from 8 repeats", "fidelity"] {
        assert!(out.contains(wanted), "{wanted}: {out}");
    }
    let (code, out, _) = command(&["plan", "suites/all.toml", "--json"]);
    let plans: serde_json::Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(code, 0);
    let first = &plans[0];
    let at = |i: usize| first["designs"][i]["detectable"].as_f64().expect("a loss");
    assert!(at(0) > at(1) && at(1) > at(5), "more prompts find smaller losses: {first}");
    let (code, _, err) = command(&["baseline", "show", "al"]);
    assert!(code == 2 && err.contains("did you mean: all?"), "{err}");
    let (code, _, err) = command(&["plan", "suites/smoke.toml"]);
    assert!(code == 2 && err.contains("smoke.json"), "{err}");
    let (code, _, err) = command(&["plan", "suites/all.toml", "--detect", "-1"]);
    assert!(code == 2 && err.contains("above 0"), "{err}");
}
