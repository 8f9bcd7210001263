//! The manifest: what was read, and what became of it.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, IoContext, Result};
use crate::model::sha256_file;

pub(in crate::data) use crate::curriculum::MANIFEST;

/// The shards that a folder's manifest names, whatever wrote them; none where there is no manifest.
///
/// # Errors
/// The manifest cannot be read.
pub(in crate::data) fn shards_in(folder: &Path) -> Result<Option<Vec<Shard>>> {
    #[derive(Deserialize)]
    struct Any {
        #[serde(default)]
        shards: Vec<Shard>,
        #[serde(default)]
        sources: Vec<Source>,
    }
    #[derive(Deserialize)]
    struct Source {
        shards: Vec<Shard>,
    }
    let path = folder.join(MANIFEST);
    if !path.exists() {
        return Ok(None);
    }
    let text = std::fs::read_to_string(&path).asked("read the manifest", &path)?;
    let any: Any = serde_json::from_str(&text)
        .map_err(|e| Error::input("the file is no manifest of examples").in_file(&path).because(e))?;
    Ok(Some(any.shards.into_iter().chain(any.sources.into_iter().flat_map(|s| s.shards)).collect()))
}

/// An import.
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
    /// Its name: its path from the recipe's folder, or the data set's name and its path there.
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
    /// A file of which nothing was read.
    pub(in crate::data) fn new(path: &str, bytes: u64) -> Self {
        let path = path.to_owned();
        Self { path, bytes, records: 0, taken: 0, rows: 0, trimmed: 0, rejected: BTreeMap::new() }
    }

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

impl Shard {
    /// Holds its file against the digest.
    ///
    /// # Errors
    /// The file is gone or was changed.
    pub(in crate::data) fn verify(&self, folder: &Path) -> Result<()> {
        let path = folder.join(&self.file);
        let changed = |what: &str| {
            Error::input(format!("the shard {what}")).in_file(&path).help("write into a new folder")
        };
        if !path.is_file() {
            return Err(changed("is gone"));
        }
        if sha256_file(&path)? != self.sha256 {
            return Err(changed("was changed since it was written"));
        }
        Ok(())
    }
}

impl SourceState {
    /// Sums a count over the files.
    pub fn sum(&self, of: impl Fn(&FileState) -> u64) -> u64 {
        self.files.iter().map(of).sum()
    }
}

impl Manifest {
    /// The layout that this program writes.
    pub(in crate::data) const VERSION: u32 = 2;

    /// Whether a folder holds the manifest of an import, whatever its version.
    pub(in crate::data) fn lies_in(folder: &Path) -> bool {
        let text = std::fs::read_to_string(folder.join(MANIFEST)).unwrap_or_default();
        serde_json::from_str::<serde_json::Value>(&text).is_ok_and(|m| m["recipe_sha256"].is_string())
    }

    /// Whether it is what an import of these sources would begin with: the same recipe, the same files.
    pub(in crate::data) fn is_of(&self, fresh: &Self) -> bool {
        let files = |m: &Self| -> Vec<(String, u64)> {
            m.sources.iter().flat_map(|s| s.files.iter().map(|f| (f.path.clone(), f.bytes))).collect()
        };
        self.recipe_sha256 == fresh.recipe_sha256
            && self.format == fresh.format
            && self.rows_per_shard == fresh.rows_per_shard
            && files(self) == files(fresh)
    }
}
