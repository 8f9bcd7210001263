//! The record of a run.

use super::blends::BlendFigures;
use super::comparison::Comparison;
use super::conditions::ConditionFigures;
use super::figures::{PersonaFigures, SeparabilityFigures, StyleFigures, TaskFigures, TaskItem};
use super::instrument::InstrumentFigures;
use super::item::Item;
use super::judge::JudgeFigures;
use super::likelihood::{LikelihoodFigures, TextScore};
use super::noise::Noise;
use super::provenance::{BatchIdentity, Provenance, Stage};
use super::scores::{PairScore, Scores, TaskScore};
use super::verdict::{GateVerdict, Qualification, Verdict};
use crate::error::{Error, IoContext, Result};
use crate::stats::Estimate;
use crate::suite::{Generation, Prompt};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// Version of `run.json`; a reader of this version reads all earlier ones.
pub const SCHEMA_VERSION: u32 = 1;

/// One run's figures, verdicts and provenance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Version of this layout.
    pub schema_version: u32,
    /// Name of the run's folder.
    pub id: String,
    /// The suite's name.
    pub suite: String,
    /// Folder of the suite's file, relative to where the run was started; empty where it lay elsewhere, and in earlier
    /// records.
    #[serde(default)]
    pub suite_folder: String,
    /// Start, RFC 3339, UTC.
    pub started: String,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// The command that made it.
    pub command: String,
    /// The run's verdict: fail if a gate failed, else inconclusive if one was, else pass.
    pub verdict: Verdict,
    /// One sentence on what this model and these figures can and cannot show.
    pub caveat: String,
    /// The personas, in registry order.
    pub personas: Vec<PersonaRow>,
    /// By persona.
    pub persona_figures: Vec<PersonaFigures>,
    /// Separability.
    pub separability: Option<SeparabilityFigures>,
    /// Style.
    pub style: Option<StyleFigures>,
    /// Tasks.
    pub tasks: Option<TaskFigures>,
    /// The shared prompts asked in other ways; none where they were not, and in earlier records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conditions: Option<ConditionFigures>,
    /// Likelihoods of real text; none in records from before they were measured.
    #[serde(default)]
    pub likelihood: Option<LikelihoodFigures>,
    /// A judge's opinion; none where nobody was asked, and in records from before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<JudgeFigures>,
    /// Sweeps of blends; none where there are none, and in earlier records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blends: Option<BlendFigures>,
    /// Raw scores of the answers to the shared prompts; none in records from before they were kept.
    #[serde(default)]
    pub items: Vec<Item>,
    /// All estimates of the run that gates may judge, by the metric's dotted name; none in records from before.
    #[serde(default)]
    pub estimates: BTreeMap<String, Estimate>,
    /// Margins of the pairs of personas that gates name.
    #[serde(default)]
    pub pair_scores: Vec<PairScore>,
    /// The shared prompts that were asked; none in earlier records.
    #[serde(default)]
    pub prompts: Vec<Prompt>,
    /// How they were answered; none in earlier records.
    #[serde(default)]
    pub generation: Option<Generation>,
    /// What repeats of the run differ by; none where it was made once.
    #[serde(default)]
    pub noise: Option<Noise>,
    /// What changed since the baseline; none where there is no baseline.
    #[serde(default)]
    pub comparison: Option<Comparison>,
    /// Whether only a part of the suite was asked, for trying things out.
    #[serde(default)]
    pub trial: bool,
    /// Raw scores of the real texts; empty where likelihoods were not measured.
    #[serde(default)]
    pub texts: Vec<TextScore>,
    /// The gates.
    pub gates: Vec<GateVerdict>,
    /// The instruments on real text, simplest first; none without real text, and in records from before.
    #[serde(default)]
    pub instruments: Vec<InstrumentFigures>,
    /// The instrument of all separability and fidelity figures; empty in records from before, where it was `embedding`.
    #[serde(default)]
    pub instrument: String,
    /// The instrument's controls.
    pub qualification: Vec<Qualification>,
    /// What a reader must know before the figures.
    pub warnings: Vec<Warning>,
    /// Whether texts depend on the batch size.
    pub batch_identity: Option<BatchIdentity>,
    /// What each stage cost.
    pub stages: Vec<Stage>,
    /// What it was made from.
    pub provenance: Provenance,
}

/// A persona of the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonaRow {
    /// Its id.
    pub id: String,
    /// Label of its category.
    pub category: String,
    /// The adapter group it trains.
    pub group: String,
    /// What it spoke with.
    pub blend: String,
    /// Its one-line voice.
    pub voice: String,
    /// The traits that it declares; empty in earlier records.
    #[serde(default)]
    pub traits: Vec<String>,
}

/// Something that is no error and yet changes how figures should be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// What was seen.
    pub what: String,
    /// What it means or what helps.
    pub help: String,
}

impl Record {
    /// The raw scores: what another run, or a baseline, is held against.
    pub fn scores(&self) -> Scores {
        let tasks = self.tasks.iter().flat_map(|t| &t.items);
        let task = |i: &TaskItem| TaskScore {
            id: i.id.clone(),
            outcome: i.outcome.clone(),
            score: i.score,
            asked: i.asked.clone(),
        };
        Scores {
            id: self.id.clone(),
            suite: self.suite.clone(),
            prompts: self.prompts.clone(),
            generation: self.generation.clone(),
            instrument: self.instrument.clone(),
            personas: self.personas.clone(),
            items: self.items.clone(),
            pairs: self.pair_scores.clone(),
            texts: self.texts.clone(),
            heard: self.likelihood.as_ref().map(|l| l.design.clone()),
            tasks: tasks.map(task).collect(),
            provenance: self.provenance.clone(),
        }
    }

    /// Writes `run.json` to a temporary file, then renames it.
    ///
    /// # Errors
    /// When the disk is full or the folder is gone.
    pub fn write(&self, path: &Path) -> Result<()> {
        let json = serde_json::to_string_pretty(self)
            .map_err(|e| Error::cannot_run("the record cannot be written").in_file(path).because(e))?;
        crate::atomic::write(path, json.as_bytes())
    }

    /// Reads `run.json`, or the `run.json` of a run's folder.
    ///
    /// # Errors
    /// When the file is missing, broken, or of a later schema version.
    pub fn read(path: &Path) -> Result<Self> {
        let path = if path.is_dir() { path.join("run.json") } else { path.to_path_buf() };
        let text = std::fs::read_to_string(&path)
            .asked("read the record", &path)
            .map_err(|e| e.expected("the folder of a finished run, or its run.json"))?;
        let broken = |e: serde_json::Error| {
            Error::input("the file is not a record of a run").at(&path, e.line()).because(e)
        };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(broken)?;
        let version = value.get("schema_version").and_then(serde_json::Value::as_u64).unwrap_or(0);
        if version > u64::from(SCHEMA_VERSION) || version == 0 {
            return Err(Error::input(format!("the record has schema version {version}"))
                .in_file(&path)
                .key("schema_version")
                .expected(format!("1 to {SCHEMA_VERSION}"))
                .help("use the version of persona-eval that wrote it, or a later one"));
        }
        serde_json::from_value(value).map_err(broken)
    }
}
