//! One persona.

use serde::{Deserialize, Serialize};

use super::{Category, Sampling, StyleTrait};
use crate::blend::Blend;

/// A voice that examples train, prompts address by its tag and scorers look for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Persona {
    /// Its name, also in the control tag unless `tag` says otherwise: lower-case letters, digits, `_` and `-`.
    pub id: String,
    /// Name in the control tag where it is not the id: adapters trained elsewhere may know it by another one.
    pub tag: Option<String>,
    /// What kind of persona it is.
    pub category: Category,
    /// What a reader must recognise, in one line.
    pub voice: String,
    /// Traits that the style scorers look for; at least one.
    pub traits: Vec<StyleTrait>,
    /// How it speaks in `generate`, `chat` and own prompts of task suites.
    pub sampling: Sampling,
    /// What it speaks with: its group's adapter at weight 1 unless the registry declares a mixture.
    pub blend: Blend,
    /// The most similar other persona.
    pub nearest: Nearest,
    /// Whether the dataset specification names it.
    pub spec: bool,
}

/// The most similar other persona, and what tells the two apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Nearest {
    /// Id of the other persona.
    pub persona: String,
    /// What this persona does that the other does not.
    pub differs: String,
}

impl Persona {
    /// The adapter group that this persona's examples train.
    pub fn group(&self) -> &'static str {
        self.category.group()
    }

    /// The tag before a user's text.
    pub fn tag(&self) -> String {
        control_tag(self.tag.as_deref().unwrap_or(&self.id))
    }
}

/// The control tag of a persona: `<persona:ID>` and a line feed, exactly as in training data.
pub fn control_tag(id: &str) -> String {
    format!("<persona:{id}>\n")
}

/// Splits a tagged text into the persona's id and the text after the tag; none if no tag stands at its start.
pub fn split_tag(text: &str) -> Option<(&str, &str)> {
    let (id, rest) = text.strip_prefix("<persona:")?.split_once(">\n")?;
    is_id(id).then_some((id, rest))
}

/// Whether a text can be a persona's id.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_splits_off_again() {
        let text = format!("{}Write a poem\n<persona:x>\n", control_tag("code_expert"));
        assert_eq!(split_tag(&text), Some(("code_expert", "Write a poem\n<persona:x>\n")));
    }

    #[test]
    fn what_is_no_tag_stays_whole() {
        for text in [
            "",
            "hello",
            " <persona:a>\nhi",
            "<persona:a> hi",
            "<persona:>\nhi",
            "<persona:A b>\nhi",
            "<persona:a",
        ] {
            assert_eq!(split_tag(text), None, "{text}");
        }
    }
}
