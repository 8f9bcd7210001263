//! What is measured on the answers to the shared prompts.

use serde::{Deserialize, Serialize};

/// One question asked of the answers to the shared prompts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Can the persona be named from its answers?
    Separability,
    /// Is each persona's style its own and as declared?
    Style,
}

impl Measure {
    /// All measures.
    pub const ALL: [Measure; 2] = [Measure::Separability, Measure::Style];

    /// The name in a suite.
    pub fn id(self) -> &'static str {
        match self {
            Measure::Separability => "separability",
            Measure::Style => "style",
        }
    }
}
