//! The one sampling setting with which all personas answer the shared prompts.

use serde::{Deserialize, Serialize};

use crate::persona::Sampling;

/// How the shared prompts are answered: the same for all personas, or temperature and length alone would
/// tell them apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generation {
    /// Decoding settings; `max_tokens` is the suite's `max_new_tokens`.
    pub sampling: Sampling,
    /// Answers for each persona and prompt.
    pub samples: usize,
}

impl Default for Generation {
    /// For suites without shared prompts, where it is not used.
    fn default() -> Self {
        Self { sampling: Sampling::greedy(64), samples: 1 }
    }
}
