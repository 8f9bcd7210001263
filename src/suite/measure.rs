//! What is measured: on the answers to the shared prompts, or on held-out text.

use serde::{Deserialize, Serialize};

/// One question that a suite asks of its personas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Can the persona be named from its answers?
    Separability,
    /// Is each persona's style its own and as declared?
    Style,
    /// Is real held-out text likelier under its own persona than under others? Asks for no answers.
    Likelihood,
}

impl Measure {
    /// All measures.
    pub const ALL: [Measure; 3] = [Measure::Separability, Measure::Style, Measure::Likelihood];

    /// The name in a suite.
    pub fn id(self) -> &'static str {
        match self {
            Measure::Separability => "separability",
            Measure::Style => "style",
            Measure::Likelihood => "likelihood",
        }
    }

    /// Whether it is measured on answers to the shared prompts.
    pub fn needs_answers(self) -> bool {
        self != Measure::Likelihood
    }
}
