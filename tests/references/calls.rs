//! Function calls against the AST checker of `bfcl-eval`, on gold answers and on broken ones.

use super::{committed, lines};
use persona_eval::scorers::{check_calls, read_calls};
use persona_eval::suite::CallRule;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Whether a difference is meant, as the documentation of `check_calls` tells it; none other may be.
fn explained(line: &Value, ours: &Result<(), String>) -> bool {
    match ours {
        // A matching exists, but the package took the first call that fits.
        Ok(()) => line["matching"] == true,
        // The package reads the empty text that lets an argument be left out as an empty list.
        Err(why) => why.contains(": [] is none of ") && why.ends_with(r#", """#),
    }
}

#[test]
fn verdicts_agree_with_the_packages_checker() {
    // Kind of answer: judged, right in the package's eyes, of one mind, differences that are explained.
    let mut table: BTreeMap<String, [usize; 4]> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for line in lines("calls") {
        let rule = CallRule::from_json(&line["functions"], &line["accepted"]);
        let said = line["text"].as_str().expect("a text");
        let ours = rule.map_err(|e| e.to_string()).and_then(|r| check_calls(&r, &read_calls(said)?));
        let theirs = line["valid"] == true;
        let row = table.entry(line["kind"].as_str().expect("a kind").to_owned()).or_default();
        row[0] += 1;
        row[1] += usize::from(theirs);
        if ours.is_ok() == theirs {
            row[2] += 1;
        } else if explained(&line, &ours) {
            row[3] += 1;
        } else {
            unexplained.push(format!("{said}\n  package: {theirs} ({}), here: {ours:?}", line["why"]));
        }
    }
    let shown = unexplained.len().min(20);
    assert!(unexplained.is_empty(), "{} differ:\n{}", unexplained.len(), unexplained[..shown].join("\n"));
    let rows = table.into_iter().map(|(kind, [judged, right, agreed, explained])| {
        (kind, json!({"answers": judged, "right": right, "agreed": agreed, "explained": explained}))
    });
    committed("calls", &Value::Object(rows.collect()));
}
