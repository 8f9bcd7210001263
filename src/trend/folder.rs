//! The runs under a folder: those that are finished, and by name those that are not.

use super::run::Run;
use crate::error::{Error, IoContext, Result};
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Folders in folders that are searched; links could lead in circles.
const DEEPEST: usize = 6;

/// All runs under a folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Runs {
    /// Finished runs, earliest first.
    pub finished: Vec<Run>,
    /// Folders of runs that could not be read.
    pub left_out: Vec<LeftOut>,
}

/// A run's folder that is no part of the trend.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The folder.
    pub folder: PathBuf,
    /// Why.
    pub why: String,
}

enum Found {
    Finished(PathBuf),
    LeftOut(LeftOut),
}

impl Runs {
    /// Reads all runs under `folder`, which may be a run itself; files are read in parallel.
    ///
    /// A folder with a `run.json` is a run; one with a journal alone is unfinished. Neither a broken nor an
    /// unfinished run is an error: both are left out, by name.
    ///
    /// # Errors
    /// When `folder` cannot be read.
    pub fn under(folder: &Path) -> Result<Self> {
        std::fs::read_dir(folder).asked("read the folder of runs", folder)?;
        let mut found = Vec::new();
        search(folder, DEEPEST, &mut BTreeSet::new(), &mut found);
        let read = |found: Found| match found {
            Found::Finished(folder) => Run::read(&folder).map_err(|e| LeftOut { folder, why: reason(&e) }),
            Found::LeftOut(left_out) => Err(left_out),
        };
        let read: Vec<std::result::Result<Run, LeftOut>> = found.into_par_iter().map(read).collect();
        let (mut finished, mut left_out) = (Vec::new(), Vec::new());
        for run in read {
            match run {
                Ok(run) => finished.push(run),
                Err(folder) => left_out.push(folder),
            }
        }
        finished
            .sort_by(|a: &Run, b: &Run| (a.started, &a.id, &a.folder).cmp(&(b.started, &b.id, &b.folder)));
        left_out.sort_by(|a, b| a.folder.cmp(&b.folder));
        Ok(Self { finished, left_out })
    }
}

fn search(folder: &Path, deeper: usize, seen: &mut BTreeSet<PathBuf>, found: &mut Vec<Found>) {
    let left_out = |why: String| Found::LeftOut(LeftOut { folder: folder.to_path_buf(), why });
    if folder.canonicalize().is_ok_and(|place| !seen.insert(place)) {
        return;
    }
    if folder.join("run.json").exists() {
        found.push(Found::Finished(folder.to_path_buf()));
        return;
    }
    if folder.join("responses.jsonl").exists() {
        found.push(left_out("unfinished: there is a journal and no run.json".to_owned()));
        return;
    }
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) => return found.push(left_out(format!("the folder cannot be read: {e}"))),
    };
    let hidden = |p: &Path| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
    let mut folders: Vec<PathBuf> =
        entries.flatten().map(|e| e.path()).filter(|p| p.is_dir() && !hidden(p)).collect();
    folders.sort();
    match deeper {
        0 if !folders.is_empty() => found.push(left_out(format!("not searched: {DEEPEST} folders deep"))),
        0 => {}
        _ => folders.iter().for_each(|inner| search(inner, deeper - 1, seen, found)),
    }
}

/// An error in one line, without the file, which the folder names.
fn reason(error: &Error) -> String {
    let cause = std::error::Error::source(error).map(|s| format!(": {s}")).unwrap_or_default();
    format!("{}{cause}", error.what())
}
