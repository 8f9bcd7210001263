//! Verdicts of gates and of instruments.

use crate::stats::Estimate;
use serde::{Deserialize, Serialize};

/// What a gate says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The whole interval lies beyond the threshold.
    Pass,
    /// The whole interval lies on the wrong side.
    Fail,
    /// The interval holds the threshold, or the instrument may not judge.
    Inconclusive,
}

/// One gate, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateVerdict {
    /// The gate's name in the suite.
    pub name: String,
    /// The metric's dotted name.
    pub metric: String,
    /// What the metric is, in one line.
    pub about: String,
    /// What was measured; none where the instrument does not qualify.
    pub estimate: Option<Estimate>,
    /// The threshold as a reader would write it, for instance `> 0.0526`.
    pub bound: String,
    /// The threshold's value.
    pub threshold: f64,
    /// Why this threshold, from the suite.
    pub reason: String,
    /// What the gate says.
    pub verdict: Verdict,
    /// Why it says so, in one sentence.
    pub because: String,
}

/// A control that an instrument must pass before its gates count.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Qualification {
    /// Name of the control (`real text above chance`, `shuffled labels at chance`, `not length alone`, …).
    pub name: String,
    /// What was found, in one sentence with its figures.
    pub finding: String,
    /// Whether the instrument passed it.
    pub passed: bool,
}

/// Control on the answers: they must tell the persona by more than their length.
pub const ANSWERS_NOT_LENGTH: &str = "answers: not length alone";
/// Control on the answers: they must tell the persona by more than what they talk about.
pub const ANSWERS_NOT_CONTENT: &str = "answers: not content alone";

impl Qualification {
    /// Whether this is a control of what the answers are told apart by, not of the instrument.
    ///
    /// When it fails, personas told apart are no proof of voices; personas *not* told apart stay a failure, since
    /// length and content could only have helped them.
    pub fn is_of_answers(&self) -> bool {
        self.means().is_some()
    }

    /// What it means, in plain words, when this control of the answers fails though they are told apart; none for a
    /// control of the instrument.
    pub fn means(&self) -> Option<&'static str> {
        match self.name.as_str() {
            ANSWERS_NOT_LENGTH => Some("personas differ in length only"),
            ANSWERS_NOT_CONTENT => Some("personas differ in what they talk about, not how"),
            _ => None,
        }
    }
}
