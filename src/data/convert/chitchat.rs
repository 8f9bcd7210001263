//! chitchat-dataset's conversations of two people.

use serde_json::Value;

use super::conversation::{Spoken, spoken, two_people};
use super::field::{Why, at};

/// `messages`: a list a turn, each of messages with `text` and `sender`; whoever speaks first is the user.
pub(super) fn read(record: &Value) -> Why<Spoken> {
    let turns = at(record, "messages").and_then(Value::as_array).ok_or("`messages` is no list")?;
    let mut said = Vec::new();
    for turn in turns {
        for message in turn.as_array().ok_or("a turn of `messages` is no list")? {
            let text_of = |key: &str| at(message, key).and_then(Value::as_str);
            let sender = text_of("sender").ok_or("a message has no sender")?;
            let text = text_of("text").ok_or("a message has no text")?;
            said.push((sender.to_owned(), text.to_owned()));
        }
    }
    spoken(two_people(said)?)
}

#[cfg(test)]
mod tests {
    use super::super::format::{Format, testing::told};

    #[test]
    fn two_people_are_user_and_assistant() {
        let message = |text: &str, sender: &str| {
            format!("{{\"text\": \"{text}\", \"timestamp\": \"\", \"sender\": \"{sender}\"}}")
        };
        let record = format!(
            "{{\"messages\": [[{}, {}], [{}], [{}]], \"ratings\": {{}}}}",
            message("Hello", "x"),
            message("How are you?", "x"),
            message("Well.", "y"),
            message("Good.", "x")
        );
        assert_eq!(told(&Format::Chitchat, &record), "Hello\nHow are you? |  | Well. (trimmed)");
        assert_eq!(told(&Format::Chitchat, "{\"messages\": []}"), "no: nobody answers a user's words");
        let third = record
            .replace("\"ratings\"", "\"x\"")
            .replace("Good.\", \"timestamp\": \"\", \"sender\": \"x", "Good.\", \"sender\": \"z");
        assert_eq!(told(&Format::Chitchat, &third), "no: more than two people speak: `z`");
        assert_eq!(
            told(&Format::Chitchat, "{\"messages\": [{\"text\": \"a\"}]}"),
            "no: a turn of `messages` is no list"
        );
        assert_eq!(
            told(&Format::Chitchat, "{\"messages\": [[{\"text\": \"a\"}]]}"),
            "no: a message has no sender"
        );
    }
}
