//! All gates of a run.

use super::evidence::Evidence;
use super::{absolute, baseline};
use crate::error::Result;
use crate::record::{GateVerdict, Verdict};
use crate::stats::holm;
use crate::suite::Gate;

/// Judges every gate, in the suite's order.
///
/// A gate with a threshold passes when the whole interval lies beyond it, and fails when the whole interval lies on
/// the other side. A gate against a baseline passes when the whole interval of the change rules out a loss of the
/// margin; it regresses when the whole interval lies beyond the margin and the sign-flip p of that, adjusted for the
/// gate's parts and for all gates against the baseline (Holm within, then between: the family-wise error stays ≤ 2.5 %),
/// is small enough. All others are inconclusive, as are those whose instrument failed a control.
///
/// # Errors
/// When an interval cannot be made.
pub fn judge(gates: &[Gate], evidence: &Evidence<'_>) -> Result<Vec<GateVerdict>> {
    let mut candidates = Vec::new();
    for gate in gates.iter().filter(|g| g.against_baseline()) {
        candidates.push(baseline::measure(gate, evidence, evidence.reference.as_ref())?);
    }
    let own: Vec<f64> = candidates.iter().map(|c| c.p).collect();
    let adjusted = holm(&own)?;
    let factors = own.iter().zip(&adjusted).map(|(p, adjusted)| adjusted / p);
    let mut settled =
        candidates.into_iter().zip(factors).map(|(candidate, factor)| baseline::settle(candidate, factor));
    let judged = gates.iter().map(|gate| match gate.against_baseline() {
        true => settled.next().map_or_else(|| absolute::judge(gate, evidence), Ok),
        false => absolute::judge(gate, evidence),
    });
    judged.collect()
}

/// The run's verdict: fail if a gate failed, else inconclusive if one was, else pass.
pub fn overall(gates: &[GateVerdict]) -> Verdict {
    Verdict::worst(gates.iter().map(|g| g.verdict))
}
