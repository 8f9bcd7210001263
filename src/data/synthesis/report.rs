//! What was written and why not more: the manifest of a folder of synthetic examples.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::super::write::Shard;
use super::options::Settings;
use super::reason::Reason;
use super::speaker::Stamp;
use crate::persona::Sampling;

/// What was written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Synthesised {
    /// Version of this file's layout.
    pub version: u32,
    /// Version of the program.
    pub program: String,
    /// That nobody may take it for what people wrote.
    pub made_by: String,
    /// What wrote the texts.
    pub speaker: Stamp,
    /// What decided which are kept.
    pub settings: Settings,
    /// How the shards are written.
    pub format: String,
    /// SHA-256 of the training configuration, where that says what is wanted.
    pub config_sha256: Option<String>,
    /// SHA-256 of the registry.
    pub registry_sha256: String,
    /// SHA-256 of the tagger.
    pub tagger_sha256: String,
    /// Prompts and references of suites that nothing may be taken from, and the SHA-256 of them all.
    pub passages: (u64, String),
    /// The files with the real examples.
    pub from: Vec<FromFile>,
    /// Real prompts that are not asked, by the reason.
    pub prompts_left_out: BTreeMap<String, u64>,
    /// What became of each persona.
    pub personas: BTreeMap<String, PersonaResult>,
    /// Why it ended; none while it goes on.
    pub ended: Option<Ended>,
    /// The files written.
    pub shards: Vec<Shard>,
}

/// A file with real examples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FromFile {
    /// Its path from the folder.
    pub path: String,
    /// Its size.
    pub bytes: u64,
}

/// Why the work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// All that was wanted is there.
    Complete,
    /// Every prompt was tried as often as it may be.
    Prompts,
    /// The budget of examples is spent.
    Examples,
    /// The budget of time is spent.
    Time,
}

/// One persona.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonaResult {
    /// What was known before the first candidate.
    pub plan: PersonaPlan,
    /// Candidates that were judged.
    pub judged: u64,
    /// Those that were kept.
    pub kept: u64,
    /// Those that were not, by the first check that they did not pass.
    pub refused: BTreeMap<Reason, u64>,
}

/// What a persona's candidates are made with and held against.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonaPlan {
    /// Real examples.
    pub real: u64,
    /// Synthetic examples that were there before.
    pub synthetic: u64,
    /// Examples to be written.
    pub wanted: u64,
    /// Its own prompts that are asked.
    pub own_prompts: u64,
    /// Other prompts of its category that are asked.
    pub category_prompts: u64,
    /// What it speaks with.
    pub blend: String,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// Fewest and most words of an answer.
    pub words: (u64, u64),
    /// The instruments, tried on its real answers.
    pub instruments: Vec<Instrument>,
}

/// How an instrument fared on a persona's real answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instrument {
    /// `category`, `voice` or `traits`.
    pub name: String,
    /// Real answers that pass.
    pub known: u64,
    /// Real answers that it was tried on.
    pub tried: u64,
    /// Whether candidates must pass it.
    pub used: bool,
}

impl Synthesised {
    /// The layout that this program writes.
    pub(super) const VERSION: u32 = 1;

    /// The same before the first candidate: what must be alike for work to go on.
    pub(super) fn begun(&self) -> Self {
        let fresh = |result: &PersonaResult| PersonaResult {
            plan: result.plan.clone(),
            judged: 0,
            kept: 0,
            refused: BTreeMap::new(),
        };
        Self {
            personas: self.personas.iter().map(|(id, result)| (id.clone(), fresh(result))).collect(),
            ended: None,
            shards: Vec::new(),
            ..self.clone()
        }
    }

    /// Sums a count over the personas.
    pub fn sum(&self, of: impl Fn(&PersonaResult) -> u64) -> u64 {
        self.personas.values().map(of).sum()
    }
}
