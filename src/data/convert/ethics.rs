//! ETHICS: what people tell or say, with a label for it.

use serde_json::Value;

use super::conversation::Spoken;
use super::field::{Why, need_text};
use super::label::words;

/// Commonsense: `input` tells what somebody did; 1 is clearly wrong.
pub(super) fn commonsense(record: &Value) -> Why<Spoken> {
    judged(
        "Is what is told here clearly wrong?".to_owned(),
        need_text(record, "input")?,
        words(record, "label", &[("0", "No, this is not wrong."), ("1", "Yes, this is wrong.")])?,
    )
}

/// Justice: `scenario` is a claim with its reason; 1 is reasonable.
pub(super) fn justice(record: &Value) -> Why<Spoken> {
    judged(
        "Would most people find it reasonable to say this?".to_owned(),
        need_text(record, "scenario")?,
        words(record, "label", &[("0", "No, that is unreasonable."), ("1", "Yes, that is reasonable.")])?,
    )
}

/// Virtue: `scenario` is a sentence, ` [SEP] ` and a trait; 1 shows it.
pub(super) fn virtue(record: &Value) -> Why<Spoken> {
    let scenario = need_text(record, "scenario")?;
    let (sentence, shown) = scenario.split_once(" [SEP] ").ok_or("`scenario` has no ` [SEP] `")?;
    let (sentence, shown) = (sentence.trim(), shown.trim());
    if sentence.is_empty() || shown.is_empty() {
        return Err("`scenario` has nothing on one side of ` [SEP] `".to_owned());
    }
    judged(
        format!("Does the character in this sentence show the trait \"{shown}\"?"),
        sentence.to_owned(),
        words(
            record,
            "label",
            &[("0", "No, this does not show that trait."), ("1", "Yes, this shows that trait.")],
        )?,
    )
}

fn judged(instruction: String, input: String, output: &str) -> Why<Spoken> {
    Ok(Spoken { instruction, input, output: output.to_owned(), ..Spoken::default() })
}

#[cfg(test)]
mod tests {
    use super::super::format::testing::told_by;

    #[test]
    fn labels_become_sentences() {
        for (set, record, wanted) in [
            (
                "ethics_commonsense",
                r#"{"label": "1", "input": "I hid it.", "is_short": "True"}"#,
                "Is what is told here clearly wrong? | I hid it. | Yes, this is wrong.",
            ),
            ("ethics_commonsense", r#"{"label": "", "input": "I hid it."}"#, "no: `label` is empty"),
            (
                "ethics_commonsense",
                r#"{"label": "2", "input": "I hid it."}"#,
                "no: `label` has an unknown value: `2`, known are 0, 1",
            ),
            (
                "ethics_justice",
                r#"{"label": 0, "scenario": "I deserve it."}"#,
                "Would most people find it reasonable to say this? | I deserve it. | No, that is unreasonable.",
            ),
            ("ethics_justice", r#"{"label": 0, "scenario": " "}"#, "no: `scenario` is empty"),
            (
                "ethics_virtue",
                r#"{"label": "1", "scenario": "She gave it back. [SEP] honest"}"#,
                "Does the character in this sentence show the trait \"honest\"? | She gave it back. | Yes, this shows that trait.",
            ),
            (
                "ethics_virtue",
                r#"{"label": "1", "scenario": "She gave."}"#,
                "no: `scenario` has no ` [SEP] `",
            ),
            (
                "ethics_virtue",
                r#"{"label": "1", "scenario": "She gave. [SEP]  "}"#,
                "no: `scenario` has nothing on one side of ` [SEP] `",
            ),
        ] {
            assert_eq!(told_by(set, record), wanted);
        }
    }
}
