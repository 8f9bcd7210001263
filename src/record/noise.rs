//! What repeats of a run differ by, when nothing has changed.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Spread of a run's figures over repeats with the same files and other seeds.
///
/// Batch sizes and thread counts are part of it: where the engine's texts do not depend on them, which
/// `identical` says, they add nothing; where they do, the repeats vary them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// Seeds of the repeats, the run's own first.
    pub seeds: Vec<u64>,
    /// Rows that were generated together, by repeat.
    pub rows: Vec<usize>,
    /// Threads, by repeat.
    pub threads: Vec<usize>,
    /// Share of texts that are the same whatever the rows and threads, 0..=1; none where it was not measured.
    pub identical: Option<f64>,
    /// Shared prompts that the figures rest on.
    pub prompts: usize,
    /// Standard deviation over the repeats of each metric of the whole run (divisor n − 1).
    pub metrics: BTreeMap<String, f64>,
    /// The same for one persona, pooled over the personas (root mean square).
    pub personas: BTreeMap<String, f64>,
    /// The same for one adapter group, pooled over the groups.
    pub groups: BTreeMap<String, f64>,
}

impl Noise {
    /// Number of runs.
    pub fn repeats(&self) -> usize {
        self.seeds.len()
    }
}
