//! Parquet files: every row as a JSON object.

use std::fs::File;
use std::path::Path;

use arrow::json::LineDelimitedWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::input::Heard;
use super::record::{Content, Record};
use super::walk::Take;
use crate::error::{Error, IoContext, Result};

/// Every row as a record; what is null is left out of it.
pub(super) fn walk(path: &Path, heard: Heard<'_>, take: &mut Take<'_>) -> Result<()> {
    let broken = |what: &str| {
        let what = format!("the Parquet file {what}");
        move |e: parquet::errors::ParquetError| Error::input(what).in_file(path).because(e)
    };
    let file = File::open(path).asked("open", path)?;
    let bytes = file.metadata().doing("look at", path)?.len();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(broken("cannot be read"))?;
    let all = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0).max(1);
    let rows = builder.with_batch_size(1024).build().map_err(broken("cannot be read"))?;
    let mut number = 0;
    for batch in rows {
        let unread = |e| {
            Error::input(format!("the Parquet file is broken behind row {number}")).in_file(path).because(e)
        };
        let batch = batch.map_err(unread)?;
        heard(bytes * batch.num_rows() as u64 / all);
        let mut lines = Vec::new();
        let mut writer = LineDelimitedWriter::new(&mut lines);
        writer.write(&batch).and_then(|()| writer.finish()).map_err(unread)?;
        drop(writer);
        for line in lines.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
            number += 1;
            take(Record { number, line: None, content: Content::Json(line.to_vec()) })?;
        }
    }
    Ok(())
}
