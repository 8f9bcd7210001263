//! Indices of the answers by persona, and how far the trait scores can be believed.

use crate::style::TraitCalibration;
use serde::{Deserialize, Serialize};

/// What is reported of how answers are written, and judges nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProfileFigures {
    /// Names of the indices.
    pub indices: Vec<String>,
    /// By persona, in the run's order.
    pub personas: Vec<PersonaIndices>,
    /// Answers that are in another language than English.
    pub foreign: usize,
    /// All answers.
    pub answers: usize,
    /// What each trait's score is worth, on real text.
    pub traits: Vec<TraitCalibration>,
    /// Real texts that this was measured on.
    pub labelled: usize,
}

/// One persona's indices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonaIndices {
    /// The persona's id.
    pub persona: String,
    /// Mean of each index over the answers that have it; none where none has.
    pub means: Vec<Option<f64>>,
    /// Answers in another language than English.
    pub foreign: usize,
}
