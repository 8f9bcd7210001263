//! What makes the vectors that separability and fidelity are measured on.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::document::Field;
use crate::error::Result;

/// An instrument: texts in, vectors out; which one a run uses is chosen on real text, or fixed by the suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Instrument {
    /// Sentence vectors of the embedder.
    Embedding,
    /// The style vector, in the scale of the real text.
    Style,
    /// Both, each centred by prompt and with the same weight.
    Joined,
}

impl Instrument {
    /// All instruments, the simplest first: of equal ones the first is chosen.
    pub const ALL: [Instrument; 3] = [Instrument::Embedding, Instrument::Style, Instrument::Joined];

    /// The name in a suite and in a record.
    pub fn id(self) -> &'static str {
        match self {
            Instrument::Embedding => "embedding",
            Instrument::Style => "style",
            Instrument::Joined => "joined",
        }
    }

    /// Reads the name.
    pub(super) fn read(field: &Field) -> Result<Self> {
        let expected = "the instrument that measures; without the key the best on real text is chosen";
        field.one_of("instrument", &Self::ALL, Self::id).map_err(|e| e.expected(expected))
    }
}

impl fmt::Display for Instrument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}
