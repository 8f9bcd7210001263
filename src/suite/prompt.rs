//! Shared prompts: those that every persona of the suite answers.

use serde::{Deserialize, Serialize};

use crate::document::{Field, Section};
use crate::error::Result;

/// A prompt that every persona answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// Its name; folds and intervals go by it.
    pub id: String,
    /// The user's text, without control tag.
    pub text: String,
    /// What the user says after the answer, where a condition asks on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub follow_up: Option<String>,
}

impl Prompt {
    /// Reads a checked element of `prompts`.
    pub(super) fn read(item: &Field) -> Result<Self> {
        let section = item.section(&["id", "text", "follow_up"])?;
        Ok(Self {
            id: read_id(&section)?,
            text: section.need("text", "the user's text")?.text()?.to_owned(),
            follow_up: section.get("follow_up").map(Field::text).transpose()?.map(str::to_owned),
        })
    }
}

/// Reads the key `id`: letters, digits, `_`, `-` and `.`.
pub(super) fn read_id(section: &Section<'_>) -> Result<String> {
    let field = section.need("id", "a short name")?;
    let id = field.text()?;
    if !is_name(id) {
        return Err(field
            .error(format!("`{id}` cannot be an id"))
            .expected("letters, digits, `_`, `-` and `.`"));
    }
    Ok(id.to_owned())
}

/// Whether a text can name a suite, a prompt or a task, and a file after it.
pub(super) fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

/// A prompt as it is compared with others: letters and digits in lower case, everything else one space.
///
/// Two prompts that differ in case, spacing or punctuation only are the same question.
pub fn normalized(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_the_same_whatever_their_case_spacing_and_punctuation() {
        assert_eq!(normalized("  How does\nrain FORM? "), normalized("how does rain form"));
        assert_ne!(normalized("How does rain form?"), normalized("How does snow form?"));
    }

    #[test]
    fn names_are_fit_for_files() {
        assert!(is_name("s01") && is_name("a-b_c.d"));
        for bad in ["", ".", "../x", "a b", "a/b", "-x", "é"] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
