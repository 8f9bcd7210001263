//! The level that gates against the baseline share, and the loss that they find at it.

use crate::stats::{Estimate, detectable_by_both, detectable_loss, least_units};
use crate::suite::Gate;

/// Power at which the detectable effect is told.
pub const POWER: f64 = 0.8;

/// Chance that any gate of a run regresses though nothing has changed, at most.
pub const FAMILY: f64 = 0.05;

/// One test's part of the level that so many tests share, one-sided.
pub(super) fn alpha(gate: &Gate, tests: usize) -> f64 {
    // A one-sided test at 5 % would call a loss what the 95 % interval does not.
    let alpha = FAMILY / tests.max(1) as f64;
    (if gate.two_sided { alpha / 2.0 } else { alpha }).min(0.025)
}

/// The loss that is found four times in five; none where nothing varied, so that nothing is known of it, and where no loss
/// could be, for so few prompts have too few sign patterns.
pub(super) fn detectable(gate: &Gate, e: &Estimate, margin: f64, alpha: f64) -> Option<f64> {
    let error = e.standard_error.filter(|error| *error > 0.0)?;
    found_by(gate, margin, error, e.n, e.degrees, alpha)
}

/// The same for a standard error over `n` units, or with `degrees` of its own.
pub(super) fn found_by(
    gate: &Gate,
    margin: f64,
    error: f64,
    n: usize,
    degrees: Option<usize>,
    alpha: f64,
) -> Option<f64> {
    let texts = gate.metric.starts_with("likelihood.");
    let by_student =
        |v: usize| Some(detectable_loss(margin, error, v, alpha, POWER)).filter(|d| d.is_finite());
    match degrees {
        _ if !texts && n < least_units(alpha) => None,
        Some(degrees) => by_student(degrees),
        None if texts => by_student(n.saturating_sub(1)),
        None => detectable_by_both(margin, error, n, alpha, POWER),
    }
}
