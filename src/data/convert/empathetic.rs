//! Empathetic Dialogues: the rows of a conversation, one an utterance.

use serde_json::Value;

use super::conversation::{Spoken, spoken, two_people};
use super::field::{Why, at, need_text};

/// `rows` of one `conv_id`, put into the order of `utterance_idx`; whoever speaks first is the user.
pub(super) fn read(record: &Value) -> Why<Spoken> {
    let rows = at(record, "rows").and_then(Value::as_array).ok_or("`rows` is no list")?;
    let mut said = Vec::with_capacity(rows.len());
    for row in rows {
        let place = need_text(row, "utterance_idx")?;
        let place: usize =
            place.trim().parse().map_err(|_| format!("`utterance_idx` is no whole number: `{place}`"))?;
        let text = need_text(row, "utterance")?;
        // The set writes a comma so, at times with a blank before it.
        let text = text.replace(" _comma_", ",").replace("_comma_", ",");
        said.push((place, need_text(row, "speaker_idx")?.trim().to_owned(), text.trim().to_owned()));
    }
    said.sort_by_key(|(place, ..)| *place);
    // A row that could not be read is missing here: without it, an answer would follow on other words than its own.
    if let Some(gap) = said.iter().enumerate().find_map(|(i, (place, ..))| (*place != i + 1).then_some(i + 1))
    {
        return Err(format!(
            "the rows are no whole conversation: utterance {gap} is missing or stands there twice"
        ));
    }
    spoken(two_people(said.into_iter().map(|(_, who, text)| (who, text)))?)
}

#[cfg(test)]
mod tests {
    use super::super::format::testing::told_by;

    #[test]
    fn rows_become_a_conversation_of_two() {
        let rows = |rows: &[(&str, &str, &str)]| {
            let rows: Vec<_> = rows
                .iter()
                .map(|(i, who, text)| serde_json::json!({"utterance_idx": i, "speaker_idx": who, "utterance": text}))
                .collect();
            told_by("empathetic_dialogues", &serde_json::json!({ "rows": rows }).to_string())
        };
        assert_eq!(
            rows(&[("2", "0", "Oh _comma_ no"), ("1", "7", " a_comma_ b"), ("3", "7", "c")]),
            "a, b |  | Oh, no (trimmed)"
        );
        assert_eq!(
            rows(&[("1", "7", "a"), ("2", "0", "b"), ("3", "7", "c"), ("4", "0", "d")]),
            "a > b || c |  | d"
        );
        assert_eq!(
            rows(&[("1", "7", "a"), ("2", "0", "b"), ("3", "5", "c")]),
            "no: more than two people speak: `5`"
        );
        assert_eq!(
            rows(&[("1", "7", "a"), ("3", "0", "b")]),
            "no: the rows are no whole conversation: utterance 2 is missing or stands there twice"
        );
        assert_eq!(rows(&[("one", "7", "a")]), "no: `utterance_idx` is no whole number: `one`");
        assert_eq!(rows(&[("1", "7", "a")]), "no: nobody answers a user's words");
        assert_eq!(rows(&[("1", "7", " ")]), "no: `utterance` is empty");
    }
}
