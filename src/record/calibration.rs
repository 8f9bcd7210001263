//! How far a suite's gates and intervals can be trusted, measured on repeats of one run.

use super::provenance::Machine;
use crate::stats::Interval;
use crate::suite::Gate;
use serde::{Deserialize, Serialize};

/// What repeats of a suite, in which nothing but the seed differs, say of its gates and intervals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// The suite's name.
    pub suite: String,
    /// What judged the answers.
    pub instrument: String,
    /// The repeats' ids.
    pub runs: Vec<String>,
    /// Personas that answered.
    pub personas: usize,
    /// Prompts that all repeats answered.
    pub prompts: usize,
    /// Root seed of the draws.
    pub seed: u64,
    /// Version of this program.
    #[serde(default)]
    pub version: String,
    /// Chance that any gate regresses though nothing has changed, which the gates are made to stay below.
    #[serde(default)]
    pub family: f64,
    /// The gates that were judged, as the suite declares them.
    #[serde(default)]
    pub gates: Vec<Gate>,
    /// The gates against the baseline, on pairs of runs between which nothing has changed.
    pub false_alarms: FalseAlarms,
    /// Nominal intervals against known truths.
    pub coverage: Vec<Coverage>,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// The machine.
    pub machine: Machine,
}

/// How often gates regress though nothing has changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FalseAlarms {
    /// Pairs drawn. The two sides of a pair share no answer.
    pub pairs: usize,
    /// Prompts on each side.
    pub prompts: usize,
    /// Repeats from which each pair's baseline takes its noise.
    pub repeats: usize,
    /// Pairs on which any gate regressed.
    pub alarms: usize,
    /// Their share.
    pub rate: f64,
    /// Wilson's interval of the share: what drawing so many pairs leaves open. All are drawn from the same repeats, which
    /// more pairs do not make more of.
    pub interval: Interval,
    /// Pairs on which every gate passed.
    pub all_passed: usize,
    /// By gate.
    pub gates: Vec<GateAlarms>,
}

/// One gate's verdicts over the pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateAlarms {
    /// The gate's name.
    pub name: String,
    /// The metric's dotted name.
    pub metric: String,
    /// Pairs on which it passed.
    pub passed: usize,
    /// Pairs on which it stayed undecided.
    pub inconclusive: usize,
    /// Pairs on which it regressed: false alarms.
    pub regressed: usize,
    /// Share of the pairs whose interval of the change holds 0, the truth; none for gates on parts.
    pub covered: Option<f64>,
    /// Mean over the pairs of the loss that it would have found four times in five; for gates on parts, of the worst part.
    pub detectable: Option<f64>,
}

/// How often a nominal interval covers the truth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Coverage {
    /// What is estimated.
    pub figure: String,
    /// Prompts of each simulated suite.
    pub prompts: usize,
    /// Simulated suites.
    pub suites: usize,
    /// Nominal coverage.
    pub level: f64,
    /// Share of the intervals that hold the truth.
    pub covered: f64,
    /// Wilson's interval of that share.
    pub interval: Interval,
    /// Mean width of the intervals, in the figure's unit.
    pub width: f64,
}
