//! What lies beside a shard: examples without a persona, and lines that are no examples.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::Float32Type;
use serde_json::json;
use tempfile::NamedTempFile;

use super::super::query::{Stray, told};
use super::super::write::PART;
use super::columns::{How, column};
use crate::atomic;
use crate::error::{IoContext, Result};

/// Both lists of one shard; a list without lines leaves no file.
pub(super) struct Aside {
    unassigned: List,
    rejects: List,
}

struct List {
    path: PathBuf,
    file: Option<BufWriter<NamedTempFile>>,
}

impl Aside {
    /// The lists of the shard `name`.
    pub(super) fn new(folder: &Path, name: &str) -> Self {
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let list = |what: &str| List { path: folder.join(format!("{stem}.{what}.jsonl")), file: None };
        Self { unassigned: list("unassigned"), rejects: list("rejects") }
    }

    /// Lists the rows of a plan's result that have no persona; `before` rows came earlier.
    pub(super) fn unassigned(&mut self, batch: &RecordBatch, before: u64) -> Result<()> {
        let named = |name: &str| column(batch, name).map_err(told);
        let (how, guess, confidence) = (named("_how")?, named("_guess")?, named("_confidence")?);
        let (how, guess) = (how.as_string::<i32>(), guess.as_string::<i32>());
        let confidence = confidence.as_primitive::<Float32Type>();
        for i in (0..batch.num_rows()).filter(|i| how.value(*i) == How::Nobody.id()) {
            let guess = guess.is_valid(i).then(|| guess.value(i));
            // Three digits: more would only say how the machine adds.
            let sure = (f64::from(confidence.value(i)) * 1000.0).round() / 1000.0;
            self.unassigned
                .line(&json!({"row": before + i as u64 + 1, "guess": guess, "confidence": sure}))?;
        }
        Ok(())
    }

    /// Lists lines that are no examples.
    pub(super) fn rejects(&mut self, all: &[Stray]) -> Result<()> {
        all.iter()
            .try_for_each(|stray| self.rejects.line(&json!({"line": stray.line, "reason": stray.reason})))
    }

    /// Gives the files their names.
    pub(super) fn close(self) -> Result<()> {
        self.unassigned.close()?;
        self.rejects.close()
    }
}

impl List {
    fn line(&mut self, value: &serde_json::Value) -> Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let folder = self.path.parent().unwrap_or(Path::new("."));
                std::fs::create_dir_all(folder).doing("make the folder", folder)?;
                BufWriter::new(atomic::open_beside(&self.path, PART).doing("make a file for", &self.path)?)
            }
        };
        writeln!(self.file.insert(file), "{value}").doing("write", &self.path)
    }

    fn close(self) -> Result<()> {
        let Some(file) = self.file else { return Ok(()) };
        let file =
            file.into_inner().map_err(std::io::IntoInnerError::into_error).doing("write", &self.path)?;
        file.as_file().sync_all().doing("write", &self.path)?;
        let _: File = file.persist(&self.path).map_err(|e| e.error).doing("rename to", &self.path)?;
        Ok(())
    }
}
