//! `rejects.jsonl`: every record of which nothing could be made, with its place and the reason.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::{Error, IoContext, Result};

/// The open file.
pub(in crate::data) struct Rejects {
    path: PathBuf,
    file: BufWriter<File>,
    bytes: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    source: &'a str,
    file: &'a str,
    record: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    reason: &'a str,
}

impl Rejects {
    /// Opens it with its first `bytes`: what a stopped import wrote behind them will be written again.
    pub(in crate::data) fn open(folder: &Path, bytes: u64) -> Result<Self> {
        let path = folder.join("rejects.jsonl");
        let file =
            OpenOptions::new().create(true).truncate(false).write(true).open(&path).doing("open", &path)?;
        let there = file.metadata().doing("look at", &path)?.len();
        if there < bytes {
            return Err(Error::input(format!(
                "the file has {there} bytes, the shards that are there count {bytes}"
            ))
            .in_file(&path)
            .help("it was changed since: import into a new folder"));
        }
        file.set_len(bytes).doing("cut", &path)?;
        let mut file = BufWriter::new(file);
        file.seek(SeekFrom::Start(bytes)).doing("open", &path)?;
        Ok(Self { path, file, bytes })
    }

    /// Writes one line.
    pub(in crate::data) fn add(
        &mut self,
        (source, file): (&str, &str),
        (record, line): (u64, Option<u64>),
        reason: &str,
    ) -> Result<()> {
        let mut text = serde_json::to_vec(&Line { source, file, record, line, reason })
            .map_err(|e| Error::cannot_run("a reason cannot be written").because(e))?;
        text.push(b'\n');
        self.bytes += text.len() as u64;
        self.file.write_all(&text).doing("write", &self.path)
    }

    /// Bytes so far.
    pub(in crate::data) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Brings all lines to the disk.
    pub(in crate::data) fn flush(&mut self) -> Result<()> {
        self.file.flush().doing("write", &self.path)?;
        self.file.get_ref().sync_data().doing("write", &self.path)
    }
}
