//! One file of examples as a table of the schema.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::{Field, Schema, SchemaRef};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::PartitionStream;
use datafusion::prelude::{DataFrame, ParquetReadOptions, SessionContext};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::RowGroupMetaData;
use rayon::prelude::*;

use super::super::read::{Container, Reading, Record, walk};
use super::super::write::table;
use super::dataset::{DataFile, DataFolder, Kind};
use super::engine::{BATCH_ROWS, Engine, told};
use super::example_line::{Named, row};
use crate::error::{Error, IoContext, Result};
use crate::interrupt;

/// Rows of a batch, at least, however long they are.
const FEWEST_ROWS: usize = 64;
/// Bytes from which a batch has fewer rows.
const BYTES: usize = 8 * 1024 * 1024;

/// A line that is no example.
#[derive(Debug)]
pub(in crate::data) struct Stray {
    /// Name of its file.
    pub file: String,
    /// Its line, from 1.
    pub line: u64,
    /// Why, in a clause.
    pub reason: String,
}

/// What of a file's lines did not become examples.
#[derive(Debug, Default)]
pub(in crate::data) struct Strays {
    /// The lines that are no examples.
    pub rejects: Vec<Stray>,
    /// Keys that examples do not have, with how many lines have them.
    pub keys: BTreeMap<String, u64>,
}

/// The file's examples, in its order when the session has one partition; what is no example is told to `strays`.
///
/// # Errors
/// The file cannot be read, or has other columns.
pub(in crate::data) async fn scan(
    engine: &Engine,
    file: &DataFile,
    strays: &Arc<Mutex<Strays>>,
) -> Result<DataFrame> {
    match file.kind {
        Kind::Parquet => parquet(engine, &[file]).await,
        Kind::Lines => lines(engine, vec![file.clone()], strays),
    }
}

/// All examples of a folder, in any order.
///
/// # Errors
/// As [`scan`].
pub(in crate::data) async fn scan_all(
    engine: &Engine,
    folder: &DataFolder,
    strays: &Arc<Mutex<Strays>>,
) -> Result<DataFrame> {
    let (columns, texts): (Vec<&DataFile>, Vec<&DataFile>) =
        folder.files.iter().partition(|f| f.kind == Kind::Parquet);
    if columns.is_empty() {
        return lines(engine, texts.into_iter().cloned().collect(), strays);
    }
    let all = parquet(engine, &columns).await?;
    if texts.is_empty() {
        return Ok(all);
    }
    all.union(lines(engine, texts.into_iter().cloned().collect(), strays)?).map_err(told)
}

fn lines(engine: &Engine, files: Vec<DataFile>, strays: &Arc<Mutex<Strays>>) -> Result<DataFrame> {
    if let Some(first) = files.first().filter(|_| engine.place().is_cluster()) {
        return Err(Error::input("a cluster reads Parquet only, and this holds lines of JSON")
            .in_file(&first.path)
            .help("tag or import the folder here first: both write Parquet"));
    }
    let lines = Lines { schema: table::schema(), files, strays: Arc::clone(strays) };
    let table = StreamingTable::try_new(table::schema(), vec![Arc::new(lines)]).map_err(told)?;
    engine.context().read_table(Arc::new(table)).map_err(told)
}

async fn parquet(engine: &Engine, files: &[&DataFile]) -> Result<DataFrame> {
    let mut rows = BATCH_ROWS;
    for file in files {
        rows = rows.min(check_columns(file)?);
    }
    let paths: Vec<&Path> = files.iter().map(|f| f.path.as_path()).collect();
    read(&engine.context_with(rows), &paths, &table::schema()).await
}

/// Parquet files of known columns, whatever their names end in.
pub(super) async fn read(context: &SessionContext, paths: &[&Path], schema: &Schema) -> Result<DataFrame> {
    let urls = paths.iter().map(|path| file_url(path)).collect::<Result<Vec<_>>>()?;
    let mut options = ParquetReadOptions::default().parquet_pruning(false).schema(schema);
    options.file_extension = "";
    context.read_parquet(urls, options).await.map_err(told)
}

/// A path as a URL: as a plain text, brackets and stars of it would be taken for a pattern.
fn file_url(path: &Path) -> Result<String> {
    let whole = path.canonicalize().asked("look at", path)?;
    let mut url = "file://".to_owned();
    let text = whole.to_string_lossy().replace('\\', "/");
    if !text.starts_with('/') {
        url.push('/');
    }
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' | b':' => {
                url.push(char::from(byte))
            }
            _ => url.push_str(&format!("%{byte:02X}")),
        }
    }
    Ok(url)
}

/// Other columns would be read as nulls, or not at all. How many of its rows fit a batch.
fn check_columns(file: &DataFile) -> Result<usize> {
    let opened = std::fs::File::open(&file.path).asked("open", &file.path)?;
    let reader = ParquetRecordBatchReaderBuilder::try_new(opened)
        .map_err(|e| Error::input("the Parquet file cannot be read").in_file(&file.path).because(e))?;
    let found = reader.schema();
    if found.fields() == table::schema().fields() {
        let groups = reader.metadata().row_groups().iter().filter(|group| group.num_rows() > 0);
        let row_bytes = groups.map(|group| unpacked(group) / group.num_rows()).max().unwrap_or(0);
        let fitting = BYTES / usize::try_from(row_bytes).unwrap_or(0).max(1);
        // Not fewer: one file of long rows should not make a folder of short ones crawl.
        return Ok(fitting.clamp(FEWEST_ROWS, BATCH_ROWS));
    }
    Err(other_columns(found, &file.path))
}

/// What to say of a file with other columns than a shard's.
pub(in crate::data) fn other_columns(found: &Schema, path: &Path) -> Error {
    let columns: Vec<String> = found.fields().iter().map(|f| told_of(f)).collect();
    let wanted: Vec<String> = table::schema().fields().iter().map(|f| told_of(f)).collect();
    Error::input(format!("the Parquet file has the columns {}", columns.join(", ")))
        .in_file(path)
        .expected(format!("those of `data import`'s shards: {}", wanted.join(", ")))
        .help("import it first: persona-eval data import")
}

/// Bytes of a row group in memory: of its texts, if the file says so, which may be more than their dictionary.
fn unpacked(group: &RowGroupMetaData) -> i64 {
    let texts: i64 = group.columns().iter().filter_map(|c| c.unencoded_byte_array_data_bytes()).sum();
    texts.max(group.total_byte_size())
}

fn told_of(field: &Field) -> String {
    let null = if field.is_nullable() { ", may be null" } else { "" };
    format!("{} ({}{null})", field.name(), field.data_type())
}

/// Files of JSON lines, one after the other.
#[derive(Debug)]
struct Lines {
    schema: SchemaRef,
    files: Vec<DataFile>,
    strays: Arc<Mutex<Strays>>,
}

impl PartitionStream for Lines {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut builder = RecordBatchReceiverStreamBuilder::new(table::schema(), 2);
        let sender = builder.tx();
        let (files, strays) = (self.files.clone(), Arc::clone(&self.strays));
        builder.spawn_blocking(move || {
            let mut send = |batch: RecordBatch| {
                let sent = sender.blocking_send(Ok(batch));
                sent.map_err(|_| Error::interrupted("nobody takes the rows any more"))
            };
            let mut all = files.iter();
            all.try_for_each(|file| walk_lines(file, &strays, &mut send))
                .map_err(|e| DataFusionError::External(Box::new(e)))
        });
        builder.build()
    }
}

fn walk_lines(
    file: &DataFile,
    strays: &Mutex<Strays>,
    send: &mut dyn FnMut(RecordBatch) -> Result<()>,
) -> Result<()> {
    let named = Named::of(&file.name);
    let mut take = |records: Vec<Record>| -> Result<()> {
        interrupt::check()?;
        let rows = rows(records, (&file.name, &named), strays);
        if rows.is_empty() { Ok(()) } else { send(table::batch(&rows)?) }
    };
    if file.bytes == 0 {
        return Ok(());
    }
    let (mut records, mut bytes) = (Vec::new(), 0);
    let how = Reading { container: Some(Container::Lines), ..Reading::default() };
    walk(&file.path, &how, &|_| (), &mut |record| {
        bytes += record.content.size();
        records.push(record);
        if records.len() >= BATCH_ROWS || bytes >= BYTES {
            bytes = 0;
            return take(std::mem::take(&mut records));
        }
        Ok(())
    })?;
    take(records)
}

fn rows(
    records: Vec<Record>,
    (file, named): (&str, &Named),
    strays: &Mutex<Strays>,
) -> Vec<super::super::Row> {
    let read: Vec<_> = records
        .into_par_iter()
        .map(|record| (record.line.unwrap_or(record.number), row(record.content, named)))
        .collect();
    let mut strays = strays.lock().unwrap_or_else(PoisonError::into_inner);
    let mut rows = Vec::with_capacity(read.len());
    for (line, result) in read {
        match result {
            Ok((row, keys)) => {
                rows.push(row);
                for key in keys {
                    *strays.keys.entry(key).or_default() += 1;
                }
            }
            Err(reason) => strays.rejects.push(Stray { file: file.to_owned(), line, reason }),
        }
    }
    rows
}
