//! Stanford Alpaca's records, and those of its many followers.

use serde_json::Value;

use super::conversation::Spoken;
use super::field::{Why, at, need_text, text, text_or_empty};
use crate::example::Turn;

/// `instruction`, `input`, `output`; `system` goes before the input, `history` (pairs of user and answer) becomes turns.
pub(super) fn read(record: &Value) -> Why<Spoken> {
    let (system, given) = (text_or_empty(record, "system")?, text_or_empty(record, "input")?);
    let parts: Vec<&str> =
        [&system, &given].into_iter().map(|s| s.as_str()).filter(|s| !s.trim().is_empty()).collect();
    let mut turns = Vec::new();
    let history = match at(record, "history") {
        None => &[],
        Some(history) => history.as_array().ok_or("`history` is no list")?.as_slice(),
    };
    for pair in history {
        let sides = pair.as_array().filter(|pair| pair.len() == 2);
        let side = |i: usize| sides.and_then(|pair| text(&pair[i]));
        let (user, assistant) = side(0).zip(side(1)).ok_or("`history` holds no pairs of texts")?;
        if user.trim().is_empty() || assistant.trim().is_empty() {
            return Err("`history` holds a blank text".to_owned());
        }
        turns.push(Turn { user: user.into_owned(), assistant: assistant.into_owned() });
    }
    Ok(Spoken {
        instruction: need_text(record, "instruction")?,
        input: parts.join("\n"),
        output: need_text(record, "output")?,
        turns,
        ..Spoken::default()
    })
}

#[cfg(test)]
mod tests {
    use super::super::format::{Format, testing::told};

    #[test]
    fn fields_history_and_gaps() {
        for (record, wanted) in [
            (r#"{"instruction": "Add.", "input": "1, 2", "output": "3"}"#, "Add. | 1, 2 | 3"),
            (
                r#"{"instruction": "Add.", "output": 3, "system": "Be brief.", "input": ""}"#,
                "Add. | Be brief. | 3",
            ),
            (r#"{"instruction": "c", "output": "d", "history": [["a", "b"]]}"#, "a > b || c |  | d"),
            (
                r#"{"instruction": "c", "output": "d", "history": [["a"]]}"#,
                "no: `history` holds no pairs of texts",
            ),
            (r#"{"instruction": "c", "output": "d", "history": "a"}"#, "no: `history` is no list"),
            (r#"{"instruction": "c", "output": "d", "history": null}"#, "c |  | d"),
            (
                r#"{"instruction": "c", "output": "d", "history": [["a", "b", "c"]]}"#,
                "no: `history` holds no pairs of texts",
            ),
            (
                r#"{"instruction": "c", "output": "d", "history": [["a", " "]]}"#,
                "no: `history` holds a blank text",
            ),
            (r#"{"instruction": "Add.", "output": "  "}"#, "no: `output` is empty"),
            (r#"{"instruction": null, "output": "d"}"#, "no: `instruction` is missing"),
            (r#"{"instruction": "c", "output": ["d"]}"#, "no: `output` is no text"),
        ] {
            assert_eq!(told(&Format::Alpaca, record), wanted);
        }
    }
}
