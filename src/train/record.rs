//! What a training leaves to be read: its figures, and the journal of its steps.

use super::trainer::Stepped;
use crate::curriculum::PhaseReport;
use crate::error::{Error, IoContext, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;

/// Version of [`TrainingRecord`]'s layout.
pub const RECORD_VERSION: u32 = 1;

/// A file of examples, as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFile {
    /// Its name, from the folder.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
    /// Examples in it.
    pub examples: usize,
    /// Lines that are none.
    pub rejects: usize,
}

/// Losses of one set of tokens under the base alone and with the adapter: mean nats a token.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Losses {
    /// Tokens.
    pub tokens: usize,
    /// The base alone.
    pub base: f64,
    /// With the adapter.
    pub adapter: f64,
}

/// A look at the held-out examples.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Steps done by then.
    pub step: usize,
    /// Of each adapter that has held-out examples.
    pub losses: Vec<Option<f64>>,
}

/// A line of the journal.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum JournalLine {
    /// The first line: whose numbers follow.
    Head {
        /// In the order of all lists by adapter.
        adapters: Vec<String>,
        /// In the order that the first number of a step's `personas` counts.
        personas: Vec<String>,
    },
    /// A look.
    Look {
        /// What was seen.
        look: Look,
    },
    /// A step.
    Step {
        /// What it did.
        #[serde(flatten)]
        stepped: Stepped,
        /// Seconds it took.
        seconds: f64,
    },
}

/// What a persona's examples cost in the earlier and in the later half of the steps that it is in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Halves {
    /// Mean loss of the earlier ones, in nats a token.
    pub earlier: f64,
    /// Of the later ones.
    pub later: f64,
    /// Learned tokens of both.
    pub tokens: usize,
}

impl Halves {
    /// Of each of so many personas; none of one that is in fewer than two steps.
    pub fn by_persona<'a>(steps: impl Iterator<Item = &'a Stepped>, personas: usize) -> Vec<Option<Self>> {
        let mut parts = vec![Vec::new(); personas];
        for (persona, _, tokens, sum) in steps.flat_map(|s| &s.personas) {
            if let Some(own) = parts.get_mut(*persona) {
                own.push((*tokens, *sum));
            }
        }
        parts.iter().map(|own| Self::of(own)).collect()
    }

    /// Of learned tokens and sums of their losses, a step each.
    fn of(steps: &[(usize, f64)]) -> Option<Self> {
        let (first, second) = steps.split_at(steps.len() / 2);
        let sums = |half: &[(usize, f64)]| half.iter().fold((0, 0.0), |(n, s), (t, l)| (n + t, s + l));
        let ((n, earlier), (m, later)) = (sums(first), sums(second));
        (n > 0 && m > 0).then(|| Self { earlier: earlier / n as f64, later: later / m as f64, tokens: n + m })
    }
}

/// One adapter's training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdapterRecord {
    /// Its name.
    pub name: String,
    /// Personas that trained it.
    pub personas: Vec<String>,
    /// Examples that trained it, each counted once.
    pub examples: usize,
    /// Its steps.
    pub steps: u64,
    /// Whether it stopped before the end.
    pub stopped_early: bool,
    /// Mean loss of the first and of the last tenth of its steps, in nats a token.
    pub training_loss: (f64, f64),
    /// How much less its personas' later examples cost than their earlier ones, in nats a token; none where none came twice.
    pub fall: Option<f64>,
    /// Of held-out examples.
    pub heldout: Option<Losses>,
    /// Of neutral text without persona or tag: what general ability was lost.
    pub neutral: Option<Losses>,
    /// What it says word for word of its training examples.
    pub memorised: Option<Memorised>,
    /// Euclidean norm of all s·B·A: how far it is from the base; 0 is an adapter that does nothing.
    pub update_norm: f64,
    /// SHA-256 of its configuration and weights, as runs name it; empty in records of earlier versions.
    #[serde(default)]
    pub sha256: String,
}

/// Answers that a model goes on with word for word after their beginning (Carlini et al. 2023, arXiv 2202.07646).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Memorised {
    /// Answers asked for.
    pub of: usize,
    /// Given with the adapter.
    pub adapter: usize,
    /// Given by the base alone.
    pub base: usize,
}

/// One persona's part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonaRecord {
    /// Its id.
    pub id: String,
    /// The adapter that it trained.
    pub adapter: String,
    /// Its examples.
    pub examples: usize,
    /// How many were to be seen, repeats counted.
    pub planned: u64,
    /// How many were seen.
    pub seen: u64,
    /// Of held-out examples.
    pub heldout: Option<Losses>,
}

/// One phase.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PhaseRecord {
    /// Its highest learning rate, the factor in it.
    pub learning_rate: f64,
    /// Its steps, from the first, counted from 1, to the last.
    pub steps: (usize, usize),
    /// What was wanted, and what could be had.
    pub report: PhaseReport,
}

/// Where a training's time went, and what it took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Seconds of all steps.
    pub seconds: f64,
    /// Tokens of all steps, prompts included.
    pub tokens: u64,
    /// Most memory that the process had, in MiB; 0 where the system does not tell.
    pub peak_mib: u64,
    /// Whether it was gone on with after a stop.
    pub resumed: bool,
}

/// A training: `training.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainingRecord {
    /// Version of this layout.
    pub version: u32,
    /// The program.
    pub program: String,
    /// When it ended, UTC.
    pub ended: String,
    /// The base's name, the SHA-256 of its weights, and how they were computed with.
    pub base: (String, String, String),
    /// All keys of the configuration, and the data's digests: what a checkpoint must be of.
    pub made_of: Value,
    /// The files of the examples.
    pub files: Vec<DataFile>,
    /// Those of the held-out ones.
    pub heldout_files: Vec<DataFile>,
    /// The phases.
    pub phases: Vec<PhaseRecord>,
    /// The adapters.
    pub adapters: Vec<AdapterRecord>,
    /// The personas.
    pub personas: Vec<PersonaRecord>,
    /// What should be looked at.
    pub warnings: Vec<String>,
    /// What it took.
    pub cost: Cost,
}

impl TrainingRecord {
    /// Reads `training.json`.
    ///
    /// # Errors
    /// The file cannot be read, or is of a later version.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).asked("read", path)?;
        let record: Self = serde_json::from_str(&text)
            .map_err(|e| Error::input("this is no record of a training").at(path, e.line()).because(e))?;
        if record.version > RECORD_VERSION {
            return Err(Error::input(format!("the record's layout is version {}", record.version))
                .in_file(path)
                .expected(format!("{RECORD_VERSION} at most"))
                .help("read it with the program that wrote it, or a later one"));
        }
        Ok(record)
    }
}
