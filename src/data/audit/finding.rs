//! `findings.jsonl`: a line for each thing that was found.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::json;
use tempfile::NamedTempFile;

use super::super::query::Stray;
use super::super::write::{FINDINGS, PART};
use super::finding_kind::FindingKind;
use super::personal::Personal;
use crate::atomic;
use crate::error::{Error, IoContext, Result};

/// Where an example stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct Place<'a> {
    /// Its file, from the folder.
    pub file: &'a str,
    /// Its number in the file, from 1; lines that are no examples do not count.
    pub row: u64,
}

/// What was found in an example.
#[derive(Debug, Serialize)]
pub(super) struct Finding<'a> {
    pub kind: FindingKind,
    #[serde(flatten)]
    pub place: Place<'a>,
    /// Whether the example is removed; another finding may be why.
    pub removed: bool,
    #[serde(flatten)]
    pub detail: Detail<'a>,
}

/// More about it.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Detail<'a> {
    /// The earlier example that says the same.
    Copy { of: Place<'a>, jaccard: f64 },
    /// Which of the example's texts has how much of which passage.
    Leak { text: String, suites: &'a [String], prompt: &'a str, share: f64 },
    /// Which of the example's texts has what, and its shape; never the thing itself.
    Personal { text: String, what: Personal, looks_like: String },
}

/// The list being written.
pub(super) struct Findings {
    path: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl Findings {
    /// Begins it in a folder.
    pub(super) fn new(folder: &Path) -> Result<Self> {
        let path = folder.join(FINDINGS);
        let file = BufWriter::new(atomic::open_beside(&path, PART).doing("make a file for", &path)?);
        Ok(Self { path, file })
    }

    /// Adds a line.
    pub(super) fn add(&mut self, finding: &Finding<'_>) -> Result<()> {
        let text = serde_json::to_string(finding)
            .map_err(|e| Error::cannot_run("a finding cannot be written").because(e))?;
        writeln!(self.file, "{text}").doing("write", &self.path)
    }

    /// Adds a line for one that is no example.
    pub(super) fn reject(&mut self, stray: &Stray) -> Result<()> {
        let line = json!({"kind": "reject", "file": stray.file, "line": stray.line, "reason": stray.reason});
        writeln!(self.file, "{line}").doing("write", &self.path)
    }

    /// Gives the list its name.
    pub(super) fn close(self) -> Result<()> {
        let file = self.file.into_inner().map_err(std::io::IntoInnerError::into_error);
        let file = file.doing("write", &self.path)?;
        file.as_file().sync_all().doing("write", &self.path)?;
        let _: File = file.persist(&self.path).map_err(|e| e.error).doing("rename to", &self.path)?;
        Ok(())
    }
}

/// A number with so few digits as say something.
pub(super) fn rounded(share: f64) -> f64 {
    (share * 1000.0).round() / 1000.0
}
