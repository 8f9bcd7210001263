//! How consistent the personas' styles are, how far from their own text, and what drifted.

use crate::stats::{Estimate, Intraclass};
use serde::{Deserialize, Serialize};

/// Consistency of style over the shared prompts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConsistencyFigures {
    /// Share of the style's variance that is the personas', prompts crossed: an intraclass correlation of style vectors.
    pub whole: Estimate,
    /// Each feature's intraclass correlation, in the order of the style figures' features; none for one that never
    /// varied.
    pub features: Vec<Option<Intraclass>>,
    /// By persona, in the run's order.
    pub personas: Vec<PersonaConsistency>,
}

/// One persona's consistency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonaConsistency {
    /// The persona's id.
    pub persona: String,
    /// Its own spread from the others against its spread over prompts, at most 1.
    pub share: Estimate,
    /// Root mean square difference of the features of its answers to a prompt, averaged where there are several, from the mean of its own real text, in standard deviations of real
    /// text; none without real text.
    pub distance: Option<Estimate>,
    /// The same of each real text from the mean of the persona's others.
    pub distance_of_real: Option<f64>,
    /// Features that differ from its real text, the largest difference first.
    pub from_real: Vec<StyleShift>,
}

/// One feature that moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StyleShift {
    /// The persona's id; empty for the mean of all.
    pub persona: String,
    /// The feature's name.
    pub feature: String,
    /// Its mean before, or in real text.
    pub before: f64,
    /// Its mean in these answers.
    pub after: f64,
    /// After less before, in standard deviations.
    pub deviations: f64,
    /// False-discovery rate over all personas and features that were looked at.
    pub q: f64,
}
