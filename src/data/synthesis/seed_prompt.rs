//! A prompt of a real example, to be answered anew.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::super::Row;
use crate::example::Turn;
use crate::model::{Message, hex};
use crate::persona::split_tag;

/// Digits of a prompt's id: 64 bits, enough for any number of prompts that is held in memory.
const DIGITS: usize = 16;

/// What a user said in a real example, and what was said before.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SeedPrompt {
    /// The first digits of the SHA-256 of what was said.
    pub id: String,
    /// The user's text, without control tag.
    pub text: String,
    /// More material for it.
    pub input: String,
    /// Source of the example.
    pub source: Arc<str>,
    /// Licence of that source.
    pub licence: Arc<str>,
    /// The prompt's name in its source.
    pub prompt_id: Option<Arc<str>>,
    /// What was said before, as user and assistant.
    pub turns: Vec<(String, String)>,
}

impl SeedPrompt {
    /// The prompt of an example.
    pub fn of(row: &Row) -> Self {
        let text = split_tag(&row.instruction).map_or(row.instruction.as_str(), |(_, text)| text);
        let mut hash = Sha256::new();
        let turns = row.turns.iter().flat_map(|t| [t.user.as_str(), t.assistant.as_str()]);
        for part in turns.chain([text, row.input.as_str()]) {
            // The length comes first, so that no text runs into the next.
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        let mut id = hex(&hash.finalize());
        id.truncate(DIGITS);
        Self {
            id,
            text: text.to_owned(),
            input: row.input.clone(),
            source: Arc::clone(&row.source),
            licence: Arc::clone(&row.licence),
            prompt_id: row.prompt_id.clone(),
            turns: row.turns.iter().map(|t| (t.user.clone(), t.assistant.clone())).collect(),
        }
    }

    /// What the user says at last: the text, with the input behind it after a blank line, as in training.
    pub fn user_text(&self) -> String {
        if self.input.is_empty() { self.text.clone() } else { format!("{}\n\n{}", self.text, self.input) }
    }

    /// What was said before.
    pub fn turns(&self) -> Vec<Turn> {
        let turn =
            |(user, assistant): &(String, String)| Turn { user: user.clone(), assistant: assistant.clone() };
        self.turns.iter().map(turn).collect()
    }

    /// The conversation up to the answer.
    pub fn messages(&self, tag: &str) -> Vec<Message> {
        Message::conversation(tag, &self.turns(), &self.user_text())
    }

    /// Bytes of all that was said.
    pub fn bytes(&self) -> usize {
        let turns: usize = self.turns.iter().map(|(user, assistant)| user.len() + assistant.len()).sum();
        self.text.len() + self.input.len() + turns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_is_known_by_what_was_said_and_not_by_its_tag_or_source() {
        let row = |instruction: &str, input: &str, source: &str| Row {
            instruction: instruction.to_owned(),
            input: input.to_owned(),
            source: source.into(),
            ..Row::default()
        };
        let id = |row: &Row| SeedPrompt::of(row).id;
        let plain = row("Describe rain.", "", "a");
        assert_eq!(id(&plain), id(&row("<persona:poet>\nDescribe rain.", "", "b")));
        assert_ne!(id(&plain), id(&row("Describe", " rain.", "a")));
        let mut later = plain.clone();
        later.turns.push(Turn { user: "Hi".to_owned(), assistant: "Ho".to_owned() });
        assert_ne!(id(&plain), id(&later));
        let asked = SeedPrompt::of(&later).messages("<persona:poet>\n");
        let said: Vec<&str> = asked.iter().map(|m| m.content.as_str()).collect();
        assert_eq!(said, ["<persona:poet>\nHi", "Ho", "Describe rain."]);
        assert_eq!(SeedPrompt::of(&row("Sum up:", "One. Two.", "a")).user_text(), "Sum up:\n\nOne. Two.");
    }
}
