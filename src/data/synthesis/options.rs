//! How examples are written.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::super::write::ShardFormat;

/// What decides which candidates there are and which are kept. Work that was stopped goes on only with the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Seed of prompts and draws.
    pub seed: u64,
    /// Whether prompts of other personas of its category are asked too.
    ///
    /// Not by default: what people ask a safety guardian an oracle should not answer.
    pub category_prompts: bool,
    /// Most kept answers to one prompt in one persona's voice.
    pub answers: u32,
    /// Most candidates for one prompt in one persona's voice.
    pub attempts: u32,
    /// Share of a persona's traits that must show, and one at least.
    pub trait_share: f64,
    /// Jaccard similarity from which an answer is a near-duplicate.
    pub near: f64,
    /// Fewest words of an answer; by the persona's real answers where none.
    pub least_words: Option<usize>,
    /// Most words, likewise.
    pub most_words: Option<usize>,
    /// Temperature in the place of every persona's own.
    pub temperature: Option<f32>,
    /// Most tokens of an answer in the place of every persona's own.
    pub max_tokens: Option<usize>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 0,
            category_prompts: false,
            answers: 2,
            attempts: 4,
            trait_share: 0.5,
            near: 0.7,
            least_words: None,
            most_words: None,
            temperature: None,
            max_tokens: None,
        }
    }
}

/// What ends the work before all that is wanted was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Budget {
    /// Examples of all personas together, those that were kept before a stop too.
    pub examples: Option<u64>,
    /// Time of this process's own work.
    pub time: Option<Duration>,
}

/// Where they are written, and with what.
#[derive(Debug, Clone)]
pub struct SynthesisOptions {
    /// Folder of the shards: a new or an empty one, or that of the work that goes on.
    pub out: PathBuf,
    /// How they are written.
    pub format: ShardFormat,
    /// What decides the examples.
    pub settings: Settings,
    /// What ends the work early.
    pub budget: Budget,
    /// Candidates that are written together; it changes the speed alone.
    pub rows: usize,
    /// SHA-256 of the training configuration, where that says what is wanted.
    pub config_sha256: Option<String>,
    /// Whether to go on with the work that lies there.
    pub resume: bool,
}
