//! Persona-Chat: a dialogue as its last history and the candidates for the next words.

use serde_json::Value;

use super::conversation::{Spoken, in_turn, spoken};
use super::field::{Why, at, text, text_or_empty};

/// Stands where nobody spoke before the agent began.
const SILENCE: &str = "__ SILENCE __";

/// The last of `utterances` has the whole `history`; the last of its `candidates` is what was really said. What the agent
/// knows of itself (`personality`) is the input: its words come from there.
pub(super) fn read(record: &Value) -> Why<Spoken> {
    let utterances = list(record, "utterances")?;
    let last = utterances.last().ok_or("`utterances` is empty")?;
    let history = list(last, "history")?;
    let answer = list(last, "candidates")?.last().ok_or("`candidates` is empty")?;
    if history.len().is_multiple_of(2) {
        return Err(format!(
            "`history` does not end with the other side's words: it has {} texts",
            history.len()
        ));
    }
    let mut texts = Vec::with_capacity(history.len() + 1);
    for said in history.iter().chain([answer]) {
        let said = text(said).ok_or("a part of `history` or `candidates` is no text")?;
        texts.push(if said == SILENCE { String::new() } else { said.trim().to_owned() });
    }
    let input = text_or_empty(record, "personality.*")?;
    Ok(Spoken { input, ..spoken(in_turn(texts)?)? })
}

fn list<'a>(value: &'a Value, key: &str) -> Why<&'a Vec<Value>> {
    at(value, key)
        .ok_or_else(|| format!("`{key}` is missing"))?
        .as_array()
        .ok_or_else(|| format!("`{key}` is no list"))
}

#[cfg(test)]
mod tests {
    use super::super::format::testing::told_by;

    #[test]
    fn the_last_utterance_holds_the_dialogue() {
        for (record, wanted) in [
            (
                r#"{"personality": ["I keep bees.", "I work."], "utterances": [{"candidates": ["x", "b"], "history": ["a"]},
                    {"candidates": ["y", "d "], "history": ["a", "b", "c"]}]}"#,
                "a > b || c | I keep bees.\nI work. | d",
            ),
            (
                r#"{"utterances": [{"candidates": ["d"], "history": ["__ SILENCE __", "b", "c"]}]}"#,
                "c |  | d (trimmed)",
            ),
            (
                r#"{"utterances": [{"candidates": ["b"], "history": ["__ SILENCE __"]}]}"#,
                "no: nobody answers a user's words",
            ),
            (
                r#"{"utterances": [{"candidates": ["c"], "history": ["a", "b"]}]}"#,
                "no: `history` does not end with the other side's words: it has 2 texts",
            ),
            (r#"{"utterances": [{"candidates": [], "history": ["a"]}]}"#, "no: `candidates` is empty"),
            (r#"{"utterances": []}"#, "no: `utterances` is empty"),
            (r#"{"history": ["a"]}"#, "no: `utterances` is missing"),
        ] {
            assert_eq!(told_by("persona_chat", record), wanted);
        }
    }
}
