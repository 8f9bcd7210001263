//! Emotional Support (ESConv): a seeker and a supporter.

use serde_json::Value;

use super::conversation::{Said, Speaker, Spoken, spoken};
use super::field::{Why, at, need_text, text_or_empty};

/// Names of the two in the JSON file, and in the hub's text files.
const SPEAKERS: [(&str, Speaker); 4] = [
    ("seeker", Speaker::User),
    ("usr", Speaker::User),
    ("supporter", Speaker::Assistant),
    ("sys", Speaker::Assistant),
];

/// `dialog`: a list of `speaker` and `content` (`text` in the text files). The situation is left out: the supporter did not
/// see it.
pub(super) fn read(record: &Value) -> Why<Spoken> {
    let dialog =
        at(record, "dialog").ok_or("`dialog` is missing")?.as_array().ok_or("`dialog` is no list")?;
    let mut said = Vec::with_capacity(dialog.len());
    for piece in dialog {
        let name = need_text(piece, "speaker")?;
        let known = SPEAKERS.iter().find(|(speaker, _)| *speaker == name);
        let who = known.ok_or_else(|| format!("unknown speaker: `{name}`"))?.1;
        let key = if at(piece, "content").is_some() { "content" } else { "text" };
        if at(piece, key).is_none() {
            return Err("a piece of `dialog` has no `content`".to_owned());
        }
        said.push(Said { who, text: text_or_empty(piece, key)?.trim().to_owned() });
    }
    spoken(said)
}

#[cfg(test)]
mod tests {
    use super::super::format::testing::told_by;

    #[test]
    fn seeker_and_supporter_speak_in_turn() {
        for (record, wanted) in [
            (
                r#"{"situation": "x", "dialog": [{"speaker": "supporter", "content": "Hi"}, {"speaker": "seeker", "content": "a\n"},
                    {"speaker": "seeker", "content": "b"}, {"speaker": "supporter", "content": ""}, {"speaker": "supporter", "content": "c"}]}"#,
                "a\nb |  | c (trimmed)",
            ),
            (
                r#"{"dialog": [{"speaker": "usr", "text": "a"}, {"speaker": "sys", "text": "b", "strategy": "Others"}]}"#,
                "a |  | b",
            ),
            (r#"{"dialog": [{"speaker": "seeker", "content": "a"}]}"#, "no: nobody answers a user's words"),
            (r#"{"dialog": [{"speaker": "owl", "content": "a"}]}"#, "no: unknown speaker: `owl`"),
            (r#"{"dialog": [{"speaker": "seeker"}]}"#, "no: a piece of `dialog` has no `content`"),
            (r#"{"dialog": "a"}"#, "no: `dialog` is no list"),
            (r#"{}"#, "no: `dialog` is missing"),
        ] {
            assert_eq!(told_by("emotional_support", record), wanted);
        }
    }
}
