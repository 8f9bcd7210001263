//! The number that an answer ends in, against lm-evaluation-harness on all solutions of GSM8K's test.

use super::{committed, lines};
use persona_eval::scorers::answer_number;
use serde_json::{Value, json};
use std::collections::BTreeMap;

#[test]
fn numbers_agree_with_both_filters_of_lm_eval() {
    let mut table: BTreeMap<String, [usize; 2]> = BTreeMap::new();
    let mut differ = Vec::new();
    for line in lines("numbers") {
        let text = line["text"].as_str().expect("a text");
        let (ours, theirs) = (answer_number(text, &[]), line["number"].as_f64());
        let row = table.entry(line["kind"].as_str().expect("a kind").to_owned()).or_default();
        row[0] += 1;
        if ours == theirs {
            row[1] += 1;
        } else {
            let end: String = text.chars().rev().take(120).collect::<Vec<_>>().into_iter().rev().collect();
            differ.push(format!("…{end}\n  lm-eval: {theirs:?}, here: {ours:?}"));
        }
    }
    let rows =
        table.into_iter().map(|(kind, [texts, agreed])| (kind, json!({"texts": texts, "agreed": agreed})));
    let table = Value::Object(rows.collect());
    println!("{table}\n{}", differ.join("\n"));
    committed("numbers", &table);
}
