//! What is kept of a file.

use std::path::PathBuf;

use arrow::array::BooleanArray;
use arrow::compute::filter_record_batch;
use datafusion::execution::SendableRecordBatchStream;
use futures::StreamExt;

use super::super::query::{DataFile, told};
use super::super::write::{Shard, ShardFormat, ShardWriter, shard_name};
use crate::error::{Error, Result};
use crate::interrupt;

/// A file, and which of its examples go.
pub(super) struct Kept {
    /// Folder of the shards.
    pub folder: PathBuf,
    pub format: ShardFormat,
    pub file: DataFile,
    /// A bit for each example, set where it goes.
    pub removed: Vec<u64>,
    /// How many there are.
    pub examples: u64,
}

impl Kept {
    /// Writes what stays; no shard where nothing does.
    pub(super) async fn write(self, mut batches: SendableRecordBatchStream) -> Result<Option<Shard>> {
        let (mut writer, mut at): (Option<ShardWriter>, usize) = (None, 0);
        let stays = |row: usize| self.removed.get(row / 64).is_some_and(|bits| (bits >> (row % 64)) & 1 == 0);
        while let Some(batch) = batches.next().await {
            interrupt::check()?;
            let batch = batch.map_err(told)?;
            let kept: BooleanArray = (at..at + batch.num_rows()).map(|row| Some(stays(row))).collect();
            at += batch.num_rows();
            if kept.true_count() == 0 {
                continue;
            }
            let batch = filter_record_batch(&batch, &kept)
                .map_err(|e| Error::cannot_run("the examples cannot be sifted").because(e))?;
            let open = match writer.take() {
                Some(open) => open,
                None => {
                    let name = shard_name(&self.file.name, self.format);
                    ShardWriter::new(&self.folder, name, self.format)?
                }
            };
            writer.insert(open).add_batch(&batch)?;
        }
        if at as u64 != self.examples {
            let told = format!("the file has {at} examples, a moment ago it had {}", self.examples);
            return Err(Error::cannot_run(told)
                .in_file(&self.file.path)
                .help("it was changed meanwhile: audit anew"));
        }
        writer.map(ShardWriter::close).transpose()
    }
}
