//! Sentiment140: tweets with the feeling that they carry.

use serde_json::Value;

use super::conversation::Spoken;
use super::field::{Why, need_text};
use super::label::words;

/// The fields of its files, which have no head line.
pub(super) const COLUMNS: [&str; 6] = ["target", "ids", "date", "flag", "user", "text"];

/// What stands unresolved in the texts; the ampersand comes last, so that nothing is resolved twice.
const ENTITIES: [(&str, &str); 5] =
    [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];

/// `target` and `text`; who wrote it, and when, is left out.
pub(super) fn read(record: &Value) -> Why<Spoken> {
    let text = need_text(record, "text")?;
    let text = ENTITIES.iter().fold(text, |text, (entity, letter)| text.replace(entity, letter));
    Ok(Spoken {
        instruction: "Which feeling does this message carry?".to_owned(),
        input: text.trim().to_owned(),
        output: words(record, "target", &[("0", "negative"), ("2", "neutral"), ("4", "positive")])?
            .to_owned(),
        ..Spoken::default()
    })
}

#[cfg(test)]
mod tests {
    use super::super::format::testing::told_by;

    #[test]
    fn a_label_becomes_a_word() {
        for (record, wanted) in [
            (
                r#"{"target": "4", "text": "i &lt;3 june &amp;lt; "}"#,
                "Which feeling does this message carry? | i <3 june &lt; | positive",
            ),
            (r#"{"target": 0, "text": "no"}"#, "Which feeling does this message carry? | no | negative"),
            (r#"{"target": "3", "text": "no"}"#, "no: `target` has an unknown value: `3`, known are 0, 2, 4"),
            (r#"{"target": "4", "text": "   "}"#, "no: `text` is empty"),
        ] {
            assert_eq!(told_by("sentiment140", record), wanted);
        }
    }
}
