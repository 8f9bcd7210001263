//! Daily Dialog: utterances of two sides in turn, cut into tokens.

use serde_json::Value;

use super::conversation::{Spoken, in_turn, spoken};
use super::field::{Why, at, text};

/// Signs that stand close behind a word.
const CLOSE: [char; 6] = ['.', ',', '?', '!', ';', ':'];
/// What follows an apostrophe within a word.
const ENDINGS: [&str; 7] = ["s", "d", "t", "m", "re", "ve", "ll"];

/// `dialog` (`utterances` in a copy): what was said in turn. Labels of acts and feelings are left out.
pub(super) fn read(record: &Value) -> Why<Spoken> {
    let list = at(record, "dialog").or_else(|| at(record, "utterances")).ok_or("`dialog` is missing")?;
    let list = list.as_array().ok_or("`dialog` is no list")?;
    let texts: Option<Vec<String>> = list.iter().map(|t| text(t).map(|t| joined(&t))).collect();
    spoken(in_turn(texts.ok_or("a part of `dialog` is no text")?)?)
}

/// Tokens as one writes them: signs close to their word, `neighbour ' s` in one.
fn joined(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut tokens = text.split_whitespace().peekable();
    while let Some(token) = tokens.next() {
        let sign = token.chars().all(|c| CLOSE.contains(&c));
        let within = matches!(token, "'" | "’") && tokens.peek().is_some_and(|next| ENDINGS.contains(next));
        if !(out.is_empty() || sign || within) {
            out.push(' ');
        }
        out.push_str(token);
        if within && let Some(ending) = tokens.next() {
            out.push_str(ending);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::super::format::testing::told_by;
    use super::*;

    #[test]
    fn tokens_are_joined_as_one_writes() {
        for (tokens, wanted) in [
            (" You got the job ? ! ", "You got the job?!"),
            ("I ’ d rather , dear , wait . ", "I’d rather, dear, wait."),
            ("my neighbour ' s cat", "my neighbour's cat"),
            ("he said ' no '", "he said ' no '"),
            ("at 5 : 30", "at 5: 30"),
            (". . .", "..."),
        ] {
            assert_eq!(joined(tokens), wanted);
        }
    }

    #[test]
    fn utterances_are_taken_in_turn() {
        for (record, wanted) in [
            (r#"{"dialog": ["a ? ", " b . ", " c ", " d "], "act": [1, 1, 1, 1]}"#, "a? > b. || c |  | d"),
            (r#"{"utterances": ["a", "b", "c"]}"#, "a |  | b (trimmed)"),
            (r#"{"dialog": ["a", " ", "c", "d"]}"#, "no: a part between others is blank: part 2"),
            (r#"{"dialog": ["a"]}"#, "no: nobody answers a user's words"),
            (r#"{"dialog": ["a", null]}"#, "no: a part of `dialog` is no text"),
            (r#"{"dialog": "a"}"#, "no: `dialog` is no list"),
            (r#"{}"#, "no: `dialog` is missing"),
        ] {
            assert_eq!(told_by("daily_dialog", record), wanted);
        }
    }
}
