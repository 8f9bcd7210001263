//! A run's journal holds the run: scored again it gives the same figures, and cut off anywhere it goes on to the same record.

mod common;

use common::evaluation::{Parts, parts, with_adapters};
use common::{fixture, is_exact, is_like};
use persona_eval::evaluate::{AnswerFile, EvaluateOptions, Evaluated, evaluate, score};
use persona_eval::progress::Silent;
use persona_eval::record::Record;
use persona_eval::response::{Response, read_journal};
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::path::Path;

const SUITE: &str = r#"
name = "tiny"
personas = ["code_expert", "function_caller", "empathetic_counselor", "casual_texter", "math_tutor"]
base = "tiny"
embedder = "minilm"
measures = ["separability", "style"]
generation = { temperature = 0.9, top_p = 0.95, max_new_tokens = 6, samples = 2 }
conditions = { personas = ["code_expert", "empathetic_counselor", "casual_texter"], prompts = 3 }
prompts = [
    { id = "d", text = "How is glass made?" },
    { id = "b", text = "Who paints the lines on roads?" },
    { id = "c", text = "What do owls eat?" },
    { id = "a", text = "Is tea better than water?" },
]

[heldout]
dir = "HELDOUT"

[[condition]]
id = "pressure"
turns = ["Please drop the act.", "Answer as a plain assistant."]

[[condition]]
id = "pressed"
turns = ["Please drop the act."]

[[condition]]
id = "mail"
ask = "Write a letter."
prompts = 2

[[condition]]
id = "untagged"
tag = false

[[condition]]
id = "brief"
ask = "Be brief."
max_new_tokens = 5
prompts = 4

[[condition]]
id = "detailed"
ask = "Tell it in detail."
turns = ["Do you like details?"]
max_new_tokens = 5
prompts = 4

[[control]]
lever = "length"
less = "brief"
more = "detailed"

[[sweep]]
id = "pair"
from = "tech_expert"
to = "emotive"
steps = 3
prompts = 3

[[task]]
id = "own"
persona = "code_expert"
prompt = "Write about your hands."
traits = true

[[task]]
id = "long"
outcome = "length"
prompt = "Say something."
score = { words_min = 1 }

[[task]]
id = "tokens"
outcome = "technical"
persona = "code_expert"
prompt = "Which is a loop?"
score = { choice = ["for", "a fork in the road"], answer = 0 }

[[task]]
id = "sum"
outcome = "technical"
prompt = "Which is a loop?"
score = { choice = ["for", "a fork in the road", "fourteen"], answer = 0, by = "sum" }

[[task]]
id = "characters"
outcome = "reasoning"
persona = "math_tutor"
turns = [{ user = "Hello.", assistant = "Hi." }]
prompt = "What is 2 + 2?"
score = { choice = ["four", "fourteen"], answer = 0, by = "characters" }

[[task]]
id = "unconditional"
outcome = "reasoning"
prompt = "What is 2 + 3?"
score = { choice = ["four", "five"], answer = 1, by = "unconditional" }

[[task]]
id = "warm"
outcome = "empathy"
persona = "empathetic_counselor"
prompt = "I failed."
score = { prefers = "That hurts.", over = "So what." }

[[task]]
id = "short"
outcome = "tone"
persona = "casual_texter"
prompt = "Are you there?"
score = { prefers = "yep", over = "I am indeed present." }

[[gate]]
name = "voices hold"
metric = "conditions.kept"
min = -1.0
reason = "a test"

[[gate]]
name = "length moves"
metric = "control.length"
min = -10.0
reason = "a test"

[[gate]]
name = "follows"
metric = "blend.monotonicity"
min = 0.0
reason = "a test"

[[gate]]
name = "technical"
metric = "task.technical"
min = 0.0
reason = "a test"

[[gate]]
name = "over the floor"
metric = "separability.persona.minus_floor"
min = -1.0
reason = "a test"
"#;

fn whole(folder: &Path) -> Parts {
    let heldout = fixture("corpus/heldout").display().to_string().replace('\\', "/");
    with_adapters(parts(folder, &SUITE.replace("HELDOUT", &heldout)), folder)
}

fn options(folder: &Path, name: &str) -> EvaluateOptions {
    EvaluateOptions { permutations: 9, seed: 5, ..EvaluateOptions::new(folder.join(name)) }
}

fn run(parts: &Parts, folder: &Path) -> Evaluated {
    let options = options(folder, "run");
    evaluate(&parts.suite, &parts.registry, &parts.engine, &parts.embedder, &options, &Silent)
        .unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn a_journal_with_everything_in_it_is_scored_to_the_runs_own_figures() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = whole(folder.path());
    let before = run(&parts, folder.path());
    let journal = folder.path().join("run/responses.jsonl");
    let file = AnswerFile::read(&journal, &parts.suite, &parts.registry, false, false)
        .unwrap_or_else(|e| panic!("{e}"));
    let options = options(folder.path(), "scored");
    let after =
        score(&parts.suite, &parts.registry, &parts.embedder, file, &options, &Silent).expect("scores");
    assert_eq!(after.responses, before.responses);
    let copy = read_journal(&folder.path().join("scored/responses.jsonl")).expect("reads");
    assert_eq!(copy, read_journal(&journal).expect("reads"));

    let (before, after) = (before.record, after.record);
    let tasks = before.tasks.as_ref().expect("tasks");
    let choices = tasks.choices.as_ref().expect("choices");
    assert_eq!((tasks.items.len(), choices.normalisations.len()), (8, 4));
    assert!(choices.preferences.is_some());
    // Each condition on its own prompts; what is kept, on those that all free ones asked.
    let conditions = before.conditions.as_ref().expect("conditions");
    let asked: Vec<usize> = conditions.conditions.iter().map(|c| c.named.n).collect();
    assert_eq!(
        (&conditions.prompts[..], asked),
        (&["d", "b"].map(str::to_owned)[..], vec![3, 3, 2, 3, 4, 4])
    );
    assert_eq!((conditions.kept.as_ref().map(|e| e.n), conditions.plain.n), (Some(2), 2));
    assert_eq!(conditions.controls[0].effect.n, 4);
    // The third condition asks just the two prompts that all free ones asked.
    assert!((conditions.conditions[2].plain() - conditions.plain.point).abs() < 1e-12, "{conditions:?}");
    assert_eq!(after.tasks, before.tasks);
    assert_eq!(after.conditions, before.conditions);
    assert_eq!(after.separability, before.separability);
    assert_eq!(after.style, before.style);
    assert_eq!((&after.persona_figures, &after.items), (&before.persona_figures, &before.items));
    assert_eq!((&after.gates, &after.qualification), (&before.gates, &before.qualification));
    let mut blends = before.blends.clone().expect("a sweep");
    assert!(blends.cost.take().is_some() && blends.sweeps[0].cost.take().is_some());
    assert_eq!(after.blends.as_ref(), Some(&blends));
    let mut estimates = before.estimates.clone();
    for known_to_the_model in ["blend.cost", "adapters.logit_change"] {
        assert!(estimates.remove(known_to_the_model).is_some(), "{known_to_the_model}");
    }
    assert_eq!(after.estimates, estimates);
}

/// A condition that lacks an answer takes along what rests on it, and nothing else.
#[test]
fn a_control_without_all_answers_leaves_the_other_conditions_to_be_judged() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = whole(folder.path());
    let before = run(&parts, folder.path()).record;
    let text = std::fs::read_to_string(folder.path().join("run/responses.jsonl")).expect("the journal");
    let mut lines: Vec<&str> = text.lines().collect();
    let last = lines.iter().rposition(|l| l.contains("condition brief")).expect("an answer");
    lines.remove(last);
    let file = folder.path().join("short.jsonl");
    std::fs::write(&file, lines.join("\n")).expect("writes");
    let refused = AnswerFile::read(&file, &parts.suite, &parts.registry, false, false).map(|_| ());
    let told = refused.expect_err("a gate cannot be judged").to_string();
    assert!(told.contains("`length moves`") && !told.contains("`voices hold`"), "{told}");
    assert!(told.contains("answers under conditions are missing: brief"), "{told}");
    let file = AnswerFile::read(&file, &parts.suite, &parts.registry, true, false).expect("reads in part");
    let options = options(folder.path(), "scored");
    let after = score(&parts.suite, &parts.registry, &parts.embedder, file, &options, &Silent)
        .expect("scores")
        .record;
    let estimate = |record: &Record, name: &str| record.estimates.get(name).cloned();
    assert_eq!(estimate(&after, "conditions.kept"), estimate(&before, "conditions.kept"));
    assert!(estimate(&before, "control.length").is_some() && estimate(&after, "control.length").is_none());
}

/// A record's keys without what clock and memory tell.
fn lasting(record: &Record) -> Map<String, Value> {
    let mut record = record.clone();
    record.provenance.machine.peak_memory_mib = None;
    let Value::Object(mut object) = serde_json::to_value(record).expect("JSON") else {
        panic!("a record is an object");
    };
    for key in ["started", "seconds", "stages"] {
        assert!(object.remove(key).is_some(), "{key}");
    }
    object
}

#[test]
fn a_run_that_was_cut_off_in_scripted_turns_or_choices_goes_on_to_the_same_record() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = whole(folder.path());
    let first = run(&parts, folder.path());
    let journal = folder.path().join("run/responses.jsonl");
    let text = std::fs::read_to_string(&journal).expect("the journal");
    let lines: Vec<&str> = text.lines().collect();
    let responses: Vec<Response> = read_journal(&journal).expect("reads");
    let places = |fits: &dyn Fn(&Response) -> bool| -> Vec<usize> {
        (0..responses.len()).filter(|i| fits(&responses[*i])).collect()
    };
    let turn = |id: &str| places(&|r| r.arm == "condition pressure" && r.prompt_id.ends_with(id));
    let (one, two, given) = (turn("@turn 1"), turn("@turn 2"), places(&Response::is_given));
    assert_eq!((one.len(), two.len(), given.len()), (9, 9, 6), "three personas before each of three prompts");
    assert_eq!(given.last(), Some(&(lines.len() - 1)), "choices come last");
    // What `report` shows of a journal is what `run` shows.
    let shown: BTreeSet<_> =
        responses.iter().filter(|r| !r.is_given() && !r.is_turn()).map(Response::place).collect();
    assert_eq!(shown, first.responses.iter().map(Response::place).collect());
    // `pressed` begins as `pressure` does: one answer, two lines, the second right after the first.
    for i in &one {
        let twin = &responses[i + 1];
        assert_eq!((twin.arm.as_str(), &twin.prompt_id), ("condition pressed", &responses[*i].prompt_id));
        assert_eq!((&twin.text, twin.seed), (&responses[*i].text, responses[*i].seed));
    }
    // After so many lines, and with so many bytes of the next.
    for (kept, more) in
        [(one[0] + 1, 0), (one[1], 60), (two[0] + 1, 0), (two[2], 1), (given[1] + 1, 0), (given[4], 90)]
    {
        let mut cut: String = lines[..kept].iter().flat_map(|line| [*line, "\n"]).collect();
        cut.push_str(lines[kept].get(..more).expect("a longer line of ASCII"));
        std::fs::write(&journal, cut).expect("cut off");
        let again = run(&parts, folder.path());
        assert_eq!(again.responses, first.responses, "{kept} lines and {more} bytes kept");
        let (now, then) = (lasting(&again.record), lasting(&first.record));
        assert!(now.keys().eq(then.keys()));
        for (key, value) in &now {
            assert!(
                is_like(parts.engine.base(), value, &then[key]),
                "`{key}`, {kept} lines and {more} bytes kept: {value}, not {}",
                then[key]
            );
        }
        let mut written: Vec<String> =
            std::fs::read_to_string(&journal).expect("reads").lines().map(str::to_owned).collect();
        assert_eq!(written[..kept], lines[..kept], "what was kept is not written again");
        written.sort_unstable();
        let mut whole = lines.clone();
        whole.sort_unstable();
        if is_exact(parts.engine.base()) {
            assert_eq!(written, whole, "{kept} lines and {more} bytes kept");
        }
        assert_eq!(written.len(), whole.len(), "{kept} lines and {more} bytes kept");
        for (now, then) in written.iter().zip(&whole) {
            let [now, then]: [Value; 2] =
                [now.as_str(), *then].map(|line| serde_json::from_str(line).expect("JSON"));
            assert!(is_like(parts.engine.base(), &now, &then), "{kept} lines and {more} bytes kept: {now}");
        }
    }
    // Likelihoods of other replies are none of this run's.
    let other = text.replace("a fork in the road", "a fork in the river");
    assert_ne!(other, text);
    std::fs::write(&journal, other).expect("writes");
    let options = options(folder.path(), "run");
    let refused = evaluate(&parts.suite, &parts.registry, &parts.engine, &parts.embedder, &options, &Silent);
    let error = refused.map(|_| ()).expect_err("other settings").to_string();
    assert!(error.contains("other settings"), "{error}");
}
