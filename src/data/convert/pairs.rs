//! Records that are lists of what was said in turn.

use serde_json::Value;

use super::conversation::{Said, Speaker, Spoken, spoken};
use super::field::{Why, text};

/// The user speaks first, then both in turn.
pub(super) fn read(record: &Value) -> Why<Spoken> {
    let list = record.as_array().ok_or("the record is no list of texts")?;
    let mut said = Vec::with_capacity(list.len());
    for (i, value) in list.iter().enumerate() {
        let text = text(value).ok_or("a part of the list is no text")?;
        // A blank part keeps its turn: the next one is the other side's.
        let who = if i % 2 == 0 { Speaker::User } else { Speaker::Assistant };
        said.push(Said { who, text: text.into_owned() });
    }
    spoken(said)
}

#[cfg(test)]
mod tests {
    use super::super::format::{Format, testing::told};

    #[test]
    fn lists_are_read_in_turn() {
        for (record, wanted) in [
            (r#"["Hi", "Hello"]"#, "Hi |  | Hello"),
            (r#"["Hi", "Hello", "How are you?", "Well."]"#, "Hi > Hello || How are you? |  | Well."),
            (r#"["2 + 2", 4, "And 3?"]"#, "2 + 2 |  | 4 (trimmed)"),
            (r#"["Hi"]"#, "no: nobody answers a user's words"),
            (r#"["Hi", ""]"#, "no: nobody answers a user's words"),
            (r#"["Hi", null]"#, "no: a part of the list is no text"),
            (r#""Hi""#, "no: the record is no list of texts"),
        ] {
            assert_eq!(told(&Format::Pairs, record), wanted);
        }
    }
}
