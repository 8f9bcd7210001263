//! What an audit looks for.

use serde::{Deserialize, Serialize};

/// A reason to remove an example.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingKind {
    /// It has a passage of a suite.
    Leak,
    /// It has a mail address, a phone or a card number.
    Personal,
    /// It says what an earlier one says, word for word.
    Exact,
    /// It says nearly what an earlier one says.
    Near,
}

impl FindingKind {
    /// All, in the order in which an example is looked at.
    pub const ALL: [Self; 4] = [Self::Leak, Self::Personal, Self::Exact, Self::Near];

    /// The name on the command line and in `findings.jsonl`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Leak => "leak",
            Self::Personal => "personal",
            Self::Exact => "exact",
            Self::Near => "near",
        }
    }

    /// The kind of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.id() == name)
    }
}
