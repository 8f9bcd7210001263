//! Answers that something else made: judged as a run's own, and nothing left out in silence.

mod common;

use common::evaluation::{Parts, parts};
use common::{fixture, model, program};
use persona_eval::blend::Blend;
use persona_eval::compare::{changed_setup, said};
use persona_eval::evaluate::{AnswerFile, EvaluateOptions, Evaluated, evaluate, leave_out_gates, score};
use persona_eval::progress::Silent;
use persona_eval::record::{Record, Verdict};
use persona_eval::response::{Response, read_journal};
use persona_eval::stats::mean;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const SUITE: &str = r#"
name = "tiny"
personas = ["poet", "code_expert", "stoic_sage", "songwriter"]
base = "tiny"
embedder = "minilm"
measures = ["separability", "style"]
generation = { temperature = 0.9, top_p = 0.95, max_new_tokens = 6, samples = 1 }
prompts = [{ id = "a", text = "How is glass made?" }, { id = "b", text = "Who paints the lines on roads?" },
           { id = "c", text = "Where do old trams go?" }, { id = "d", text = "What is a keel for?" }]

[heldout]
dir = "HELDOUT"

[[task]]
id = "own-poet"
persona = "poet"
prompt = "Write about your hands."
traits = true

[[task]]
id = "long"
outcome = "length"
prompt = "Say something."
score = { words_min = 1 }

[[task]]
id = "pick"
outcome = "technical"
prompt = "Which is a loop?"
score = { choice = ["for", "four"], answer = 0 }

GATES
"#;

const FLOOR_GATE: &str = "[[gate]]\nname = \"over the floor\"\nmetric = \"separability.persona.minus_floor\"\n\
                          min = 0.0\nreason = \"the adapters must add something\"\n";

fn suite(gates: &str) -> String {
    let heldout = fixture("corpus/heldout").display().to_string().replace('\\', "/");
    SUITE.replace("HELDOUT", &heldout).replace("GATES", gates)
}

fn gate(metric: &str) -> String {
    FLOOR_GATE.replace("separability.persona.minus_floor", metric)
}

fn options(folder: PathBuf) -> EvaluateOptions {
    EvaluateOptions { blend: Some(Blend::base()), permutations: 49, seed: 3, ..EvaluateOptions::new(folder) }
}

/// Texts with a voice for each persona; of the floor, the same for all.
fn lines() -> Vec<Value> {
    let voices = [
        ("poet", "o silver dusk, o breath of rain upon the quiet"),
        ("code_expert", "let x = 1; // compile, test, return the iterator of"),
        ("stoic_sage", "endure; what is not yours to govern leave alone:"),
        ("songwriter", "la la, hey baby, sing the chorus loud about"),
    ];
    let topics = ["furnace glass", "white road paint", "rusting trams", "a keel in the water"];
    let mut lines = Vec::new();
    for (prompt, topic) in ["a", "b", "c", "d"].iter().zip(topics) {
        for (persona, voice) in voices {
            let text = format!("{voice} {topic}");
            lines.push(json!({"persona": persona, "prompt_id": prompt, "sample": 0, "text": text}));
        }
    }
    lines
}

fn write(folder: &Path, lines: &[Value]) -> PathBuf {
    let file = folder.join("answers.jsonl");
    let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
    std::fs::write(&file, text).expect("writes");
    file
}

fn read(parts: &Parts, file: &Path) -> persona_eval::Result<AnswerFile> {
    AnswerFile::read(file, &parts.suite, &parts.registry, false, false)
}

fn scored(parts: &Parts, folder: &Path, file: &Path) -> Evaluated {
    let file = read(parts, file).unwrap_or_else(|e| panic!("{e}"));
    let options = options(folder.join("scored"));
    score(&parts.suite, &parts.registry, &parts.embedder, file, &options, &Silent).expect("scores")
}

fn warned(record: &Record, parts: &[&str]) {
    let fits = |w: &persona_eval::record::Warning| parts.iter().all(|p| w.what.contains(p));
    assert!(record.warnings.iter().any(fits), "{parts:?} in {:#?}", record.warnings);
}

#[test]
fn a_runs_journal_scored_again_gives_the_runs_figures() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), &suite(FLOOR_GATE));
    let run = options(folder.path().join("run"));
    let done = evaluate(&parts.suite, &parts.registry, &parts.engine, &parts.embedder, &run, &Silent);
    let (before, journal) = (done.expect("runs").record, run.folder.join("responses.jsonl"));
    let again = scored(&parts, folder.path(), &journal);
    let after = &again.record;
    assert_eq!(after.separability, before.separability);
    assert!(after.separability.as_ref().is_some_and(|s| s.floor.is_some() && s.ceiling.is_some()));
    assert_eq!(after.style, before.style);
    assert_eq!((&after.persona_figures, &after.items), (&before.persona_figures, &before.items));
    assert_eq!((&after.gates, &after.qualification), (&before.gates, &before.qualification));
    assert_eq!(after.tasks, before.tasks);
    assert_eq!(after.tasks.as_ref().map(|t| t.items.len()), Some(3));
    let from = &after.provenance;
    assert_eq!(
        from.base,
        before.provenance.files.iter().find(|f| f.role == "base").expect("a base").sha256[..12]
    );
    assert!(from.arithmetic.contains("f32") && from.adapters.is_empty(), "{}", from.arithmetic);
    assert!(from.files.iter().any(|f| f.role == "answers" && f.name == "responses.jsonl"));
    // The same weights and engine are no change, though a file names them otherwise.
    assert_eq!(changed_setup(&before.provenance, from), Vec::<String>::new());
    let copy = folder.path().join("scored/responses.jsonl");
    let lines = read_journal(&copy).expect("reads");
    assert_eq!(lines, read_journal(&journal).expect("reads"));
    // What was not said is no answer: neither of the page nor of a baseline.
    let given: Vec<_> = lines.iter().filter(|r| r.is_given()).map(|r| r.prompt_id.as_str()).collect();
    assert_eq!(given, ["pick"]);
    assert_eq!(said(&lines), said(&again.responses));
    assert_eq!(again.responses.len() + given.len(), lines.len());
}

fn option(log_likelihood: f64) -> Value {
    json!({"log_likelihood": log_likelihood, "tokens": 2, "unconditional": -9.0})
}

/// A line that answers the choice `pick` or the preference `lean`.
fn given(prompt: &str, persona: &str, likelihoods: Value) -> Value {
    json!({"persona": persona, "prompt_id": prompt, "sample": 0, "text": "", "likelihoods": likelihoods})
}

const LEAN: &str = "[[task]]\nid = \"lean\"\noutcome = \"tone\"\npersona = \"poet\"\nprompt = \"How was it?\"\n\
                    score = { prefers = \"Dusk.\", over = \"Fine.\" }\n\
                    [[task]]\nid = \"by-characters\"\noutcome = \"technical\"\nprompt = \"Which ends?\"\n\
                    score = { choice = [\"a break\", \"a\"], answer = 0, by = \"characters\" }\n";

#[test]
fn choices_and_preferences_of_other_systems_are_judged_by_their_likelihoods() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), &suite(&format!("{LEAN}{}", gate("task.technical"))));
    let pick = given("pick", "", json!({"options": [option(-2.0), option(-3.0)]}));
    let lean = json!({"preference": {"persona": [-10.0, -14.0], "base": [-11.0, -13.0]}});
    let mut all = lines();
    // 7 characters make the longer option the likelier one; its tokens nobody counted.
    let bare = json!({"options": [{"log_likelihood": -5.0}, {"log_likelihood": -1.0}]});
    all.extend([pick, given("lean", "poet", lean), given("by-characters", "", bare)]);
    let record = scored(&parts, folder.path(), &write(folder.path(), &all)).record;
    let tasks = record.tasks.as_ref().expect("tasks");
    let told: Vec<_> = tasks.items.iter().map(|i| (i.id.as_str(), i.score, i.answer.as_str())).collect();
    assert_eq!(
        told,
        [
            ("pick", 1.0, "→ for (-1.00)\nfour (-1.50)"),
            ("lean", 1.0, "→ Dusk. (+2.00 nats)"),
            ("by-characters", 1.0, "→ a break (-0.71)\na (-1.00)"),
        ]
    );
    let by = &tasks.choices.as_ref().expect("choices").normalisations;
    let names: Vec<_> = by.iter().map(|n| (n.normalisation.as_str(), n.used, n.right.point)).collect();
    assert_eq!(names, [("sum", 0, 0.5), ("characters", 1, 1.0)]);
    warned(&record, &["by `tokens` are left out: by-characters"]);
    warned(&record, &["by `unconditional` are left out: by-characters"]);
    assert_eq!(record.gates.len(), 1, "the gate on choices is judged");
}

#[test]
fn likelihoods_that_do_not_fit_the_suite_are_errors_with_their_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), &suite(LEAN));
    let nats = json!([-1.0, -2.0]);
    let pair = |texts: Value| json!({"preference": {"texts": texts, "persona": nats, "base": nats}});
    let text = |text: &str| json!({"text": text, "log_likelihood": -1.0, "tokens": 1});
    for (line, wanted) in [
        (
            given("pick", "", json!({"options": [option(-1.0)]})),
            "1 options|`likelihoods.options`|2, in the suite's order: for | four",
        ),
        (
            given("pick", "", json!({"options": [option(-1.0), option(0.5)]})),
            "`likelihoods.options[1].log_likelihood`|at most 0",
        ),
        (
            given("pick", "", json!({"options": [option(-1.0), {"log_likelihood": -1.0}]})),
            "no `tokens`|options[1].tokens|scores this task by `tokens`",
        ),
        (
            given("pick", "", json!({"options": [text("for"), text("fore")]})),
            "of `fore`|options[1].text`|expected: `four`",
        ),
        (given("pick", "", pair(Value::Null)), "a choice, and no preference|likelihoods.preference"),
        (
            given("lean", "poet", json!({"options": [option(-1.0), option(-1.0)]})),
            "a preference, and no choice|likelihoods.options",
        ),
        (given("lean", "poet", pair(json!(["Dusk.", "Fin."]))), "of `Fin.`|preference.texts[1]|`Fine.`"),
    ] {
        let mut all = lines();
        all.push(line);
        let error = read(&parts, &write(folder.path(), &all)).map(|_| ()).expect_err("refused");
        assert_eq!(error.kind(), persona_eval::error::Kind::Input);
        for part in wanted.split('|').chain(["answers.jsonl:17"]) {
            assert!(error.to_string().contains(part), "should say `{part}`:\n{error}");
        }
    }
    let mut all = lines();
    all.push(given("lean", "songwriter", pair(Value::Null)));
    let done = scored(&parts, folder.path(), &write(folder.path(), &all));
    warned(&done.record, &["asks this task of another persona", "songwriter/lean"]);
}

#[test]
fn four_keys_a_line_are_enough_and_what_they_do_not_say_is_unknown() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), &suite(&gate("separability.persona.balanced_accuracy")));
    let record = scored(&parts, folder.path(), &write(folder.path(), &lines())).record;
    let figures = record.separability.expect("measured");
    assert!(figures.persona.balanced_accuracy.point > 0.9 && figures.floor.is_none());
    assert_eq!((record.provenance.base.as_str(), record.personas[0].blend.as_str()), ("unknown", "unknown"));
    assert!(record.tasks.is_none() && record.batch_identity.is_none());
    assert_eq!(record.gates.len(), 1);
}

#[test]
fn gates_that_a_file_cannot_decide_are_refused_or_left_out_by_one_flag_and_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut parts = parts(folder.path(), &suite(FLOOR_GATE));
    let file = write(folder.path(), &lines());
    let error = read(&parts, &file).err().expect("no floor").to_string();
    assert!(error.contains("--partial") && error.contains("--without-gate 'over the floor'"), "{error}");
    let partial = AnswerFile::read(&file, &parts.suite, &parts.registry, true, false).expect("reads");
    let warning = partial.leave_out_undecided(&mut parts.suite).expect("a gate is left out");
    assert!(
        warning.what.contains("(--partial): over the floor (separability.persona.minus_floor)"),
        "{}",
        warning.what
    );
    assert!(parts.suite.gates.is_empty());
    assert!(partial.leave_out_undecided(&mut parts.suite).is_none());
}

#[test]
fn with_missing_answers_every_persona_still_counts_alike() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), &suite(""));
    let mut all = lines();
    // The songwriter answers two prompts of four, and with another's words on one of them.
    all.retain(|l| {
        l["persona"] != "songwriter" || ["a", "b"].contains(&l["prompt_id"].as_str().unwrap_or(""))
    });
    all[3]["text"] = json!("let x = 1; // compile, test, return the iterator of furnace");
    all.reverse();
    let record = scored(&parts, folder.path(), &write(folder.path(), &all)).record;
    warned(&record, &["2 of 16 answers are missing", "songwriter/c, songwriter/d"]);
    let persona = &record.separability.as_ref().expect("measured").persona;
    let mut named: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    let mut shown: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for item in &record.items {
        named.entry(&item.persona).or_default().push(item.named.expect("measured"));
        shown.entry(&item.persona).or_default().push(item.traits.expect("traits"));
    }
    let balanced = |of: &BTreeMap<&str, Vec<f64>>| mean(&of.values().map(|v| mean(v)).collect::<Vec<_>>());
    let accuracy = &persona.balanced_accuracy;
    assert!((accuracy.point - balanced(&named)).abs() < 1e-12, "{accuracy:?}");
    assert!((mean(&persona.prompt_scores) - accuracy.point).abs() < 1e-12);
    assert!(accuracy.low <= accuracy.point && accuracy.point <= accuracy.high);
    assert_eq!(named["songwriter"].len(), 2);
    let rate = &record.style.as_ref().expect("measured").hit_rate;
    // Items keep six digits.
    assert!((rate.point - balanced(&shown)).abs() < 1e-6, "{rate:?}");
    let control = record.qualification.iter().find(|q| q.name == "missing answers tell nothing");
    assert!(control.is_some_and(|q| q.passed), "{:?}", record.qualification);
}

#[test]
fn what_is_left_out_is_counted_and_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), &suite(""));
    let mut all = lines();
    let mut add = |line: Value| all.push(line);
    let line = |persona: &str, prompt: &str, sample: usize, arm: &str| json!({"persona": persona, "prompt_id": prompt, "sample": sample, "text": "x y", "arm": arm});
    add(line("historian", "a", 0, "trained"));
    add(line("poet", "zz", 0, "trained"));
    add(line("", "pick", 0, "trained"));
    add(line("poet", "long", 0, "trained"));
    add(line("", "long", 1, "trained"));
    add(line("poet", "own-poet", 0, "floor"));
    add(line("poet", "own-poet", 0, "trained"));
    add(line("poet", "a", 0, "floor"));
    add(line("poet", "a", 9, "floor"));
    let file = write(folder.path(), &all);
    let text = std::fs::read_to_string(&file).expect("reads");
    std::fs::write(&file, format!("\u{feff}{}{{\"persona\": \"po", text.replace('\n', "\r\n\r\n")))
        .expect("writes");
    let done = scored(&parts, folder.path(), &file);
    for wanted in [
        ["line 33 was left out: their persona is not in the suite", "historian"],
        ["the suite asks no such prompt", "zz"],
        ["choices are scored by the model's likelihoods", "pick"],
        ["asks this task of another persona", "poet/long"],
        ["is answered once", "/long"],
        ["the floor is not measured on tasks", "poet/own-poet"],
        ["the floor's answers are not complete", "poet/a"],
        ["a floor answer without the trained one", "poet/a"],
        ["the last line (51) is cut short", ""],
        ["1 tasks have no answer in the file", "long"],
        ["1 choices were not scored", "pick"],
    ] {
        warned(&done.record, &wanted);
    }
    assert_eq!(done.responses.len(), 17);
    let kept = read_journal(&folder.path().join("scored/responses.jsonl")).expect("reads");
    let kept: Vec<Response> = kept.into_iter().filter(|r| r.prompt_id != "own-poet").collect();
    assert_eq!(kept.len(), 16, "the run's folder holds what was judged");
    assert_eq!(done.record.tasks.expect("one task").items.len(), 1);
}

#[test]
fn a_prompt_of_one_persona_is_no_evidence() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), &suite(""));
    let mut all = lines();
    all.retain(|l| l["prompt_id"] != "d" || l["persona"] == "poet");
    let record = scored(&parts, folder.path(), &write(folder.path(), &all)).record;
    warned(&record, &["one persona alone answered the prompt", "d"]);
    warned(&record, &["1 of 4 shared prompts have no answer", "d"]);
    assert_eq!(record.separability.expect("measured").persona.prompts, ["a", "b", "c"]);
}

#[test]
fn bad_input_is_an_error_that_names_the_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let parts = parts(folder.path(), &suite(""));
    let refused = |change: &dyn Fn(&mut Vec<Value>), wanted: &[&str]| {
        let mut all = lines();
        change(&mut all);
        let error = read(&parts, &write(folder.path(), &all)).map(|_| ()).expect_err("refused");
        assert_eq!(error.kind(), persona_eval::error::Kind::Input);
        for part in wanted {
            assert!(error.to_string().contains(part), "should say `{part}`:\n{error}");
        }
    };
    refused(&|all| all[2]["persona"] = json!("poeet"), &["answers.jsonl:3 `persona`", "did you mean: poet?"]);
    refused(&|all| all[2]["persona"] = json!(""), &["answers.jsonl:3", "unknown persona ``"]);
    refused(&|all| all[2]["arm"] = json!("flor"), &["answers.jsonl:3 `arm`", "did you mean: floor?"]);
    refused(&|all| all.push(all[4].clone()), &["answers.jsonl:17", "occurs twice", "line 5"]);
    refused(&|all| all.clear(), &["holds no answer", "answers.jsonl"]);
    refused(
        &|all| all.iter_mut().for_each(|l| l["prompt_id"] = json!(format!("z{}", l["prompt_id"]))),
        &["none of the 16 lines", "16 lines were left out"],
    );
    refused(
        &|all| all.retain(|l| l["persona"] != "poet" || l["prompt_id"] == "a"),
        &["1 personas have answers on fewer than two shared prompts: poet"],
    );
    refused(&|all| all.retain(|l| l["persona"] != "poet"), &["fewer than two", "poet"]);
    let apart = |l: &Value| {
        let first = ["a", "b"].contains(&l["prompt_id"].as_str().unwrap_or(""));
        first == ["poet", "songwriter"].contains(&l["persona"].as_str().unwrap_or(""))
    };
    refused(&|all| all.retain(apart), &["have no shared prompt in common"]);
    let here = read(&parts, folder.path()).map(|_| ()).expect_err("a folder");
    assert_eq!(here.kind(), persona_eval::error::Kind::Input);
}

#[test]
fn a_gate_that_the_file_cannot_decide_is_refused_before_work_or_left_out_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = write(folder.path(), &lines());
    for (metric, wanted) in [
        ("separability.persona.minus_floor", "the file has no answers of the floor"),
        ("style.minus_floor", "the file has no answers of the floor"),
        ("task.own", "1 of its 1 tasks have no answer (own-poet)"),
        ("task.technical", "1 are choices, which need the model's likelihoods"),
        ("separability.group.leave_persona_out", "has one persona"),
    ] {
        let mut parts = parts(folder.path(), &suite(&gate(metric)));
        let error = read(&parts, &file).map(|_| ()).expect_err("refused").to_string();
        for part in ["`over the floor`", metric, wanted, "--without-gate 'over the floor'"] {
            assert!(error.contains(part), "should say `{part}`:\n{error}");
        }
        let told = leave_out_gates(&mut parts.suite, &["over the floor".into()]).expect("its name");
        assert!(told.is_some_and(|w| w.what.contains("over the floor") && w.what.contains(metric)));
        assert!(read(&parts, &file).is_ok());
    }
    let mut parts = parts(folder.path(), &suite(FLOOR_GATE));
    let error =
        leave_out_gates(&mut parts.suite, &["over the flor".into()]).expect_err("unknown").to_string();
    assert!(error.contains("--without-gate") && error.contains("did you mean: over the floor?"), "{error}");
    let mut half = lines();
    half.push(json!({"persona": "poet", "prompt_id": "a", "sample": 0, "text": "t", "arm": "floor"}));
    let error = read(&parts, &write(folder.path(), &half)).map(|_| ()).expect_err("refused").to_string();
    assert!(error.contains("15 of 16 answers of the floor are missing (code_expert/a/0"), "{error}");
}

#[test]
fn a_run_without_what_a_gate_needs_stops_before_it_generates() {
    let folder = tempfile::tempdir().expect("a folder");
    for (gates, change, wanted) in [
        (
            FLOOR_GATE.to_owned(),
            EvaluateOptions { floor: false, ..options(folder.path().join("r")) },
            "--no-floor",
        ),
        (
            gate("task.technical"),
            EvaluateOptions { limit: Some(2), ..options(folder.path().join("r")) },
            "--limit",
        ),
    ] {
        let parts = parts(folder.path(), &suite(&gates));
        let error = evaluate(&parts.suite, &parts.registry, &parts.engine, &parts.embedder, &change, &Silent)
            .map(|_| ())
            .expect_err("refused")
            .to_string();
        assert!(error.contains("`over the floor`") && error.contains(wanted), "{error}");
        assert!(!folder.path().join("r").exists(), "nothing was begun");
    }
}

/// The program's suite: its models must be in the catalogue.
fn catalogued(folder: &Path, gates: &str) -> String {
    let text = suite(gates).replace("\"tiny\"\nembedder", "\"smollm2-135m-instruct\"\nembedder");
    let file = folder.join("suite.toml");
    std::fs::write(&file, text.replace("\"minilm\"", "\"all-minilm-l6-v2\"")).expect("writes");
    file.display().to_string()
}

#[test]
fn the_program_scores_prints_and_exits_as_run_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let embedder = model("all-minilm-l6-v2").dir.display().to_string();
    let out = folder.path().join("runs").display().to_string();
    let file = write(folder.path(), &lines()).display().to_string();
    let run = |suite: &str, more: &[&str]| {
        let args = ["score", suite, file.as_str(), "--embedder", &embedder, "--out", &out];
        program::run(&[&args[..], more].concat())
    };
    let gates =
        format!("{}{}", FLOOR_GATE, gate("separability.persona.balanced_accuracy").replace("over", "under"));
    let suite = catalogued(folder.path(), &gates);
    let (code, told, err) = run(&suite, &[]);
    assert_eq!((code, told.as_str()), (2, ""), "{err}");
    assert!(err.contains("over the floor") && !Path::new(&out).exists(), "{err}");
    let (code, told, err) = run(&suite, &["--without-gate", "over the floor"]);
    assert_eq!(code, 0, "{err}");
    assert!(told.contains("persona named right") && told.contains("under the floor"), "{told}");
    assert!(err.contains("left out (--without-gate): over the floor"), "{err}");
    let runs: Vec<_> = std::fs::read_dir(&out).expect("a run").flatten().map(|e| e.path()).collect();
    assert_eq!(runs.len(), 1);
    for name in ["run.json", "responses.jsonl", "report.html", "summary.md", "junit.xml", "map.png"] {
        assert!(runs[0].join(name).exists(), "{name}");
    }
    assert_eq!(Record::read(&runs[0]).expect("a record").gates[0].name, "under the floor");
    let failing = catalogued(folder.path(), &gate("style.hit_rate").replace("min = 0.0", "min = 1.0"));
    let (code, told, _) = run(&failing, &["--json"]);
    assert_eq!(code, 1, "{told}");
    assert_eq!(serde_json::from_str::<Record>(&told).expect("JSON").verdict, Verdict::Fail);
    // A page without its answers would look whole.
    let journal = runs[0].join("responses.jsonl");
    std::fs::remove_file(&journal).expect("removes");
    let (code, _, err) = program::run(&["report", &runs[0].display().to_string()]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("answers are not there") && err.contains("responses.jsonl"), "{err}");
    std::fs::write(&journal, "").expect("writes");
    std::fs::remove_file(runs[0].join("run.json")).expect("removes");
    let (code, _, err) = program::run(&["report", &runs[0].display().to_string()]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("not finished") && err.contains("--resume"), "{err}");
}
