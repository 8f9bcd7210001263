//! What repeats of a run differ by, when nothing has changed.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How much two runs of the same files at different seeds differ, measured on repeats.
///
/// Each entry is the standard deviation of the difference between two runs: √2 times that of the repeats' figures, or the
/// standard error of the paired difference between two repeats (root mean square over all pairs of them) where that is
/// larger, since a few repeats alone tell a spread badly.
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
    /// Standard deviation of the difference between two runs, by metric.
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

    /// Degrees of freedom of a figure that is pooled over so many personas or groups (1: the run as a whole).
    pub fn degrees(&self, pooled: usize) -> usize {
        self.repeats().saturating_sub(1).max(1) * pooled.max(1)
    }
}
