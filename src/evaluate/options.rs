//! What a caller decides about a run.

use super::programs::CodeRunner;
use crate::baseline::Baseline;
use crate::blend::Blend;
use crate::judge::Judge;
use crate::record::Warning;
use crate::stats::Resampling;
use std::path::PathBuf;
use std::sync::Arc;

/// Settings of an evaluation that are not the suite's.
#[derive(Debug, Clone)]
pub struct EvaluateOptions {
    /// Root seed: of sampling, bootstrap and permutation.
    pub seed: u64,
    /// Only the first so many shared prompts and tasks; for trying things out.
    pub limit: Option<usize>,
    /// Rows that are generated together.
    pub rows: usize,
    /// Every persona speaks with this instead of its own blend.
    pub blend: Option<Blend>,
    /// The run's folder; its journal is read first, so that a stopped run goes on.
    pub folder: PathBuf,
    /// Where floor responses are kept between runs; none keeps nothing.
    pub floor_cache: Option<PathBuf>,
    /// Whether the floor (base with the tag, no adapter) is measured.
    pub floor: bool,
    /// Whether every held-out text is scored under every persona, not under a few.
    pub full_likelihood: bool,
    /// Permutations of each p-value.
    pub permutations: usize,
    /// Name of the base where it is not the suite's.
    pub base: Option<String>,
    /// Name of the embedder where it is not the suite's.
    pub embedder: Option<String>,
    /// The catalogue that models were looked up in; none is the built-in one.
    pub catalog: Option<PathBuf>,
    /// What the run is held against; none where there is no baseline.
    pub baseline: Option<Arc<Baseline>>,
    /// A model whose opinion is asked beside the measurements; none asks nobody.
    pub judge: Option<Arc<Judge>>,
    /// What the caller knows and a reader must see before the figures.
    pub warnings: Vec<Warning>,
    /// What runs the code of answers; nothing does unless the caller gives it.
    pub code: CodeRunner,
    /// The command that asked, for the record.
    pub command: String,
}

impl EvaluateOptions {
    /// Defaults for a run into `folder`.
    pub fn new(folder: PathBuf) -> Self {
        Self {
            seed: 0,
            limit: None,
            rows: 48,
            blend: None,
            folder,
            floor_cache: None,
            floor: true,
            full_likelihood: false,
            permutations: 999,
            base: None,
            embedder: None,
            catalog: None,
            baseline: None,
            judge: None,
            warnings: Vec::new(),
            code: CodeRunner::Off("the caller gave nothing that runs it".to_owned()),
            command: String::new(),
        }
    }

    /// Resampling under the run's seed.
    pub(super) fn resampling(&self) -> Resampling {
        Resampling { permutations: self.permutations, seed: self.seed, ..Resampling::default() }
    }
}
