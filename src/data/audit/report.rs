//! What an audit is asked for, and what it found in all: the manifest of its folder.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::super::query::Limits;
use super::super::write::{Shard, ShardFormat};
use super::finding_kind::FindingKind;
use crate::overlap::Bands;

/// How a data set is audited.
#[derive(Debug, Clone)]
pub struct AuditOptions {
    /// Folder of the findings and of what is kept, a new or an empty one.
    pub out: PathBuf,
    /// What is removed; of nothing no example is written.
    pub remove: BTreeSet<FindingKind>,
    /// How what is kept is written.
    pub format: ShardFormat,
    /// Jaccard index from which an example is a near-copy, above 0 and up to 1.
    pub near: f64,
    /// Share of a passage's runs of eight words from which it has leaked, above 0 and up to 1.
    pub leak_share: f64,
    /// Memory and threads of the plans.
    pub limits: Limits,
}

/// An audited data set.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Audit {
    /// Version of this file's layout.
    pub version: u32,
    /// Version of the program.
    pub program: String,
    /// What was removed.
    pub remove: BTreeSet<FindingKind>,
    /// Jaccard index from which an example is a near-copy.
    pub near: f64,
    /// Share of the pairs with that very index that are compared at all; of more similar ones more are.
    pub near_recall: f64,
    /// Share of a passage from which it has leaked.
    pub leak_share: f64,
    /// Suites whose passages were looked for, with how many each has.
    pub suites: BTreeMap<String, u64>,
    /// Examples.
    pub examples: u64,
    /// Examples that are kept; all where nothing is removed.
    pub kept: u64,
    /// Examples with findings of each kind; one may have several.
    pub found: BTreeMap<FindingKind, u64>,
    /// Those of them that are kept.
    pub stay: BTreeMap<FindingKind, u64>,
    /// Copies and near-copies by their source, then by the source of what they copy.
    pub copies: BTreeMap<String, BTreeMap<String, u64>>,
    /// Examples with a leak, by suite and prompt.
    pub leaks: BTreeMap<String, BTreeMap<String, u64>>,
    /// Pieces of personal data, by what they are.
    pub personal: BTreeMap<String, u64>,
    /// Copies, near or exact, that have another persona than what they copy.
    pub other_persona: u64,
    /// Examples that were compared with a part only of those that might be near: they come from a template.
    pub crowded: u64,
    /// File by file.
    pub files: Vec<AuditedFile>,
    /// The files of what is kept, in the same order; none of a file of which nothing is kept.
    pub shards: Vec<Shard>,
}

/// One file of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditedFile {
    /// Its path from the folder.
    pub path: String,
    /// Its examples.
    pub examples: u64,
    /// Those that are kept.
    pub kept: u64,
    /// Lines that are no examples, listed in `findings.jsonl`.
    pub rejected: u64,
    /// Keys of lines that no example has, with how many lines have them: they are in no shard.
    pub left_out: BTreeMap<String, u64>,
}

impl Audit {
    /// The layout that this program writes.
    const VERSION: u32 = 1;

    /// Nothing was looked at yet.
    pub(super) fn new(options: &AuditOptions, suites: BTreeMap<String, u64>) -> Self {
        Self {
            version: Self::VERSION,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            remove: options.remove.clone(),
            near: options.near,
            near_recall: Bands::of(options.near).recall(options.near),
            leak_share: options.leak_share,
            suites,
            examples: 0,
            kept: 0,
            found: BTreeMap::new(),
            stay: BTreeMap::new(),
            copies: BTreeMap::new(),
            leaks: BTreeMap::new(),
            personal: BTreeMap::new(),
            other_persona: 0,
            crowded: 0,
            files: Vec::new(),
            shards: Vec::new(),
        }
    }

    /// Lines that are no examples.
    pub fn rejected(&self) -> u64 {
        self.files.iter().map(|f| f.rejected).sum()
    }

    /// Examples with findings of a kind.
    pub fn of(&self, kind: FindingKind) -> u64 {
        self.found.get(&kind).copied().unwrap_or_default()
    }
}
