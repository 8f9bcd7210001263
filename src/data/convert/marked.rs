//! Question and answer in one text, told apart by markers (mental_health_chatbot_dataset).

use serde_json::Value;

use super::conversation::Spoken;
use super::field::{Why, need_text};

/// `text`: `<HUMAN>: question`, then `<ASSISTANT>: answer`.
pub(super) fn read(record: &Value) -> Why<Spoken> {
    let (instruction, output) = cut(&need_text(record, "text")?, "<HUMAN>:", "<ASSISTANT>:")?;
    Ok(Spoken { instruction, output, ..Spoken::default() })
}

/// The text before the first `second` marker, without `first` at its very front, and the text behind it; a question may
/// quote `first`.
fn cut(text: &str, first: &str, second: &str) -> Why<(String, String)> {
    let (front, back) = text.split_once(second).ok_or_else(|| format!("the text has no `{second}`"))?;
    let front = front.trim();
    let front = front.strip_prefix(first).unwrap_or(front).trim();
    let back = back.trim();
    if front.is_empty() {
        return Err(format!("the text has nothing before `{second}`"));
    }
    if back.is_empty() {
        return Err(format!("the text has nothing behind `{second}`"));
    }
    Ok((front.to_owned(), back.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::format::testing::told_by;

    #[test]
    fn the_text_is_cut_at_its_markers() {
        for (text, wanted) in [
            ("<HUMAN>: a\\n<ASSISTANT>: b\\nc ", "a |  | b\nc"),
            ("a <ASSISTANT>: b <ASSISTANT>: c", "a |  | b <ASSISTANT>: c"),
            ("<HUMAN>: what is \\\"<HUMAN>: x\\\"?\\n<ASSISTANT>: b", "what is \"<HUMAN>: x\"? |  | b"),
            ("<HUMAN>: a", "no: the text has no `<ASSISTANT>:`"),
            ("<HUMAN>: a\\n<ASSISTANT>: ", "no: the text has nothing behind `<ASSISTANT>:`"),
            ("<HUMAN>: \\n<ASSISTANT>: b", "no: the text has nothing before `<ASSISTANT>:`"),
        ] {
            assert_eq!(told_by("mental_health_chatbot", &format!("{{\"text\": \"{text}\"}}")), wanted);
        }
        assert_eq!(told_by("mental_health_chatbot", "{}"), "no: `text` is missing");
    }
}
