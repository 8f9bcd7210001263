//! One shard: a file of examples that is whole or not there.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use arrow::array::RecordBatch;
use arrow::compute::BatchCoalescer;
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

/// Writes one shard under a temporary name; [`ShardWriter::close`] gives it its own.
pub(in crate::data) struct ShardWriter {
    path: PathBuf,
    /// Its path from the folder of the shards.
    name: String,
    rows: usize,
    /// Rows that wait for their slice to be full, and the bytes of their texts.
    waiting: (Vec<Row>, usize),
    /// Batches that wait likewise.
    batches: BatchCoalescer,
    to: To,
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
        Ok(Self {
            path,
            name,
            rows: 0,
            waiting: Default::default(),
            batches: BatchCoalescer::new(table::schema(), SLICE_ROWS),
            to,
        })
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
        self.waiting.1 += row.text_bytes();
        self.waiting.0.push(row);
        self.rows += 1;
        if self.waiting.0.len() >= SLICE_ROWS || self.waiting.1 >= SLICE_BYTES {
            self.write_waiting()?;
        }
        Ok(())
    }

    /// Adds the rows of a batch of the schema; a shard takes rows or batches, not both.
    ///
    /// # Errors
    /// As [`ShardWriter::add`].
    pub(in crate::data) fn add_batch(&mut self, batch: RecordBatch) -> Result<()> {
        self.rows += batch.num_rows();
        self.batches.push_batch(batch).map_err(unfit)?;
        self.write_batches()
    }

    fn write_waiting(&mut self) -> Result<()> {
        let (rows, _) = std::mem::take(&mut self.waiting);
        match &mut self.to {
            To::Parquet(writer) => writer.write(&table::batch(&rows)?).map_err(|e| full(&self.path, e)),
            To::Jsonl(file) => lines(file, &rows).doing("write", &self.path),
        }
    }

    fn write_batches(&mut self) -> Result<()> {
        while let Some(batch) = self.batches.next_completed_batch() {
            match &mut self.to {
                To::Parquet(writer) => writer.write(&batch).map_err(|e| full(&self.path, e))?,
                To::Jsonl(file) => lines(file, &table::rows(&batch)).doing("write", &self.path)?,
            }
        }
        Ok(())
    }

    /// Ends the shard and gives it its name.
    ///
    /// # Errors
    /// It cannot be written; nothing is left of it then.
    pub(in crate::data) fn close(mut self) -> Result<Shard> {
        self.batches.finish_buffered_batch().map_err(unfit)?;
        self.write_batches()?;
        if !self.waiting.0.is_empty() {
            self.write_waiting()?;
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
