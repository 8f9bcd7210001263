//! Style against textstat, vaderSentiment, lexical-diversity, pyphen and the CMU Pronouncing Dictionary.

use super::{committed, lines, root};
use persona_eval::style::{Profile, Text, sentiment, syllables};
use serde_json::{Value, json};
use std::collections::HashMap;

/// What the indices of readability are called here, in the order of the script's list.
const READABILITY: [&str; 5] =
    ["flesch_reading_ease", "flesch_kincaid_grade", "smog", "coleman_liau", "automated_readability"];
/// The same of what they are made of.
const COUNTS: [&str; 6] =
    ["word_count", "sentence_count", "letter_count", "character_count", "syllable_count", "polysyllables"];

#[test]
fn indices_from_our_own_counts_agree_with_textstats_as_the_table_says() {
    let (mut pairs, mut equal, mut texts) = (HashMap::<&str, Vec<(f64, f64)>>::new(), 0, 0);
    let mut words = Vec::new();
    for line in lines("style") {
        if line["word"].is_string() {
            words.push(line);
            continue;
        }
        let text = text_of(&line);
        texts += 1;
        equal += usize::from(as_rounded(&text) == numbers(&line["vader"]));
        if line["at"].is_string() {
            let profile = Profile::of(&Text::new(&text));
            for (names, theirs) in
                [(READABILITY.as_slice(), &line["readability"]), (&COUNTS, &line["counts"])]
            {
                for (i, name) in names.iter().enumerate() {
                    if let (Some(ours), Some(theirs)) = (profile.get(name), theirs[i].as_f64()) {
                        pairs.entry(name).or_default().push((ours, theirs));
                    }
                }
            }
        }
    }
    assert_eq!(equal, texts, "texts with VADER's sentiment");
    let table = |names: &[&str]| -> Value {
        names
            .iter()
            .map(|name| ((*name).to_owned(), agreement(&pairs[name])))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let table = json!({
        "readability against textstat": table(&READABILITY),
        "its counts against textstat": table(&COUNTS),
        "sentiment against vaderSentiment": {"texts": texts, "equal": equal},
        "syllables against CMUdict": {
            "tokens of the corpus": spoken(&words, |tokens| tokens),
            "words of the corpus": spoken(&words, |tokens| tokens.min(1)),
            "other words of the dictionary": spoken(&words, |tokens| u64::from(tokens == 0)),
        },
    });
    println!("{table:#}");
    committed("style", &table);
}

/// The text of a line: its own, or that of the corpus at its place.
fn text_of(line: &Value) -> String {
    if let Some(text) = line["text"].as_str() {
        return text.to_owned();
    }
    let (file, number) = line["at"].as_str().and_then(|at| at.split_once(':')).expect("a place");
    let lines = std::fs::read_to_string(root().join("fixtures/corpus").join(file)).expect("the corpus");
    let number: usize = number.parse().expect("a number");
    let line: Value = serde_json::from_str(lines.lines().nth(number - 1).expect("a line")).expect("JSON");
    line["output"].as_str().expect("a text").to_owned()
}

fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().expect("a list").iter().filter_map(Value::as_f64).collect()
}

/// Negative, neutral, positive and compound as the reference rounds them.
fn as_rounded(text: &str) -> Vec<f64> {
    let found = sentiment(text);
    let shares = [found.negative, found.neutral, found.positive].map(|share| format!("{share:.3}"));
    let numbers = shares.into_iter().chain([format!("{:.4}", found.compound)]);
    numbers.map(|number| number.parse().expect("a number")).collect()
}

fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// Texts, median and 95th percentile of the difference's size, its mean, and Pearson's correlation.
fn agreement(pairs: &[(f64, f64)]) -> Value {
    let n = pairs.len() as f64;
    let mut sizes: Vec<f64> = pairs.iter().map(|(ours, theirs)| (ours - theirs).abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let at = |q: f64| rounded(sizes[((n - 1.0) * q).round() as usize]);
    let mean = |f: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>() / n;
    let (x, y) = (mean(&|p| p.0), mean(&|p| p.1));
    let product = |f: &dyn Fn(&(f64, f64)) -> f64| pairs.iter().map(f).sum::<f64>();
    let (xy, xx, yy) = (
        product(&|p| (p.0 - x) * (p.1 - y)),
        product(&|p| (p.0 - x).powi(2)),
        product(&|p| (p.1 - y).powi(2)),
    );
    json!({
        "texts": pairs.len(),
        "median": at(0.5),
        "95th percentile": at(0.95),
        "mean": rounded(x - y),
        "correlation": rounded(xy / (xx * yy).sqrt()),
    })
}

/// Weighed shares of words whose syllables are one of the dictionary's counts: by the rules, by groups of vowels (the style
/// vector's count) and by hyphens (textstat's).
fn spoken(words: &[Value], weight: impl Fn(u64) -> u64) -> Value {
    let (mut all, mut right) = (0, [0; 3]);
    for line in words {
        let word = line["word"].as_str().expect("a word");
        let weight = weight(line["tokens"].as_u64().expect("a count"));
        let counted = [
            syllables(word) as f64,
            f64::from(Text::new(word).syllables_per_word()),
            line["hyphens"].as_f64().expect("a count"),
        ];
        all += weight;
        for (right, counted) in right.iter_mut().zip(counted) {
            *right += if numbers(&line["spoken"]).contains(&counted) { weight } else { 0 };
        }
    }
    let share = |i: usize| rounded(right[i] as f64 / all as f64);
    json!({"words": all, "rules": share(0), "vowel groups": share(1), "hyphens": share(2)})
}
