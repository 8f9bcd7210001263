//! Everything that is told of a data set.

use serde::Serialize;

use super::before_after::Changes;
use super::counts::Counts;
use super::gaps::Gaps;
use super::inconsistencies::Inconsistency;

/// A data set's counts, held against whatever was given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Measured {
    /// The name of its file or folder.
    pub name: String,
    /// What it holds.
    pub counts: Counts,
    /// Personas of the registry that have examples.
    pub seen: usize,
    /// Personas of the registry.
    pub registered: usize,
    /// Personas that have examples and stand in no registry, with their counts.
    pub not_in_registry: Vec<(String, u64)>,
    /// Shares, and what they lack where there are targets.
    pub gaps: Gaps,
    /// The name of the targets' file.
    pub targets: Option<String>,
    /// The name of the data set that it is compared with.
    pub against: Option<String>,
    /// What changed since that one.
    pub changes: Option<Changes>,
    /// The name of the plan's file.
    pub plan: Option<String>,
    /// Where the plan contradicts itself.
    pub inconsistencies: Vec<Inconsistency>,
}
