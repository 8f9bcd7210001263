//! Records that are lists of what was said in turn.

use std::borrow::Cow;

use serde_json::Value;

use super::conversation::{Spoken, in_turn, spoken};
use super::field::{Why, text};

/// The user speaks first, then both in turn.
pub(super) fn read(record: &Value) -> Why<Spoken> {
    let list = record.as_array().ok_or("the record is no list of texts")?;
    let texts: Option<Vec<String>> = list.iter().map(|value| text(value).map(Cow::into_owned)).collect();
    spoken(in_turn(texts.ok_or("a part of the list is no text")?)?)
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
            (r#"["", "Hello", "How are you?", "Well."]"#, "How are you? |  | Well. (trimmed)"),
            // Who says `c` is not known: it must not be joined to `a`.
            (r#"["a", " ", "c", "d"]"#, "no: a part between others is blank: part 2"),
            (r#"["a", "b", "", "d"]"#, "no: a part between others is blank: part 3"),
            (r#"["Hi", null]"#, "no: a part of the list is no text"),
            (r#""Hi""#, "no: the record is no list of texts"),
        ] {
            assert_eq!(told(&Format::Pairs, record), wanted);
        }
    }
}
