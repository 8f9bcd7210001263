//! Gates on figures that decide nothing in this run.

use crate::record::{GateVerdict, Verdict};
use std::collections::BTreeMap;

/// Makes the gates inconclusive whose metric is in `reasons`, whatever their interval says.
pub fn withhold(verdicts: &mut [GateVerdict], reasons: &BTreeMap<String, String>) {
    for verdict in verdicts {
        if let Some(why) = reasons.get(&verdict.metric) {
            verdict.verdict = Verdict::Inconclusive;
            verdict.because.clone_from(why);
        }
    }
}
