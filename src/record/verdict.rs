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

impl Verdict {
    /// Fail if one of them failed, else inconclusive if one was, else pass.
    pub fn worst(all: impl IntoIterator<Item = Verdict>) -> Verdict {
        all.into_iter().fold(Verdict::Pass, |worst, v| match (worst, v) {
            (Verdict::Fail, _) | (_, Verdict::Fail) => Verdict::Fail,
            (Verdict::Inconclusive, _) | (_, Verdict::Inconclusive) => Verdict::Inconclusive,
            _ => Verdict::Pass,
        })
    }
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
    /// The baseline that it is held against; none for an absolute gate.
    #[serde(default)]
    pub against: Option<Against>,
    /// The smallest true difference from the threshold, or loss since the baseline with the margin counted in, that this
    /// design finds four times in five; none where nothing was measured.
    #[serde(default)]
    pub detectable: Option<f64>,
    /// Where every persona or group is judged by itself: each one, the worst first.
    #[serde(default)]
    pub parts: Vec<GatePart>,
}

impl GateVerdict {
    /// The margin on the other side, where a gain counts like a loss.
    pub fn other_threshold(&self) -> Option<f64> {
        self.against.as_ref().filter(|a| a.two_sided).map(|a| a.margin)
    }

    /// Whether its figure is a change since a baseline, also where there was none to measure it from.
    pub fn is_change(&self) -> bool {
        self.against.is_some() || ["loss <", "|change| <"].iter().any(|b| self.bound.starts_with(b))
    }

    /// Whether it failed against a baseline: for readers it regressed.
    pub fn regressed(&self) -> bool {
        self.verdict == Verdict::Fail && self.against.is_some()
    }
}

/// What a gate against a baseline compares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Against {
    /// The run that the baseline was accepted from.
    pub baseline: String,
    /// Mean of the matched units in the baseline.
    pub before: f64,
    /// The same in this run; the gate's estimate is the difference.
    pub after: f64,
    /// What may be lost.
    pub margin: f64,
    /// Whether a gain of the margin counts like a loss of it.
    #[serde(default)]
    pub two_sided: bool,
    /// Where the margin comes from, and where the noise of repeats is counted, in one sentence.
    pub margin_from: String,
    /// One-sided p that the loss (two-sided: the change) exceeds the margin, adjusted for all gates and parts (Holm); 1 where the interval does not
    /// lie beyond the margin.
    pub p: f64,
}

/// One persona or group, judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GatePart {
    /// The persona's id or the group's name.
    pub name: String,
    /// What was measured; for a gate against a baseline the difference.
    pub estimate: Option<Estimate>,
    /// What the part says.
    pub verdict: Verdict,
    /// Against a baseline: before, after, margin and adjusted p.
    pub against: Option<Against>,
    /// As [`GateVerdict::detectable`].
    pub detectable: Option<f64>,
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
