//! What a run was made from, and on what.

use crate::sandbox::Protection;
use serde::{Deserialize, Serialize};

/// A file that the run read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FileStamp {
    /// What it is to the run (`suite`, `registry`, `base`, `embedder`, `adapter`).
    pub role: String,
    /// Its name as a user would recognise it; never an absolute path.
    pub name: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
}

/// Everything that decides the figures.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Provenance {
    /// Version of this program.
    pub version: String,
    /// Files read.
    pub files: Vec<FileStamp>,
    /// Name of the base model.
    pub base: String,
    /// SHA-256 of the tokenizer.
    pub tokenizer: String,
    /// SHA-256 of the chat template.
    pub template: String,
    /// Name of the embedding model.
    pub embedder: String,
    /// Arithmetic of the linear modules (`f32`, `bf16`).
    pub arithmetic: String,
    /// Device (`cpu`, `cuda`, `metal`).
    pub device: String,
    /// Root seed.
    pub seed: u64,
    /// Adapters, each with the proof that it does something.
    pub adapters: Vec<AdapterProof>,
    /// The machine.
    pub machine: Machine,
    /// What held the code of answers; none where none was run, and in earlier records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<Protection>,
}

/// Proof that an adapter was applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AdapterProof {
    /// Its name in blends.
    pub name: String,
    /// SHA-256 of its files.
    pub sha256: String,
    /// Rank, where one rank serves all modules; the largest otherwise.
    pub r: usize,
    /// α as configured.
    pub alpha: f64,
    /// Scale of the first module.
    pub scale: f32,
    /// Tensors that found their module; unmatched ones are an error, so none remain.
    pub matched_tensors: usize,
    /// Root mean square change of the base's logits on a fixed text.
    pub logit_change: f64,
    /// Personas of the run that speak with it.
    pub personas: usize,
}

/// Where the run ran.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    /// Operating system and architecture (`linux x86_64`).
    pub system: String,
    /// Processor's name.
    pub processor: String,
    /// Threads used.
    pub threads: usize,
    /// Peak resident memory of the run, MiB.
    pub peak_memory_mib: Option<u64>,
}

impl Machine {
    /// This machine and this process, as they are now.
    pub fn here() -> Self {
        let processor = || status_value("/proc/cpuinfo", "model name");
        let peak = || status_value("/proc/self/status", "VmHWM")?.split_whitespace().next()?.parse().ok();
        Self {
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            processor: processor().unwrap_or_else(|| "unknown".into()),
            threads: rayon::current_num_threads(),
            peak_memory_mib: peak().map(|kib: u64| kib / 1024),
        }
    }
}

/// A line `key : value` of a Linux status file.
fn status_value(path: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|l| l.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// A stage of the run and what it cost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name.
    pub name: String,
    /// Wall-clock seconds.
    pub seconds: f64,
    /// What was done, with amounts (`912 responses, 43,776 tokens, 410 tokens/s; 12 from the journal`).
    pub note: String,
}

/// Whether texts depend on how many rows were generated together, or on how many threads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BatchIdentity {
    /// Prompts compared.
    pub prompts: usize,
    /// Batch sizes compared with batch size 1.
    pub sizes: Vec<usize>,
    /// Thread counts compared; none in earlier records.
    #[serde(default)]
    pub threads: Vec<usize>,
    /// Share of texts identical at all sizes, in 0..=1.
    pub identical: f64,
}
