//! What lies in the cache for a model: a quick look, and a full check.

use std::path::PathBuf;

use super::cache::{Cache, hashed, recorded_sha256, stamped_sha256, write_stamp};
use super::catalog::Entry;
use super::fetch::{FetchedModel, accepted, cached, pinned};
use crate::error::{Error, Result};
use crate::progress::Progress;

/// What is known of a file of the cache without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is what the catalog says and has not changed since that was checked.
    Verified,
    /// It lies there but was changed, or was put there by hand, and has not been checked since.
    Unverified,
    /// It is something else than the catalog says.
    Broken,
    /// It is not there.
    Missing,
}

/// One file of a model in the cache.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileStatus {
    /// Its name.
    pub name: String,
    /// Where it lies, or may be put by hand.
    pub path: PathBuf,
    /// Size in bytes of what lies there.
    pub size: Option<u64>,
    /// What is known of it.
    pub state: State,
}

/// What lies in the cache for a model; nothing is read or downloaded.
pub fn status(entry: &Entry, cache: &Cache) -> Vec<FileStatus> {
    let of = |name: &str| {
        let path = cache.file(&entry.name, name);
        let size = std::fs::metadata(&path).ok().filter(std::fs::Metadata::is_file).map(|m| m.len());
        let state = match (size, stamped_sha256(&path)) {
            (None, _) => State::Missing,
            (Some(_), None) => State::Unverified,
            (Some(_), Some(sha256)) if accepted(entry, name, &sha256) => State::Verified,
            (Some(_), Some(_)) => State::Broken,
        };
        FileStatus { name: name.to_owned(), path, size, state }
    };
    entry.file_names().map(of).collect()
}

/// Hashes every file of the model again.
///
/// # Errors
/// A file is missing or is not what the catalog says, or what was recorded for it where the catalog pins nothing.
pub fn verify(entry: &Entry, cache: &Cache, progress: &dyn Progress) -> Result<FetchedModel> {
    let help = format!("`persona-eval models fetch {}` brings it", entry.name);
    for name in entry.file_names() {
        let path = cache.file(&entry.name, name);
        if !path.is_file() {
            return Err(Error::cannot_run(format!("the model `{}` is not in the cache", entry.name))
                .in_file(&path)
                .help(help));
        }
        let sha256 = hashed(&path, progress)?;
        let pins: Vec<&str> = pinned(entry, name).collect();
        let recorded = recorded_sha256(&path);
        let wanted: Vec<&str> =
            if pins.is_empty() { recorded.as_deref().into_iter().collect() } else { pins };
        if !wanted.is_empty() && !wanted.contains(&sha256.as_str()) {
            // The stamp must no longer vouch for the file, even if size and time are unchanged. Where nothing is
            // pinned, the record stays: the next check has nothing else to go by.
            if !accepted(entry, name, &sha256) {
                write_stamp(&path, &sha256);
            }
            return Err(Error::cannot_run(format!(
                "the file is not what it should be: its sha256 is {sha256}"
            ))
            .in_file(&path)
            .expected(format!("sha256 {}", wanted.join(" or ")))
            .help(format!("remove the file; {help}")));
        }
        write_stamp(&path, &sha256);
    }
    cached(entry, cache, progress)?.ok_or_else(|| {
        Error::cannot_run(format!("the files of `{}` come from different sources", entry.name))
            .in_file(cache.model_dir(&entry.name))
            .help(format!("remove the folder; {help}"))
    })
}
