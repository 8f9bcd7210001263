//! chitchat-dataset's conversations of two people.

use serde_json::Value;

use super::conversation::{Said, Speaker, Spoken, spoken};
use super::field::{Why, at};

/// `messages`: a list a turn, each of messages with `text` and `sender`; whoever speaks first is the user.
pub(super) fn read(record: &Value) -> Why<Spoken> {
    let turns = at(record, "messages").and_then(Value::as_array).ok_or("`messages` is no list")?;
    let mut first: Option<&str> = None;
    let mut said = Vec::new();
    for message in turns.iter().filter_map(Value::as_array).flatten() {
        let text_of = |key: &str| at(message, key).and_then(Value::as_str);
        let sender = text_of("sender").ok_or("a message has no sender")?;
        let text = text_of("text").ok_or("a message has no text")?;
        let who = if *first.get_or_insert(sender) == sender { Speaker::User } else { Speaker::Assistant };
        said.push(Said { who, text: text.to_owned() });
    }
    spoken(said)
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
        assert_eq!(
            told(&Format::Chitchat, "{\"messages\": [[{\"text\": \"a\"}]]}"),
            "no: a message has no sender"
        );
    }
}
