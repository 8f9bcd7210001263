//! Texts that no model should write, and that one day one does: a megabyte of one character, of brackets, of marks that turn the
//! direction of writing. Each scorer gives its verdict on each, and the verdict is the right one; each index of style stays in its
//! range; and all of it ends.

use persona_eval::document;
use persona_eval::scorers::score_answer;
use persona_eval::style::{FEATURES, INDICES, TRAITS, Text, profiles, style_vector, trait_scores};
use persona_eval::suite::{CallRule, Score};
use serde_json::json;
use std::time::{Duration, Instant};

/// Bytes of each text.
const SIZE: usize = 1_000_000;
/// Not a measurement: what no machine that runs these tests takes, unless something has become quadratic.
const LIMIT: Duration = Duration::from_secs(20);

/// The texts by name, each of about so many bytes. None is an answer to anything.
fn texts(size: usize) -> Vec<(&'static str, String)> {
    let filled = |piece: &str| piece.repeat(size / piece.len());
    let levels = |n: usize, open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(n), close.repeat(n))
    };
    let listed = |item: &dyn Fn(usize) -> String, open: char, close: char| {
        let items: Vec<String> = (0..size / 14).map(item).collect();
        format!("{open}{}{close}", items.join(","))
    };
    vec![
        ("one letter", filled("a")),
        ("one word", filled("the ")),
        ("full stops", filled(".")),
        ("abbreviations", filled("Dr. ")),
        ("line ends", format!("{}x", filled("\n"))),
        ("emoji", filled("👩‍👩‍👧🇩🇪")),
        ("combining marks", format!("e{}", filled("\u{301}"))),
        ("right to left", filled("\u{202e}שלום עולם. ")),
        ("control characters", filled("\u{0}\u{1b}[31m\u{7f}\u{8}")),
        ("open objects", filled("{\"a\":")),
        ("open texts in lists", filled("[\"[\", ")),
        ("ten thousand levels", levels(10_000, "[", "", "]")),
        ("ten thousand objects", levels(10_000, "{\"a\":", "1", "}")),
        // Each doubles what a schema of two branches has to tell.
        ("twenty levels", levels(20, "{\"a\":", "2", "}")),
        ("a hundred levels", levels(100, "{\"a\":", "2", "}")),
        ("backticks of many lengths", (1..size.isqrt()).map(|n| "`".repeat(n) + " ").collect()),
        ("calls in calls", filled("f(a=")),
        ("digits", filled("1")),
        ("groups of digits", format!("1{}", filled(",234"))),
        ("tags", filled("<tool_call>")),
        ("a list of objects", listed(&|i| format!("{{\"a\":{i}}}"), '[', ']')),
        ("an object of many keys", listed(&|i| format!("\"{i}\":[{i}]"), '{', '}')),
    ]
}

/// Rules of each kind that judges a text, none of which a text satisfies.
fn rules() -> Vec<(&'static str, Score)> {
    let tools = json!([{"name": "f", "parameters": {"properties": {"a": {"type": "integer"}}}}]);
    let calls = CallRule::from_json(&tools, &json!([{"f": {"a": [7]}}])).expect("a rule");
    let recursive = json!({"$ref": "#/$defs/tree", "$defs": {"tree": {"anyOf": [
        {"type": "array", "items": {"$ref": "#/$defs/tree"}},
        {"type": "object", "additionalProperties": {"$ref": "#/$defs/tree"}},
        {"const": 1}]}}});
    let branch =
        |most: u32| json!({"type": "object", "additionalProperties": {"$ref": "#"}, "maxProperties": most});
    let branches = json!({"anyOf": [branch(8), branch(9)]});
    let distinct = json!({"uniqueItems": true, "maxProperties": 9, "maxItems": 9, "minItems": 2, "minProperties": 2,
        "type": ["array", "object"], "propertyNames": {"maxLength": 3}});
    vec![
        ("exact", Score::Exact("Paris".into())),
        ("regex", Score::Regex("^(a+)+$x|(.*)*Paris".into())),
        ("numeric", Score::Numeric { value: 7.0, tolerance: 0.5, units: vec![] }),
        (
            "numeric with units",
            Score::Numeric { value: 7.0, tolerance: 0.5, units: vec![("km".into(), 1.0)] },
        ),
        ("contains_any", Score::ContainsAny(vec!["Paris".into(), "the the the them".into()])),
        ("contains_all", Score::ContainsAll(vec!["Paris".into()])),
        ("calls", Score::Calls(calls)),
        ("schema", Score::Schema(recursive)),
        ("schema of two branches", Score::Schema(branches)),
        ("schema of distinct items", Score::Schema(distinct)),
    ]
}

#[test]
fn every_scorer_refuses_every_hostile_text_and_ends() {
    let texts = texts(SIZE);
    for (rule, score) in rules() {
        for (name, text) in &texts {
            within(rule, name, || {
                let mark = score_answer(&score, text).unwrap_or_else(|e| panic!("{rule} on {name}: {e}"));
                assert_eq!(mark.score, 0.0, "{rule} on {name}");
                assert!(mark.why.chars().count() <= 301, "{rule} on {name} tells the whole text");
            });
        }
    }
}

#[test]
fn what_was_asked_for_is_found_behind_a_hostile_text() {
    let any = Score::ContainsAny(vec!["Paris".into()]);
    let number = Score::Numeric { value: 7.0, tolerance: 0.0, units: vec![] };
    let words = Score::Words { min: 1, max: Some(3) };
    for (name, text) in texts(SIZE) {
        let told =
            |score: &Score, end: &str| score_answer(score, &format!("{text}{end}")).expect("a rule").score;
        assert_eq!(told(&any, "\nParis"), 1.0, "{name}");
        assert_eq!(told(&number, "\nSo it is 7."), 1.0, "{name}");
        let count = text.split_whitespace().count();
        assert_eq!(told(&words, ""), f64::from(u8::from((1..=3).contains(&count))), "{name}");
    }
}

#[test]
fn every_feature_of_every_hostile_text_is_in_its_range() {
    for (name, text) in texts(SIZE) {
        within("the style vector", name, || {
            for (feature, value) in FEATURES.iter().zip(style_vector(&text)) {
                let (low, high) = feature.range;
                assert!(value >= low && value <= high, "{} of {name} is {value}", feature.name);
            }
        });
        within("the profile", name, || {
            let profile = profiles(&[text.as_str()]).remove(0);
            for index in &INDICES {
                let (low, high) = index.range;
                let Some(value) = profile.get(index.name) else { continue };
                let slack = 1e-9 * value.abs().max(1.0);
                assert!(value >= low - slack && value <= high + slack, "{} of {name} is {value}", index.name);
            }
        });
        within("traits", name, || {
            for (entry, score) in TRAITS.iter().zip(trait_scores(&Text::new(&text))) {
                assert!((0.0..=1.0).contains(&score), "{} of {name} is {score}", entry.name);
            }
        });
    }
}

#[test]
fn counts_of_hostile_texts_are_right() {
    let of = |name: &str| {
        let text = texts(SIZE).into_iter().find(|(n, _)| *n == name).expect("a text of the list").1;
        let read = Text::new(&text);
        (read.words().len(), read.sentences().len(), read.json_spans().len())
    };
    assert_eq!(of("one letter"), (1, 1, 0));
    assert_eq!(of("one word"), (250_000, 1, 0));
    assert_eq!(of("full stops"), (0, 0, 0));
    assert_eq!(of("abbreviations"), (250_000, 1, 0));
    assert_eq!(of("line ends"), (1, 1, 0));
    assert_eq!(of("open objects").2, 0);
    // serde_json reads 127 levels.
    assert_eq!(of("ten thousand levels").2, 1);
}

#[test]
fn a_suite_of_ten_thousand_levels_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("deep.toml");
    let lists = format!("a = {}{}", "[".repeat(10_000), "]".repeat(10_000));
    let tables = format!("a = {}1{}", "{ a = ".repeat(10_000), " }".repeat(10_000));
    let keys = format!("{}a = 1", "a.".repeat(10_000));
    let heads = format!("[{}a]", "a.".repeat(10_000));
    for text in [lists, tables, keys, heads] {
        std::fs::write(&path, &text).expect("written");
        assert!(document::read(&path).is_err(), "{}", &text[..20]);
    }
}

/// Runs `job`, and guards against hanging.
fn within(what: &str, name: &str, job: impl FnOnce()) {
    let began = Instant::now();
    job();
    let took = began.elapsed();
    assert!(took < LIMIT, "{what} on {name} took {took:?}");
}
