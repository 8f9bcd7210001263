//! Choices by likelihood: how many are right under each normalisation, and how sure they were.

use crate::stats::{CalibrationError, Estimate};
use serde::{Deserialize, Serialize};

/// All choices of a run, and its preferences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChoiceFigures {
    /// One entry a normalisation; empty where there are preferences only.
    pub normalisations: Vec<NormalisedChoices>,
    /// Preferences between two replies; none where the suite has none.
    pub preferences: Option<PreferenceFigures>,
}

/// The choices under one normalisation, whichever their items are scored by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NormalisedChoices {
    /// `sum`, `tokens`, `characters` or `unconditional`.
    pub normalisation: String,
    /// Items that are scored by it.
    pub used: usize,
    /// Share of all choices that it gets right.
    pub right: Estimate,
    /// Share that drawing an option would get right.
    pub chance: f64,
    /// The softmax of the options' scores held against what was right.
    pub calibration: CalibrationError,
}

/// Pairs of replies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PreferenceFigures {
    /// Share of pairs in which the persona shifts towards the reply that fits; 0.5 is chance.
    pub share: Estimate,
    /// Mean shift of the log-odds against the plain base model, nats.
    pub shift: Estimate,
}
