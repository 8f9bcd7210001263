//! Readability, sentiment and diversity against textstat, vaderSentiment and lexical-diversity: the numbers that
//! `fixtures/golden/style/make.py` commits, of every third text of the corpus and of sentences made to set rules against
//! each other.

use std::collections::HashMap;
use std::path::PathBuf;

use persona_eval::style::{Counts, hd_d, mtld, sentiment};
use serde_json::Value;

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures")
}

/// Lines of golden numbers, each with its text.
fn golden() -> Vec<(String, Value)> {
    let read =
        |path: PathBuf| std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut files: HashMap<String, Vec<String>> = HashMap::new();
    let lines = read(fixtures().join("golden/style/golden.jsonl"));
    let text = |line: &Value| match line["text"].as_str() {
        Some(text) => text.to_owned(),
        None => {
            let (file, number) = line["at"].as_str().and_then(|at| at.split_once(':')).expect("a place");
            let lines = files.entry(file.to_owned()).or_insert_with(|| {
                read(fixtures().join("corpus").join(file)).lines().map(str::to_owned).collect()
            });
            let number: usize = number.parse().expect("a number");
            let line: Value = serde_json::from_str(&lines[number - 1]).expect("JSON");
            line["output"].as_str().expect("a text").to_owned()
        }
    };
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let texts: Vec<String> = lines.iter().map(text).collect();
    texts.into_iter().zip(lines).collect()
}

#[test]
fn the_formulas_of_readability_are_textstats_on_textstats_own_counts() {
    let mut compared = [0; 5];
    for (text, line) in golden() {
        let counted: Vec<f64> =
            line["counts"].as_array().expect("counts").iter().filter_map(Value::as_f64).collect();
        let &[words, sentences, letters, characters, syllables, polysyllables] = counted.as_slice() else {
            panic!("six counts")
        };
        let counts = Counts { words, sentences, letters, characters, syllables, polysyllables };
        let ours = [
            counts.flesch_reading_ease(),
            counts.flesch_kincaid_grade(),
            counts.smog(),
            counts.coleman_liau(),
            counts.automated_readability(),
        ];
        for (i, ours) in ours.into_iter().enumerate() {
            let theirs = line["readability"][i].as_f64();
            assert_eq!(ours.is_some(), theirs.is_some(), "{i} {text}");
            if let (Some(ours), Some(theirs)) = (ours, theirs) {
                assert!((ours - theirs).abs() < 1e-9, "{i}: {ours}, textstat {theirs}: {text}");
                compared[i] += 1;
            }
        }
    }
    assert!(compared.iter().all(|texts| *texts >= 200), "{compared:?}");
}

#[test]
fn sentiment_is_vaders_to_its_rounding() {
    let lines = golden();
    assert!(lines.len() >= 500, "{}", lines.len());
    for (text, line) in lines {
        let ours = sentiment(&text);
        // Python rounds halves to even from the exact value, and so does Rust's formatting.
        let ours = [
            format!("{:.3}", ours.negative),
            format!("{:.3}", ours.neutral),
            format!("{:.3}", ours.positive),
            format!("{:.4}", ours.compound),
        ]
        .map(|number| number.parse::<f64>().expect("a number"));
        let theirs: Vec<f64> =
            line["vader"].as_array().expect("scores").iter().filter_map(Value::as_f64).collect();
        assert_eq!(ours.as_slice(), theirs, "{text}");
    }
}

#[test]
fn diversity_is_that_of_lexical_diversity_on_the_same_words() {
    let mut compared = 0;
    for (text, line) in golden() {
        let lower = text.to_lowercase();
        let mut numbers: HashMap<&str, u32> = HashMap::new();
        let words: Vec<u32> = lower
            .split_whitespace()
            .map(|word| {
                let next = numbers.len() as u32;
                *numbers.entry(word).or_insert(next)
            })
            .collect();
        for (ours, theirs) in
            [(mtld(&words, numbers.len()), &line["mtld"]), (hd_d(&words, numbers.len()), &line["hd_d"])]
        {
            assert_eq!(ours.is_some(), theirs.is_number(), "{text}");
            if let (Some(ours), Some(theirs)) = (ours, theirs.as_f64()) {
                assert!((ours - theirs).abs() < 1e-9, "{ours}, reference {theirs}: {text}");
                compared += 1;
            }
        }
    }
    assert!(compared >= 200, "{compared}");
}
