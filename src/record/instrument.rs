//! How an instrument did on real text, and what it would have said of the answers.

use super::verdict::Qualification;
use crate::stats::Estimate;
use serde::{Deserialize, Serialize};

/// An instrument on real held-out text, before any answer was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstrumentFigures {
    /// Its name (`embedding`, `style`, `joined`).
    pub name: String,
    /// Naming the persona of real text, leave-one-prompt-out.
    pub accuracy: Estimate,
    /// 1/personas.
    pub chance: f64,
    /// (hits + 1)/(permutations + 1) with labels permuted within prompts.
    pub p: f64,
    /// What shuffled labels reach.
    pub shuffled: f64,
    /// Accuracy less that of a classifier that sees only length, paired by prompt.
    pub minus_length: Estimate,
    /// Accuracy less that of a classifier that sees only content words, paired by prompt.
    pub minus_content: Estimate,
    /// Accuracy on texts bare of content words and length, where nothing could beat these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bare: Option<Estimate>,
    /// Its controls on real text.
    pub controls: Vec<Qualification>,
    /// Whether it passed all of them.
    pub qualified: bool,
    /// The same naming on the answers, for comparison; it has no part in the choice.
    #[serde(default)]
    pub answers: Option<Estimate>,
    /// The same on the floor's answers.
    #[serde(default)]
    pub floor: Option<Estimate>,
}
