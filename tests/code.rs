//! Items whose answers are code: run, scored, and told apart from those that could not be run.

mod common;

use common::evaluation::{Parts, parts};
use common::fixture;
use persona_eval::evaluate::{AnswerFile, CodeRunner, EvaluateOptions, Evaluated, check_gates, score};
use persona_eval::progress::Silent;
use persona_eval::record::{Record, TaskFigures, Verdict};
use persona_eval::report;
use serde_json::json;
use std::path::Path;

const SUITE: &str = r#"
name = "code"
personas = ["code_expert", "poet"]
base = "tiny"
embedder = "minilm"

[heldout]
dir = "HELDOUT"

[[task]]
id = "right"
outcome = "technical"
prompt = "Write a Python function `double(n)`."
score = { python = "assert double(2) == 4" }

[[task]]
id = "wrong"
outcome = "technical"
prompt = "Write a Python function `double(n)`, once more."
score = { python = "assert double(1) == 2\nassert double(2) == 4" }

[[task]]
id = "goes-on"
outcome = "technical"
prompt = "Go on: def half(n):"
score = { python = "assert half(3) == 1", before = "import math\ndef half(n):\n", seconds = 5 }

[[task]]
id = "endless"
outcome = "technical"
prompt = "Write a Python function `wait()`."
score = { python = "wait()", seconds = 0.5 }

[[task]]
id = "text"
outcome = "ethics"
prompt = "May one lie?"
score = { words_min = 1 }

[[gate]]
name = "technical"
metric = "task.technical"
min = 0.01
reason = "a test"

[[gate]]
name = "ethics"
metric = "task.ethics"
min = 0.5
reason = "a test"

[[gate]]
name = "all"
metric = "task.score"
min = 0.01
reason = "a test"
"#;

fn prepared(folder: &Path) -> (Parts, AnswerFile) {
    let heldout = fixture("corpus/heldout").display().to_string().replace('\\', "/");
    let parts = parts(folder, &SUITE.replace("HELDOUT", &heldout));
    let answers = [
        ("right", "Sure:\n\n```python\ndef double(n):\n    return 2 * n\n```\nIt adds n to itself."),
        ("wrong", "def double(n):\n    return n + 1"),
        ("goes-on", "    return math.floor(n / 2)\n"),
        ("endless", "```\ndef wait():\n    while True: pass\n```"),
        ("text", "No."),
    ];
    let lines = answers.map(|(id, text)| {
        format!("{}\n", json!({"persona": "", "prompt_id": id, "sample": 0, "text": text}))
    });
    let file = folder.join("answers.jsonl");
    std::fs::write(&file, lines.concat()).expect("writes");
    let read = AnswerFile::read(&file, &parts.suite, &parts.registry, false, false)
        .unwrap_or_else(|e| panic!("{e}"));
    (parts, read)
}

fn scored(folder: &Path, code: impl Fn(&Parts) -> CodeRunner) -> Evaluated {
    let (parts, file) = prepared(folder);
    let options = EvaluateOptions { code: code(&parts), ..EvaluateOptions::new(folder.join("run")) };
    score(&parts.suite, &parts.registry, &parts.embedder, file, &options, &Silent).expect("scores")
}

fn tasks(record: &Record) -> &TaskFigures {
    record.tasks.as_ref().expect("tasks")
}

fn gate<'a>(record: &'a Record, name: &str) -> (Verdict, &'a str) {
    let gate = record.gates.iter().find(|g| g.name == name).expect("a gate");
    (gate.verdict, &gate.because)
}

#[cfg(target_os = "linux")]
#[test]
fn code_is_run_and_scored_with_its_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let record = scored(folder.path(), |parts| CodeRunner::of(&parts.suite, false)).record;
    let found: Vec<(&str, f64, &str)> =
        tasks(&record).items.iter().map(|i| (i.id.as_str(), i.score, i.why.as_str())).collect();
    assert_eq!(
        found,
        [
            ("right", 1.0, ""),
            ("wrong", 0.0, "AssertionError, at `assert double(2) == 4`"),
            ("goes-on", 1.0, ""),
            ("endless", 0.0, "stopped after 0.5 s"),
            ("text", 1.0, ""),
        ]
    );
    assert_eq!(tasks(&record).score.as_ref().map(|e| e.point), Some(0.6));
    assert!(tasks(&record).not_run.is_empty() && record.warnings.is_empty(), "{:?}", record.warnings);
    let protection = record.provenance.sandbox.as_ref().expect("told");
    assert!(protection.missing().is_empty() && protection.python.starts_with("3."), "{protection}");
    let page = report::html(&record, &[]).expect("renders");
    assert!(
        page.contains("Code of answers") && page.contains("landlock (ABI"),
        "the page tells what held it"
    );
}

#[test]
fn what_could_not_be_run_has_no_score_and_is_told_everywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let off = |_: &Parts| CodeRunner::Off("`python3` cannot be started".to_owned());
    let done = scored(folder.path(), off);
    let record = &done.record;
    let not_run: Vec<&str> = tasks(record).not_run.iter().map(|t| t.id.as_str()).collect();
    assert_eq!(not_run, ["right", "wrong", "goes-on", "endless"]);
    assert!(tasks(record).not_run.iter().all(|t| t.why == "`python3` cannot be started"));
    assert_eq!(tasks(record).items.len(), 1);
    assert_eq!(tasks(record).score.as_ref().map(|e| (e.point, e.n)), Some((1.0, 1)), "left out of the mean");
    assert!(!record.estimates.contains_key("task.technical") && record.provenance.sandbox.is_none());
    let (verdict, because) = gate(record, "technical");
    assert_eq!(verdict, Verdict::Inconclusive);
    assert_eq!(because, "4 of its 4 items were not run (right, wrong, goes-on, endless)");
    assert_eq!(gate(record, "all").0, Verdict::Inconclusive);
    assert!(gate(record, "all").1.starts_with("4 of its 5 items were not run"), "{}", gate(record, "all").1);
    assert!(!gate(record, "ethics").1.contains("not run"));
    let warning = record.warnings.iter().find(|w| w.what.contains("was not run")).expect("a warning");
    assert_eq!(
        warning.what,
        "the code of right, wrong, goes-on, endless was not run: `python3` cannot be started"
    );
    let page = report::html(record, &done.responses).expect("renders");
    assert!(page.contains("Items that were not run") && page.contains("May one lie?"));
    let summary = report::markdown(record);
    assert!(summary.contains("**Not run, and in no mean:**\n\n- right: "), "{summary}");
    // The record reads again, and so does one from before there were such items.
    let path = folder.path().join("run.json");
    record.write(&path).expect("writes");
    assert_eq!(&Record::read(&path).expect("reads"), record);
    let mut old = serde_json::to_value(record).expect("plain data");
    old["tasks"].as_object_mut().expect("a table").remove("not_run");
    std::fs::write(&path, old.to_string()).expect("writes");
    assert!(tasks(&Record::read(&path).expect("reads")).not_run.is_empty());
}

#[test]
fn where_no_item_could_be_run_there_is_no_mean() {
    let folder = tempfile::tempdir().expect("a folder");
    let (mut parts, _) = prepared(folder.path());
    parts.suite.tasks.retain(|t| t.runs_code());
    parts.suite.gates.clear();
    let path = folder.path().join("answers.jsonl");
    let text = std::fs::read_to_string(&path).expect("reads");
    let kept: Vec<&str> = text.lines().filter(|l| !l.contains("\"text\",\"sample\"")).collect();
    std::fs::write(&path, kept.join("\n") + "\n").expect("writes");
    let file = AnswerFile::read(&path, &parts.suite, &parts.registry, true, false).expect("reads");
    let options = EvaluateOptions::new(folder.path().join("run"));
    let done =
        score(&parts.suite, &parts.registry, &parts.embedder, file, &options, &Silent).expect("scores");
    assert!(tasks(&done.record).score.is_none() && tasks(&done.record).items.is_empty());
    assert_eq!(tasks(&done.record).not_run.len(), 4);
    assert!(report::html(&done.record, &[]).expect("renders").contains("No item could be run"));
}

#[test]
fn a_run_refuses_gates_that_hang_on_code_alone_where_none_is_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let (parts, _) = prepared(folder.path());
    let options = EvaluateOptions {
        code: CodeRunner::Off("`python3` cannot be started".to_owned()),
        ..EvaluateOptions::new(folder.path().join("run"))
    };
    let refused = check_gates(&parts.suite, &parts.registry, &options).expect_err("a gate").to_string();
    assert!(refused.contains("`technical` (task.technical): all of its tasks run code"), "{refused}");
    assert!(refused.contains("`python3` cannot be started") && !refused.contains("`all`"), "{refused}");
}
