//! The manifest: what was read, what became of it, and where an import that was stopped goes on.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::atomic;
use crate::error::{Error, IoContext, Result};

/// The manifest's file in the folder of an import.
pub(in crate::data) const MANIFEST: &str = "manifest.json";

/// An import, finished or not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this file's layout.
    pub version: u32,
    /// SHA-256 of the recipe.
    pub recipe_sha256: String,
    /// How the shards are written.
    pub format: String,
    /// Rows from which a shard is full.
    pub rows_per_shard: usize,
    /// Whether every source was read to its end.
    pub finished: bool,
    /// Bytes of `rejects.jsonl` that belong to the shards named here.
    pub rejects_bytes: u64,
    /// The sources, in the recipe's order.
    pub sources: Vec<SourceState>,
}

/// One source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceState {
    /// Its name.
    pub name: String,
    /// Its licence.
    pub licence: String,
    /// Its files.
    pub files: Vec<FileState>,
    /// Its shards, all whole.
    pub shards: Vec<Shard>,
}

/// One file that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileState {
    /// Its path.
    pub path: String,
    /// Its size.
    pub bytes: u64,
    /// Records read so far.
    pub records: u64,
    /// Records of which examples were made.
    pub taken: u64,
    /// Examples.
    pub rows: u64,
    /// Conversations of which an end without its other half was left out.
    pub trimmed: u64,
    /// Records of which nothing could be made, by reason.
    pub rejected: BTreeMap<String, u64>,
    /// Whether it was read to its end.
    pub finished: bool,
}

/// A file of examples.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Its name.
    pub file: String,
    /// Its examples.
    pub rows: u64,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

impl FileState {
    /// Records of which nothing could be made.
    pub fn rejects(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// Counts a record that gives nothing; what stands behind the reason's colon differs from record to record.
    pub(in crate::data) fn reject(&mut self, why: &str) {
        let kind = why.split(": ").next().unwrap_or(why);
        *self.rejected.entry(kind.to_owned()).or_default() += 1;
    }
}

impl SourceState {
    /// Place of the first file that is not finished; none where all are.
    pub(in crate::data) fn first_open(&self) -> Option<usize> {
        self.files.iter().position(|f| !f.finished)
    }

    /// Sums a count over the files.
    pub fn sum(&self, of: impl Fn(&FileState) -> u64) -> u64 {
        self.files.iter().map(of).sum()
    }
}

impl Manifest {
    /// The manifest of a folder; none where there is none.
    ///
    /// # Errors
    /// It cannot be read, or is of another version.
    pub(in crate::data) fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(MANIFEST);
        if !path.exists() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&path).asked("read the manifest", &path)?;
        let broken = |e| Error::input("the file is no manifest of an import").in_file(&path).because(e);
        let version: serde_json::Value = serde_json::from_str(&text).map_err(broken)?;
        if version["version"] != serde_json::json!(Self::VERSION) {
            return Err(Error::input(format!("the manifest has version {}", version["version"]))
                .in_file(&path)
                .expected(format!("version {}", Self::VERSION))
                .help("import into a new folder"));
        }
        serde_json::from_value(version).map(Some).map_err(broken)
    }

    pub(in crate::data) const VERSION: u32 = 1;

    /// Writes it; what was there before stays until it is whole.
    pub(in crate::data) fn write(&self, folder: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|e| Error::cannot_run("the manifest cannot be written").because(e))?;
        atomic::write(&folder.join(MANIFEST), text.as_bytes())
    }
}
