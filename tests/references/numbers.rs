//! The number that an answer ends in, against lm-evaluation-harness on all solutions of GSM8K's test.

use super::{committed, lines};
use persona_eval::scorers::answer_number;
use regex::Regex;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Why a difference is meant, as the documentation of `answer_number` tells it; none where it is not.
fn reason(text: &str, ours: Option<f64>, theirs: Option<f64>) -> Option<&'static str> {
    // The package takes `000` of `$118 000` for a number of its own.
    let spaced = Regex::new(r"[$=] *[1-9][0-9]{0,2}(?: [0-9]{3})+\b").expect("a pattern");
    let last = spaced.find_iter(text).last()?.as_str().trim_start_matches(['$', '=', ' ']);
    let whole = last.replace(' ', "").parse::<f64>().ok();
    let part = last.rsplit(' ').next().and_then(|group| group.parse::<f64>().ok());
    (ours == whole && theirs == part).then_some("spaces part thousands")
}

#[test]
fn numbers_agree_with_both_filters_of_lm_eval() {
    // Kind of text: texts, those of one mind, differences by their reasons.
    let mut table: BTreeMap<String, (usize, usize, BTreeMap<&str, usize>)> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for line in lines("numbers") {
        let text = line["text"].as_str().expect("a text");
        let (ours, theirs) = (answer_number(text, &[]), line["number"].as_f64());
        let (texts, agreed, explained) =
            table.entry(line["kind"].as_str().expect("a kind").to_owned()).or_default();
        *texts += 1;
        if ours == theirs {
            *agreed += 1;
        } else if let Some(reason) = reason(text, ours, theirs) {
            *explained.entry(reason).or_default() += 1;
        } else {
            let end: String = text.chars().rev().take(120).collect::<Vec<_>>().into_iter().rev().collect();
            unexplained.push(format!("…{end}\n  lm-eval: {theirs:?}, here: {ours:?}"));
        }
    }
    assert!(unexplained.is_empty(), "{} differ:\n{}", unexplained.len(), unexplained.join("\n"));
    let rows = table.into_iter().map(|(kind, (texts, agreed, explained))| {
        (kind, json!({"texts": texts, "agreed": agreed, "explained": explained}))
    });
    committed("numbers", &Value::Object(rows.collect()));
}
