//! The ten outcomes that the dataset specification promises.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a task item asks about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Switch personas on demand.
    Switching,
    /// Adapt the tone, formal to casual.
    Tone,
    /// Control the depth, brief to detailed.
    Length,
    /// Empathise.
    Empathy,
    /// Technical precision.
    Technical,
    /// Creative fluency.
    Creative,
    /// Reason in steps.
    Reasoning,
    /// Call tools and interfaces.
    Tools,
    /// Remember over turns.
    Memory,
    /// Reason about right and wrong.
    Ethics,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Outcome; 10] = [
        Outcome::Switching,
        Outcome::Tone,
        Outcome::Length,
        Outcome::Empathy,
        Outcome::Technical,
        Outcome::Creative,
        Outcome::Reasoning,
        Outcome::Tools,
        Outcome::Memory,
        Outcome::Ethics,
    ];

    /// The name in a suite.
    pub fn id(self) -> &'static str {
        match self {
            Outcome::Switching => "switching",
            Outcome::Tone => "tone",
            Outcome::Length => "length",
            Outcome::Empathy => "empathy",
            Outcome::Technical => "technical",
            Outcome::Creative => "creative",
            Outcome::Reasoning => "reasoning",
            Outcome::Tools => "tools",
            Outcome::Memory => "memory",
            Outcome::Ethics => "ethics",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
