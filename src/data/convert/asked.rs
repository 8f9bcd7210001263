//! Sets of one question and one answer a record, under keys of their own.

use serde_json::Value;

use super::conversation::Spoken;
use super::field::{Why, need_text, text_or_empty};

/// Mental Health Counseling: `Context`, `Response`. Its licence wants the texts unaltered: nothing is trimmed.
pub(super) fn counseling(record: &Value) -> Why<Spoken> {
    pair(need_text(record, "Context")?, need_text(record, "Response")?)
}

/// Mental Health FAQ: `Questions`, `Answers`, where a backslash and an `n` mean a line feed in some rows.
pub(super) fn faq(record: &Value) -> Why<Spoken> {
    let clean = |key: &str| Ok::<_, String>(need_text(record, key)?.replace("\\n", "\n").trim().to_owned());
    pair(clean("Questions")?, clean("Answers")?)
}

/// Glaive Code Assistant: `question`, `answer`.
pub(super) fn glaive(record: &Value) -> Why<Spoken> {
    pair(need_text(record, "question")?, need_text(record, "answer")?)
}

/// OpenOrca: `question`, `response`, and often a `system_prompt`.
pub(super) fn openorca(record: &Value) -> Why<Spoken> {
    let input = text_or_empty(record, "system_prompt")?;
    Ok(Spoken { input, ..pair(need_text(record, "question")?, need_text(record, "response")?)? })
}

fn pair(instruction: String, output: String) -> Why<Spoken> {
    Ok(Spoken { instruction, output, ..Spoken::default() })
}

#[cfg(test)]
mod tests {
    use super::super::format::testing::told_by;

    #[test]
    fn each_set_has_its_own_keys() {
        for (set, record, wanted) in [
            ("mental_health_counseling", r#"{"Context": " a", "Response": "b "}"#, " a |  | b "),
            ("mental_health_counseling", r#"{"Context": "a", "Response": ""}"#, "no: `Response` is empty"),
            ("mental_health_faq", r#"{"Questions": " a?", "Answers": "b\\nc "}"#, "a? |  | b\nc"),
            ("mental_health_faq", r#"{"Questions": "a?"}"#, "no: `Answers` is missing"),
            ("glaive_code_assistant", r#"{"question": "a", "answer": "b"}"#, "a |  | b"),
            ("openorca", r#"{"system_prompt": "s", "question": "a", "response": "b"}"#, "a | s | b"),
            ("openorca", r#"{"system_prompt": "", "question": "a", "response": "b"}"#, "a |  | b"),
            (
                "openorca",
                r#"{"system_prompt": [], "question": "a", "response": "b"}"#,
                "no: `system_prompt` is no text",
            ),
        ] {
            assert_eq!(told_by(set, record), wanted);
        }
    }
}
