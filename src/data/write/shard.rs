//! One shard: a file of examples that is whole or not there.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::manifest::Shard;
use super::table;
use crate::atomic;
use crate::data::Row;
use crate::error::{Error, IoContext, Result};

/// How the names of files begin that are being written.
pub(in crate::data) const PART: &str = ".part-";

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
    rows: usize,
    to: To,
}

enum To {
    Parquet(Box<ArrowWriter<Hashed>>),
    Jsonl(Hashed),
}

impl ShardWriter {
    /// Begins the shard at `path`.
    ///
    /// # Errors
    /// The folder takes no files.
    pub(in crate::data) fn new(path: PathBuf, format: ShardFormat) -> Result<Self> {
        let file = atomic::open_beside(&path, PART).doing("make a file for", &path)?;
        let hashed = Hashed { file: BufWriter::new(file), digest: Sha256::new() };
        let to = match format {
            ShardFormat::Jsonl => To::Jsonl(hashed),
            ShardFormat::Parquet => {
                let level = ZstdLevel::try_new(1).map_err(|e| full(&path, e))?;
                let properties =
                    WriterProperties::builder().set_compression(Compression::ZSTD(level)).build();
                let writer = ArrowWriter::try_new(hashed, table::schema(), Some(properties));
                To::Parquet(Box::new(writer.map_err(|e| full(&path, e))?))
            }
        };
        Ok(Self { path, rows: 0, to })
    }

    /// Rows so far.
    pub(in crate::data) fn rows(&self) -> usize {
        self.rows
    }

    /// Adds rows.
    ///
    /// # Errors
    /// They cannot be written: the disk is full, for instance.
    pub(in crate::data) fn write(&mut self, rows: &[Row]) -> Result<()> {
        match &mut self.to {
            To::Parquet(writer) => writer.write(&table::batch(rows)?).map_err(|e| full(&self.path, e))?,
            To::Jsonl(file) => {
                for row in rows {
                    let mut line = serde_json::to_vec(row)
                        .map_err(|e| Error::cannot_run("an example cannot be written").because(e))?;
                    line.push(b'\n');
                    file.write_all(&line).doing("write", &self.path)?;
                }
            }
        }
        self.rows += rows.len();
        Ok(())
    }

    /// Ends the shard and gives it its name.
    ///
    /// # Errors
    /// It cannot be written; nothing is left of it then.
    pub(in crate::data) fn close(self) -> Result<Shard> {
        let hashed = match self.to {
            To::Parquet(writer) => writer.into_inner().map_err(|e| full(&self.path, e))?,
            To::Jsonl(file) => file,
        };
        let sha256 = hashed.digest.finalize().iter().map(|b| format!("{b:02x}")).collect();
        let file = hashed
            .file
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)
            .doing("write", &self.path)?;
        // The manifest will name it: it must be there after a loss of power too.
        file.as_file().sync_all().doing("write", &self.path)?;
        file.persist(&self.path).map_err(|e| e.error).doing("rename to", &self.path)?;
        let name = self.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Ok(Shard { file: name, rows: self.rows as u64, sha256 })
    }
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
