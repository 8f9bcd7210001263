//! Where a plan contradicts itself: its own numbers, held against arithmetic.

use serde::Serialize;

use super::plan::Plan;
use super::{current, projected, shares, sums};
use crate::persona::Registry;

/// Two numbers that should agree, and cannot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Inconsistency {
    /// The rule that found it.
    pub rule: &'static str,
    /// File, line, and where in the plan.
    pub place: String,
    /// What contradicts what, in a sentence.
    pub what: String,
    /// The number as it is stated.
    pub stated: String,
    /// The number that follows from the others.
    pub found: String,
    /// What would explain it, where something does.
    pub hint: Option<String>,
}

/// Everything in which a plan contradicts itself, in this order: shares that no data set can have, what is said of the present,
/// sums that differ from their rows, and what is said of the future.
///
/// A number is as exact as it is written (see [`super::Stated`]): what rounding explains is no inconsistency.
pub fn inconsistencies(plan: &Plan, file: &str, registry: &Registry) -> Vec<Inconsistency> {
    let mut all = shares::of_targets(&plan.targets(file), registry);
    all.extend(shares::of_weights(plan));
    all.extend(shares::of_balance(plan));
    all.extend(current::of_present(plan));
    all.extend(current::of_needs(plan));
    all.extend(sums::of_steps(plan));
    all.extend(sums::of_phases(plan));
    all.extend(projected::of_personas(plan));
    all.extend(projected::of_status(plan));
    all.extend(sums::of_repeated(plan));
    all
}
