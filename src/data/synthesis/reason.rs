//! Why a candidate was not kept.

use serde::{Deserialize, Serialize};

/// The first check that a candidate did not pass; in the order in which they are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Prompt and answer do not fit into the model's context.
    NoRoom,
    /// The token limit ended it.
    Cut,
    /// It has fewer words than the persona's answers.
    Short,
    /// It has more words than the persona's answers.
    Long,
    /// It holds a control tag or a mark of the chat template.
    Markup,
    /// The assistant speaks of itself, or refuses.
    Boilerplate,
    /// It says the same words again and again.
    Repetition,
    /// It is in another language than English.
    Language,
    /// The tagger hears another category.
    Category,
    /// Its style is nearer to another persona's.
    Voice,
    /// Too few of the persona's traits show.
    Traits,
    /// It nearly says what a real or a kept answer says.
    NearDuplicate,
    /// It holds words of a suite's prompt or reference.
    Leak,
}

impl Reason {
    /// The name in files and tables.
    pub fn id(self) -> &'static str {
        match self {
            Self::NoRoom => "no_room",
            Self::Cut => "cut",
            Self::Short => "short",
            Self::Long => "long",
            Self::Markup => "markup",
            Self::Boilerplate => "boilerplate",
            Self::Repetition => "repetition",
            Self::Language => "language",
            Self::Category => "category",
            Self::Voice => "voice",
            Self::Traits => "traits",
            Self::NearDuplicate => "near_duplicate",
            Self::Leak => "leak",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_one_name_in_files_and_tables() {
        for reason in [Reason::NoRoom, Reason::NearDuplicate, Reason::Leak, Reason::Boilerplate] {
            assert_eq!(serde_json::to_value(reason).unwrap(), reason.id());
        }
    }
}
