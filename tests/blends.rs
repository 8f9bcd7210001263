//! Sweeps of blends on the tiny models: from the suite to the report, stopped and resumed, and scored from lines.

mod common;

use common::evaluation::{Parts, evaluated, parts, with_adapters};
use common::fixture;
use persona_eval::evaluate::{AnswerFile, EvaluateOptions, leave_out_sweeps, score};
use persona_eval::progress::Silent;
use persona_eval::record::{BlendFigures, Record};
use persona_eval::suite::Suite;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;

const SUITE: &str = r#"
name = "tiny"
personas = ["code_expert", "function_caller", "empathetic_counselor", "casual_texter", "math_tutor"]
base = "tiny"
embedder = "minilm"
generation = { temperature = 0.9, top_p = 0.95, max_new_tokens = 6 }
prompts = [
    { id = "a", text = "How is glass made?" },
    { id = "b", text = "Who paints the lines on roads?" },
    { id = "c", text = "What do owls eat?" },
    { id = "d", text = "Is tea better than water?" },
]

[heldout]
dir = "HELDOUT"

[[sweep]]
id = "pair"
from = "tech_expert"
to = "emotive"
steps = 3
prompts = 3

[[sweep]]
id = "plain"
from = "tech_expert"
to = "emotive"
steps = 3
prompts = 3
tags = false

[[sweep]]
id = "mixture"
persona = "math_tutor"
steps = 3

[[gate]]
name = "follows"
metric = "blend.monotonicity"
min = 0.0
reason = "a test"

[[gate]]
name = "cost"
metric = "blend.cost"
min = -100.0
reason = "a test"
"#;

/// The suite's parts, with three adapters.
fn swept(folder: &Path) -> Parts {
    let heldout = fixture("corpus/heldout").display().to_string().replace('\\', "/");
    with_adapters(parts(folder, &SUITE.replace("HELDOUT", &heldout)), folder)
}

/// A suite without the gate that a file of answers cannot decide.
fn without_cost(parts: &Parts) -> Suite {
    let mut suite = parts.suite.clone();
    suite.gates.retain(|g| g.metric != "blend.cost");
    suite
}

fn scored(parts: &Parts, suite: &Suite, folder: &Path, file: &Path) -> Record {
    let read = AnswerFile::read(file, suite, &parts.registry, false, false).unwrap_or_else(|e| panic!("{e}"));
    let options = EvaluateOptions { permutations: 9, seed: 1, ..EvaluateOptions::new(folder.join("scored")) };
    score(suite, &parts.registry, &parts.embedder, read, &options, &Silent).expect("scores").record
}

#[test]
fn a_run_of_sweeps_alone_answers_measures_and_reports_every_weight() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = swept(folder.path());
    let made = evaluated(&parts, folder.path(), 1).expect("runs");
    // Two tags, one without, and one persona on all four prompts with its own point 0.2.
    assert_eq!(made.responses.len(), 3 * 3 * 2 + 3 * 3 + 4 * 4);
    assert!(made.responses.iter().all(|r| r.arm == "sweep"));
    let of = |place: &str| -> Vec<(&str, &str)> {
        let found = made.responses.iter().filter(|r| r.prompt_id == place);
        found.map(|r| (r.persona.as_str(), r.blend.as_str())).collect()
    };
    assert_eq!(of("a@plain@0"), [("", "tech_expert=1")]);
    assert_eq!(of("a@plain@1"), [("", "emotive=1")]);
    assert_eq!(of("b@mixture@0.2"), [("math_tutor", "analytic=0.8,emotive=0.2")]);
    let half = of("c@pair@0.5");
    assert_eq!(half.iter().map(|(_, blend)| *blend).collect::<BTreeSet<_>>().len(), 1, "{half:?}");
    let seeds: BTreeSet<u64> = made
        .responses
        .iter()
        .filter(|r| r.prompt_id.starts_with("a@pair@") && r.persona == half[0].0)
        .map(|r| r.seed)
        .collect();
    assert!(seeds.len() <= 1, "all weights of a prompt share the draw");

    let record = made.record;
    let blends = record.blends.as_ref().expect("measured");
    assert_eq!(blends.sweeps.iter().map(|s| s.id.as_str()).collect::<Vec<_>>(), ["pair", "plain", "mixture"]);
    assert_eq!(blends.sweeps[2].response.weights, [0.0, 0.2, 0.5, 1.0]);
    assert_eq!((blends.sweeps[2].declared, blends.sweeps[0].declared), (Some(0.2), None));
    for sweep in &blends.sweeps {
        let cost = sweep.cost.as_ref().expect("scored");
        assert_eq!(cost.by_weight.len(), sweep.response.weights.len());
        assert!(cost.from.iter().chain(&cost.to).all(|v| *v < 0.0));
        assert_eq!(cost.by_weight[0].point, 0.0);
    }
    let costs: f64 = blends.sweeps.iter().map(|s| s.cost.as_ref().map_or(0.0, |c| c.cost.point)).sum();
    let mean = record.estimates["blend.cost"].point;
    assert!((mean - costs / 3.0).abs() < 1e-9, "{mean}");
    assert_eq!(record.gates[1].estimate.as_ref().expect("measured").point, mean);
    assert!(blends.sweeps.iter().any(|s| !s.response.apart()), "noise has no voice");
    assert!(
        record.gates[0].because.contains("the instrument may not judge")
            || record.gates[0].because.contains("not told apart")
    );

    persona_eval::report::write_all(&record, &made.responses, folder.path()).expect("the report is written");
    assert!(folder.path().join("blends.png").is_file());
    let summary = std::fs::read_to_string(folder.path().join("summary.md")).expect("the summary");
    assert!(summary.contains("mixture (analytic to emotive): rank correlation"), "{summary}");
    record.write(&folder.path().join("run.json")).expect("writes");
    let read = Record::read(&folder.path().join("run.json")).expect("reads");
    assert_eq!(read.blends.expect("kept").sweeps.len(), 3);
}

#[test]
fn a_stopped_sweep_goes_on_to_the_same_answers() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = swept(folder.path());
    let whole = evaluated(&parts, folder.path(), 2).expect("runs").responses;
    let journal = folder.path().join("run/responses.jsonl");
    let text = std::fs::read_to_string(&journal).expect("the journal");
    let kept: String = text.lines().take(20).flat_map(|line| [line, "\n"]).collect();
    std::fs::write(&journal, kept + &text[..30]).expect("cut off");
    assert_eq!(evaluated(&parts, folder.path(), 2).expect("goes on").responses, whole);

    let mut suite = parts.suite.clone();
    let warning = leave_out_sweeps(&mut suite, "--blend").expect("there are sweeps");
    assert!(warning.what.contains("pair, plain, mixture"), "{}", warning.what);
    assert!(suite.sweeps.is_empty() && suite.gates.is_empty());
}

#[test]
fn sweeps_are_scored_from_lines_in_any_order_all_but_what_blending_costs() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = swept(folder.path());
    let before = evaluated(&parts, folder.path(), 1).expect("runs").record;
    let journal = folder.path().join("run/responses.jsonl");
    let refused = AnswerFile::read(&journal, &parts.suite, &parts.registry, false, false).map(|_| ());
    let error = refused.expect_err("no likelihoods").to_string();
    for part in ["`cost` (blend.cost)", "how likely real text is to a blend", "--without-gate 'cost'"] {
        assert!(error.contains(part), "should say `{part}`:\n{error}");
    }
    assert!(!error.contains("`follows`"), "{error}");

    // Backwards, weights written otherwise, and no blend told: the place in the suite decides.
    let text = std::fs::read_to_string(&journal).expect("the journal");
    let other = text.lines().rev().map(|line| {
        let mut line: Value = serde_json::from_str(line).expect("JSON");
        let id = line["prompt_id"].as_str().expect("an id").replace("@0.5", "@0.50");
        line["prompt_id"] = json!(id);
        line["blend"] = json!("");
        format!("{line}\n")
    });
    let file = folder.path().join("other.jsonl");
    std::fs::write(&file, other.collect::<String>()).expect("writes");
    let suite = without_cost(&parts);
    for file in [&journal, &file] {
        let after = scored(&parts, &suite, folder.path(), file);
        assert_eq!(after.blends, before.blends.clone().map(without_costs));
        assert_eq!(after.gates[0], before.gates[0]);
        assert!(after.warnings.is_empty(), "{:?}", after.warnings);
    }
}

/// What a run says of its blends without what they cost.
fn without_costs(mut figures: BlendFigures) -> BlendFigures {
    figures.cost = None;
    figures.sweeps.iter_mut().for_each(|sweep| sweep.cost = None);
    figures
}

#[test]
fn a_sweep_that_is_not_whole_is_left_out_by_name_and_lines_without_a_place_are_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = swept(folder.path());
    let before = evaluated(&parts, folder.path(), 1).expect("runs").record;
    let text = std::fs::read_to_string(folder.path().join("run/responses.jsonl")).expect("the journal");
    let mut lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let place = |id: &str| lines.iter().position(|l| l["prompt_id"] == id).expect("a line");
    let (gone, plain, mixture) = (place("b@pair@0.5"), place("a@plain@0"), place("a@mixture@0.2"));
    let with = |line: usize, key: &str, value: Value| {
        let mut line = lines[line].clone();
        line[key] = value;
        line
    };
    let strays = [
        with(plain, "prompt_id", json!("a@plan@0")),
        with(plain, "prompt_id", json!("a@plain@0.1")),
        with(plain, "persona", json!("code_expert")),
        with(plain, "sample", json!(1)),
    ];
    let bad = [
        (with(plain, "blend", json!("emotive=1")), "`emotive=1`|a@plain@0|`blend`|expected: `tech_expert=1`"),
        (with(mixture, "blend", json!("analytic")), "`blend`"),
        (with(plain, "prompt_id", json!("a@plain@0.0")), "answered twice|`prompt_id`|the first is in line"),
        (with(plain, "persona", json!("nobody")), "unknown persona `nobody`"),
    ];
    let write = |lines: &[Value]| {
        let file = folder.path().join("answers.jsonl");
        std::fs::write(&file, lines.iter().map(|l| format!("{l}\n")).collect::<String>()).expect("writes");
        file
    };
    let missing = lines.remove(gone);
    lines.extend(strays);
    let file = write(&lines);
    let suite = without_cost(&parts);
    let error =
        AnswerFile::read(&file, &suite, &parts.registry, false, false).map(|_| ()).expect_err("refused");
    assert!(error.to_string().contains("answers of sweeps are missing: pair"), "{error}");
    let ungated = Suite { gates: Vec::new(), ..suite.clone() };
    let record = scored(&parts, &ungated, folder.path(), &file);
    let sweeps = &record.blends.as_ref().expect("two of them").sweeps;
    let expected = before.blends.map(without_costs).expect("measured").sweeps;
    assert_eq!(sweeps[..], expected[1..]);
    let lacking = format!("{}/b@pair@0.5/0", missing["persona"].as_str().expect("an id"));
    for parts in [
        ["the sweep `pair` has 17 of 18 answers and was left out", lacking.as_str()],
        ["the suite has no such sweep, or not with this prompt or weight", "a@plain@0.1, a@plan@0"],
        ["asks this prompt under another tag", "code_expert/a@plain@0"],
        ["for fewer samples", "a@plain@0"],
    ] {
        let told = record.warnings.iter().any(|w| parts.iter().all(|part| w.what.contains(part)));
        assert!(told, "{parts:?} in {:#?}", record.warnings);
    }
    for (line, wanted) in bad {
        let mut all = lines.clone();
        if line["prompt_id"] == "a@plain@0" || line["prompt_id"] == "a@mixture@0.2" {
            all.retain(|l| l["prompt_id"] != line["prompt_id"]);
        }
        all.push(line);
        let number = format!("answers.jsonl:{}", all.len());
        let read = AnswerFile::read(&write(&all), &ungated, &parts.registry, false, false).map(|_| ());
        let error = read.expect_err("refused").to_string();
        for part in wanted.split('|').chain([number.as_str()]) {
            assert!(error.contains(part), "should say `{part}`:\n{error}");
        }
    }
}
