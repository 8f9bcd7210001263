//! Style vector and traits on the committed corpus: real text in 57 voices, every persona on the same prompts.

use std::path::PathBuf;

use persona_eval::metrics::{Labels, Points, identification, length_baseline};
use persona_eval::stats::Resampling;
use persona_eval::style::{
    FEATURES, LabelledText, TRAITS, calibrate_traits, style_matrix, style_vector, trait_hit, trait_score,
};
use serde_json::Value;
use sha2::{Digest, Sha256};

struct Answer {
    persona: String,
    prompt: String,
    traits: Vec<String>,
    text: String,
}

fn answers(split: &str) -> Vec<Answer> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus").join(split);
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the corpus").map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    let lines = files.iter().flat_map(|file| {
        let text = std::fs::read_to_string(file).expect("UTF-8");
        text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")).collect::<Vec<_>>()
    });
    let string = |value: &Value| value.as_str().expect("a string").to_owned();
    let answer = |line: Value| Answer {
        persona: string(&line["_persona"]),
        prompt: string(&line["prompt_id"]),
        traits: line["_traits"].as_array().expect("a list").iter().map(string).collect(),
        text: string(&line["output"]),
    };
    lines.map(answer).collect()
}

/// Chance that a text with the trait outscores one without (ties count half): the area under the ROC curve.
fn area_under_curve(with: &[f32], without: &[f32]) -> f64 {
    let wins: f64 = with
        .iter()
        .flat_map(|a| {
            without.iter().map(move |b| if a > b { 1.0 } else { f64::from(u8::from(a == b)) / 2.0 })
        })
        .sum();
    wins / (with.len() * without.len()) as f64
}

#[test]
fn every_declared_trait_is_known_and_shows_in_held_out_text() {
    let held_out = answers("heldout");
    let mut total = 0.0;
    for entry in &TRAITS {
        let scores = |declared: bool| -> Vec<f32> {
            let rows = held_out.iter().filter(|a| a.traits.iter().any(|t| t == entry.name) == declared);
            rows.map(|a| trait_score(entry.name, &a.text).expect("a known trait")).collect()
        };
        let (with, without) = (scores(true), scores(false));
        assert!(!with.is_empty(), "nobody declares `{}`", entry.name);
        let area = area_under_curve(&with, &without);
        assert!(area > 0.6, "`{}` is told from the rest with an area of {area:.2} only", entry.name);
        let share = |s: &[f32]| s.iter().filter(|v| **v >= entry.threshold).count() as f64 / s.len() as f64;
        assert!(
            share(&with) > share(&without) + 0.1,
            "`{}`: {} {}",
            entry.name,
            share(&with),
            share(&without)
        );
        total += area;
    }
    assert!(total / TRAITS.len() as f64 > 0.8, "mean area {}", total / TRAITS.len() as f64);
    for answer in &held_out {
        for name in &answer.traits {
            assert!(trait_hit(name, &answer.text).is_some(), "`{name}` of {} is unknown", answer.persona);
        }
    }
}

/// Rounds every number of a JSON value to four places.
fn rounded(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            *value = ((number.as_f64().expect("a number") * 1e4).round() / 1e4).into();
        }
        Value::Array(values) => values.iter_mut().for_each(rounded),
        Value::Object(values) => values.values_mut().for_each(rounded),
        _ => {}
    }
}

/// `GOLDEN_UPDATE=1` writes the table.
#[test]
fn thresholds_of_traits_lie_where_the_calibration_on_the_whole_corpus_puts_them() {
    let answers: Vec<Answer> = ["train", "heldout"].into_iter().flat_map(answers).collect();
    let texts: Vec<LabelledText<'_>> = answers
        .iter()
        .map(|a| LabelledText { text: &a.text, persona: &a.persona, traits: &a.traits })
        .collect();
    let resampling = Resampling { resamples: 2_000, ..Resampling::default() };
    let found = calibrate_traits(&texts, &resampling).expect("labelled texts");
    assert_eq!(found.len(), TRAITS.len());
    let mut table = serde_json::to_value(&found).expect("plain data");
    rounded(&mut table);
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/golden/style/traits.json");
    let shown = format!("{}\n", serde_json::to_string_pretty(&table).expect("plain data"));
    if std::env::var_os("GOLDEN_UPDATE").is_some() {
        std::fs::write(&path, &shown).expect("writes");
    }
    assert_eq!(shown, std::fs::read_to_string(&path).expect("the committed table"));
    for t in &found {
        let (low, high) = t.fold_thresholds;
        assert!(
            t.threshold >= low && t.threshold <= high,
            "`{}`: {} not in {low}..={high}",
            t.name,
            t.threshold
        );
        assert!(t.auc_low <= t.auc && t.auc <= t.auc_high && t.auc_low > 0.5, "{t:?}");
    }
}

#[test]
fn the_style_vector_names_voices_that_length_alone_does_not() {
    let held_out = answers("heldout");
    let texts: Vec<&str> = held_out.iter().map(|a| a.text.as_str()).collect();
    let column = |what, of: fn(&Answer) -> &str| {
        Labels::new(what, &held_out.iter().map(of).collect::<Vec<_>>()).expect("labels")
    };
    let (personas, prompts) = (column("persona", |a| &a.persona), column("prompt", |a| &a.prompt));
    let resampling = Resampling { permutations: 99, resamples: 2_000, ..Resampling::default() };
    let style = Points::new(style_matrix(&texts)).expect("texts").standardised();
    assert_eq!(style.dimensions(), FEATURES.len());
    let unit = style.centred_unit(&prompts).expect("different texts");
    let by_style = identification(&unit, &personas, &prompts, &resampling).expect("crossed");
    let by_length = length_baseline(&texts, &personas, &prompts, &resampling).expect("crossed");
    println!("style {:?}\nlength {:?}", by_style.balanced_accuracy, by_length.balanced_accuracy);
    assert!(by_style.balanced_accuracy.low > 0.3, "{:?}", by_style.balanced_accuracy);
    assert!(by_style.balanced_accuracy.low > by_length.balanced_accuracy.high + 0.1);
    assert!(by_style.p <= 0.01);
}

/// The style vector is an instrument, and accepted runs and experiments rest on its numbers.
#[test]
fn no_number_of_the_instrument_changes_by_a_bit() {
    let texts: Vec<String> =
        ["train", "heldout"].into_iter().flat_map(answers).map(|answer| answer.text).collect();
    let mut digest = Sha256::new();
    for row in texts.iter().map(|text| style_vector(text)) {
        for (value, feature) in row.into_iter().zip(&FEATURES) {
            // Logarithms come from the system's library; what they were taken of is a whole number.
            let value = if feature.unit.starts_with("ln ") { value.exp_m1().round() } else { value };
            digest.update(value.to_bits().to_le_bytes());
        }
    }
    let found: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(found, "bce88aaa884bced385999f2863aeb77b2d41a3f9204c250f0a3ca1635e149692");
}
