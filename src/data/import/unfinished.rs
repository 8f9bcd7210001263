//! How far an import has come: what a stopped one goes on from.

use std::path::Path;
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::super::recipe::{Recipe, Source};
use super::super::write::{FileState, Manifest, SourceState};
use crate::error::{IoContext, Result};

/// The state as of the last whole shard.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Unfinished {
    /// The program that began it: another one may turn the same records into other examples.
    pub program: String,
    /// Bytes of `rejects.jsonl` that belong to the shards of the manifest.
    pub rejects_bytes: u64,
    /// What the manifest does not say of each source.
    pub sources: Vec<SourceProgress>,
    /// The manifest so far.
    pub manifest: Manifest,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SourceProgress {
    /// SHA-256 of all in the recipe that its examples hang on.
    pub fingerprint: String,
    /// Bytes that `rejects.jsonl` had when it was begun; none before.
    pub rejects_from: Option<u64>,
    /// What the manifest does not say of each file.
    pub files: Vec<FileProgress>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileProgress {
    /// When it was last changed, in nanoseconds since 1970; none where the file system does not say.
    pub modified: Option<u64>,
    /// Whether it was read to its end.
    pub finished: bool,
}

impl Unfinished {
    /// That of an import which has read nothing yet.
    pub(super) fn new(recipe: &Recipe, format: &str, rows_per_shard: usize) -> Result<Self> {
        let mut sources = Vec::new();
        let mut states = Vec::new();
        for source in &recipe.sources {
            sources.push(SourceProgress {
                fingerprint: source.fingerprint(),
                rejects_from: None,
                files: source.files.iter().map(|f| FileProgress::of(&f.path)).collect::<Result<_>>()?,
            });
            states.push(state_of(source)?);
        }
        Ok(Self {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            rejects_bytes: 0,
            sources,
            manifest: Manifest {
                version: Manifest::VERSION,
                recipe_sha256: recipe.sha256.clone(),
                format: format.to_owned(),
                rows_per_shard,
                sources: states,
            },
        })
    }

    /// Place of a source's first file that was not read to its end.
    pub(super) fn first_open(&self, place: usize) -> Option<usize> {
        self.sources[place].files.iter().position(|f| !f.finished)
    }
}

impl FileProgress {
    fn of(path: &Path) -> Result<Self> {
        let modified = path.metadata().asked("look at", path)?.modified().ok();
        let since = modified.and_then(|t| t.duration_since(UNIX_EPOCH).ok());
        Ok(Self { modified: since.and_then(|d| u64::try_from(d.as_nanos()).ok()), finished: false })
    }
}

/// A source of which nothing was read.
pub(super) fn state_of(source: &Source) -> Result<SourceState> {
    let mut files = Vec::new();
    for file in &source.files {
        let bytes = file.path.metadata().asked("look at", &file.path)?.len();
        files.push(FileState::new(&file.name, bytes));
    }
    Ok(SourceState {
        name: source.name.to_string(),
        licence: source.licence.to_string(),
        files,
        shards: Vec::new(),
    })
}
