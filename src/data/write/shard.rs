//! One shard: a file of examples that is whole or not there.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::folder::PART;
use super::manifest::Shard;
use super::table;
use crate::atomic;
use crate::data::Row;
use crate::error::{Error, IoContext, Result};

/// Rows that are written together. Parquet cuts its pages at the end of each write, so that the writes must begin at the same
/// rows however the rows came, or an import that goes on would write other bytes.
const SLICE_ROWS: usize = 4096;
/// Bytes of text from which fewer rows are written together.
const SLICE_BYTES: usize = 4 * 1024 * 1024;
/// Rows of a row group: what is packed together in memory, and what a reader takes at least.
const GROUP_ROWS: usize = 16 * SLICE_ROWS;
/// Bytes from which a row group is full.
const GROUP_BYTES: usize = 64 * 1024 * 1024;

/// How shards are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShardFormat {
    /// Apache Parquet, packed with zstd.
    Parquet,
    /// One JSON object a line.
    Jsonl,
}

impl ShardFormat {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Parquet, Self::Jsonl];

    /// Its name, and the ending of its files.
    pub fn id(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Jsonl => "jsonl",
        }
    }
}

/// The shard that a file of examples becomes: its path from the folder, with another ending.
pub(in crate::data) fn shard_name(file: &str, format: ShardFormat) -> String {
    let (folder, name) = file.rsplit_once('/').map_or(("", file), |(folder, name)| (folder, name));
    let stem = [".gz", ".zst"].iter().find_map(|e| name.strip_suffix(e)).unwrap_or(name);
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    let slash = if folder.is_empty() { "" } else { "/" };
    format!("{folder}{slash}{stem}.{}", format.id())
}

/// Writes one shard under a temporary name; [`ShardWriter::close`] gives it its own.
pub(in crate::data) struct ShardWriter {
    path: PathBuf,
    /// Its path from the folder of the shards.
    name: String,
    rows: usize,
    waiting: Waiting,
    to: To,
}

/// What waits for its slice to be full: rows, or parts of batches.
#[derive(Default)]
struct Waiting {
    rows: Vec<Row>,
    batches: Vec<RecordBatch>,
    /// How many rows they are in all.
    count: usize,
    /// Bytes of their texts.
    bytes: usize,
}

impl Waiting {
    /// Counts one row more; whether the slice is full with it.
    fn is_full_with(&mut self, bytes: usize) -> bool {
        self.count += 1;
        self.bytes += bytes;
        self.count >= SLICE_ROWS || self.bytes >= SLICE_BYTES
    }
}

enum To {
    Parquet(Box<ArrowWriter<Hashed>>),
    Jsonl(Hashed),
}

impl ShardWriter {
    /// Begins the shard `name` below `folder`.
    ///
    /// # Errors
    /// The folder takes no files.
    pub(in crate::data) fn new(folder: &Path, name: String, format: ShardFormat) -> Result<Self> {
        let path = folder.join(&name);
        if let Some(inner) = path.parent() {
            std::fs::create_dir_all(inner).doing("make the folder", inner)?;
        }
        let file = atomic::open_beside(&path, PART).doing("make a file for", &path)?;
        let hashed = Hashed { file: BufWriter::new(file), digest: Sha256::new() };
        let to = match format {
            ShardFormat::Jsonl => To::Jsonl(hashed),
            ShardFormat::Parquet => {
                let level = ZstdLevel::try_new(1).map_err(|e| full(&path, e))?;
                let properties = WriterProperties::builder()
                    .set_compression(Compression::ZSTD(level))
                    .set_max_row_group_row_count(Some(GROUP_ROWS))
                    .set_max_row_group_bytes(Some(GROUP_BYTES))
                    .build();
                let writer = ArrowWriter::try_new(hashed, table::schema(), Some(properties));
                To::Parquet(Box::new(writer.map_err(|e| full(&path, e))?))
            }
        };
        Ok(Self { path, name, rows: 0, waiting: Waiting::default(), to })
    }

    /// Rows so far.
    pub(in crate::data) fn rows(&self) -> usize {
        self.rows
    }

    /// Adds a row.
    ///
    /// # Errors
    /// It cannot be written: the disk is full, for instance.
    pub(in crate::data) fn add(&mut self, row: Row) -> Result<()> {
        let full = self.waiting.is_full_with(row.text_bytes());
        self.waiting.rows.push(row);
        self.rows += 1;
        if full { self.write() } else { Ok(()) }
    }

    /// Adds the rows of a batch of the schema; a shard takes rows or batches, not both. The same rows give the same bytes, in
    /// whichever batches they come.
    ///
    /// # Errors
    /// As [`ShardWriter::add`].
    pub(in crate::data) fn add_batch(&mut self, batch: &RecordBatch) -> Result<()> {
        self.rows += batch.num_rows();
        let mut start = 0;
        for (i, bytes) in table::text_bytes(batch).enumerate() {
            if self.waiting.is_full_with(bytes) {
                self.waiting.batches.push(batch.slice(start, i + 1 - start));
                self.write()?;
                start = i + 1;
            }
        }
        if start < batch.num_rows() {
            self.waiting.batches.push(batch.slice(start, batch.num_rows() - start));
        }
        Ok(())
    }

    /// Writes what waits as one slice.
    fn write(&mut self) -> Result<()> {
        let waiting = std::mem::take(&mut self.waiting);
        match &mut self.to {
            To::Parquet(writer) => {
                let batch = match waiting.rows.as_slice() {
                    [] => concat_batches(&table::schema(), &waiting.batches).map_err(unfit)?,
                    rows => table::batch(rows)?,
                };
                writer.write(&batch).map_err(|e| full(&self.path, e))
            }
            To::Jsonl(file) => {
                lines(file, &waiting.rows).doing("write", &self.path)?;
                waiting
                    .batches
                    .iter()
                    .try_for_each(|batch| lines(file, &table::rows(batch)))
                    .doing("write", &self.path)
            }
        }
    }

    /// Ends the shard and gives it its name.
    ///
    /// # Errors
    /// It cannot be written; nothing is left of it then.
    pub(in crate::data) fn close(mut self) -> Result<Shard> {
        if self.waiting.count > 0 {
            self.write()?;
        }
        let hashed = match self.to {
            To::Parquet(writer) => writer.into_inner().map_err(|e| full(&self.path, e))?,
            To::Jsonl(file) => file,
        };
        let sha256 = crate::model::hex(&hashed.digest.finalize());
        let file = hashed
            .file
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .doing("write", &self.path)?;
        // The manifest will name it: it must be there after a loss of power too.
        file.as_file().sync_all().doing("write", &self.path)?;
        file.persist(&self.path).map_err(|e| e.error).doing("rename to", &self.path)?;
        Ok(Shard { file: self.name, rows: self.rows as u64, sha256 })
    }
}

/// Rows as lines of JSON.
fn lines(file: &mut Hashed, rows: &[Row]) -> std::io::Result<()> {
    let mut text = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut text, row)?;
        text.push(b'\n');
    }
    file.write_all(&text)
}

fn unfit(e: arrow::error::ArrowError) -> Error {
    Error::cannot_run("the examples do not fit their columns").because(e)
}

fn full(path: &Path, e: parquet::errors::ParquetError) -> Error {
    Error::cannot_run("could not write").in_file(path).because(e)
}

/// A file whose SHA-256 is taken as it is written.
struct Hashed {
    file: BufWriter<NamedTempFile>,
    digest: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}
