//! How a figure changed from one run to the other.

use crate::error::Result;
use crate::stats::{Estimate, Resampling, mean, sign_flip};
use serde::Serialize;

/// A metric before and after, with the paired difference.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The metric's dotted name.
    pub metric: String,
    /// Mean of the matched units before.
    pub before: f64,
    /// The same after.
    pub after: f64,
    /// After less before, paired by prompt or task, with its interval.
    pub difference: Estimate,
    /// Two-sided sign-flip p: under the null the two runs' labels can be exchanged within any prompt.
    pub p: f64,
    /// p adjusted for all metrics of the comparison (Holm).
    pub holm: f64,
}

/// How far a persona stands apart, before and after.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonaChange {
    /// The persona's id.
    pub persona: String,
    /// Mean margin before, in cosine.
    pub before: f64,
    /// The same after.
    pub after: f64,
    /// After less before, paired by prompt.
    pub difference: Estimate,
    /// Two-sided sign-flip p.
    pub p: f64,
    /// False-discovery rate over all personas (Benjamini–Hochberg).
    pub q: f64,
}

/// Point, paired interval and p of units before and after; none where fewer than two units are common.
pub(super) struct Paired {
    pub before: f64,
    pub after: f64,
    pub difference: Estimate,
    pub p: f64,
}

impl Paired {
    /// `units` are (before, after), one a prompt or task.
    pub(super) fn new(
        name: &str,
        units: &[(f64, f64)],
        unit: &str,
        resampling: &Resampling,
    ) -> Result<Option<Self>> {
        if units.len() < 2 {
            return Ok(None);
        }
        let (before, after): (Vec<f64>, Vec<f64>) = units.iter().copied().unzip();
        let differences: Vec<f64> = units.iter().map(|(a, b)| b - a).collect();
        let mut bootstrap = resampling.bootstrap(name);
        if unit == "share" {
            bootstrap = bootstrap.within(0.0, 1.0);
        }
        Ok(Some(Self {
            before: mean(&before),
            after: mean(&after),
            difference: bootstrap.difference(&before, &after, unit, true)?,
            p: sign_flip(
                &differences,
                resampling.permutations,
                resampling.seed(&format!("{name} sign flip")),
            )?,
        }))
    }
}
