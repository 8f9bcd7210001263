//! Parquet files: every row as a JSON object.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::{CastOptions, cast_with_options, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::error::ArrowError;
use arrow::json::LineDelimitedWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::file::metadata::ParquetMetaData;

use super::input::Heard;
use super::record::{Content, Record};
use super::walk::Take;
use super::window::LONGEST;
use crate::error::{Error, IoContext, Result};

/// Rows that are decoded together, at most.
const ROWS: u64 = 1024;
/// Bytes that are decoded together, about.
const BYTES: u64 = 16 * 1024 * 1024;

/// Every row as a record; what is null is left out of it.
///
/// # Errors
/// The file is no Parquet, is broken, or is packed in a way that this program cannot undo.
pub(super) fn walk(path: &Path, heard: Heard<'_>, take: &mut Take<'_>) -> Result<()> {
    let file = File::open(path).asked("open", path)?;
    let bytes = file.metadata().doing("look at", path)?.len();
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|e| Error::input("the Parquet file cannot be read").in_file(path).because(e))?;
    let metadata = Arc::clone(builder.metadata());
    let all = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(0).max(1);
    let mut number = 0;
    let unread = |number: u64, e: ArrowError| {
        let told = e.to_string();
        let error = Error::input(format!("the Parquet file is broken behind row {number}")).in_file(path);
        if told.contains("Disabled feature") { packed_otherwise(path, &metadata) } else { error }.because(e)
    };
    let rows =
        builder.with_batch_size(batch_rows(&metadata)).build().map_err(|e| unread(0, ArrowError::from(e)))?;
    for batch in rows {
        let batch = batch.map_err(|e| unread(number, e))?;
        heard(bytes * batch.num_rows() as u64 / all);
        for content in contents(&batch).map_err(|e| unread(number, e))? {
            number += 1;
            take(Record { number, line: None, content })?;
        }
    }
    Ok(())
}

/// Fewer rows are decoded together where they are large.
fn batch_rows(metadata: &ParquetMetaData) -> usize {
    let of = |group: &parquet::file::metadata::RowGroupMetaData| {
        let rows = u64::try_from(group.num_rows()).unwrap_or(0);
        u64::try_from(group.total_byte_size()).unwrap_or(0).checked_div(rows).unwrap_or(0)
    };
    let largest = metadata.row_groups().iter().map(of).max().unwrap_or(0).max(1);
    usize::try_from((BYTES / largest).clamp(1, ROWS)).unwrap_or(1)
}

fn packed_otherwise(path: &Path, metadata: &ParquetMetaData) -> Error {
    let columns = metadata.row_groups().iter().flat_map(|group| group.columns());
    let codecs: BTreeSet<String> = columns.map(|c| c.compression().to_string().to_lowercase()).collect();
    let codecs: Vec<String> = codecs.into_iter().collect();
    Error::input(format!(
        "the Parquet file's columns are packed as this build cannot unpack them: {}",
        codecs.join(", ")
    ))
    .in_file(path)
    .expected("columns that are not packed, or with zstd or snappy")
    .help("write the file anew with zstd or snappy")
}

/// What the rows of a batch hold.
fn contents(batch: &RecordBatch) -> std::result::Result<Vec<Content>, ArrowError> {
    if let Ok(texts) = as_text(batch) {
        return lines(&texts);
    }
    // Some row has bytes that are no text: only that one is to be rejected.
    let mut all = Vec::with_capacity(batch.num_rows());
    for row in 0..batch.num_rows() {
        let place = UInt32Array::from(vec![u32::try_from(row).unwrap_or(u32::MAX)]);
        match as_text(&take_record_batch(batch, &place)?) {
            Ok(row) => all.extend(lines(&row)?),
            Err(column) => all.push(Content::Unreadable(format!("not UTF-8 text in column `{column}`"))),
        }
    }
    Ok(all)
}

fn lines(batch: &RecordBatch) -> std::result::Result<Vec<Content>, ArrowError> {
    let mut lines = Vec::new();
    let mut writer = LineDelimitedWriter::new(&mut lines);
    writer.write(batch)?;
    writer.finish()?;
    drop(writer);
    let row = |line: &[u8]| match line.len() {
        n if n > LONGEST => Content::Unreadable(format!("the row is longer than {LONGEST} bytes: {n}")),
        _ => Content::Json(line.to_vec()),
    };
    Ok(lines.split(|b| *b == b'\n').filter(|line| !line.is_empty()).map(row).collect())
}

/// The batch with its bytes as texts: old writers do not say that their texts are some.
///
/// # Errors
/// A column in which they are not.
fn as_text(batch: &RecordBatch) -> std::result::Result<RecordBatch, String> {
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    let schema = batch.schema();
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for (field, column) in schema.fields().iter().zip(batch.columns()) {
        let text = text_type(field.data_type());
        let name = || field.name().clone();
        if text == *field.data_type() {
            columns.push(Arc::clone(column));
        } else {
            columns.push(cast_with_options(column, &text, &strict).map_err(|_| name())?);
        }
        fields.push(Field::new(name(), text, field.is_nullable()));
    }
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)
        .map_err(|e| e.to_string())
}

/// The type with texts for bytes, however deep they lie.
fn text_type(of: &DataType) -> DataType {
    let inner = |field: &Arc<Field>| {
        let text = text_type(field.data_type());
        Arc::new(field.as_ref().clone().with_data_type(text))
    };
    match of {
        DataType::Binary => DataType::Utf8,
        DataType::LargeBinary => DataType::LargeUtf8,
        DataType::BinaryView => DataType::Utf8View,
        DataType::List(field) => DataType::List(inner(field)),
        DataType::LargeList(field) => DataType::LargeList(inner(field)),
        DataType::FixedSizeList(field, n) => DataType::FixedSizeList(inner(field), *n),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(inner).collect()),
        DataType::Map(field, sorted) => DataType::Map(inner(field), *sorted),
        DataType::Dictionary(_, values) if text_type(values) != **values => text_type(values),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use arrow::array::{
        ArrayRef, BinaryArray, Int64Array, ListBuilder, StringArray, StringBuilder, StructArray,
    };
    use parquet::arrow::ArrowWriter;
    use parquet::basic::Compression;
    use parquet::file::properties::WriterProperties;

    use super::*;

    fn written(columns: Vec<(&str, ArrayRef)>, compression: Compression) -> Vec<u8> {
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut bytes = Vec::new();
        let properties = WriterProperties::builder().set_compression(compression).build();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), Some(properties)).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        bytes
    }

    fn read(bytes: &[u8]) -> std::result::Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        std::fs::write(&path, bytes).unwrap();
        let mut found = Vec::new();
        walk(&path, &|_| (), &mut |record| {
            assert_eq!(record.number, found.len() as u64 + 1);
            found.push(record.content.value().map_or_else(|why| why, |value| value.to_string()));
            Ok(())
        })
        .map_err(|e| e.to_string())?;
        Ok(found)
    }

    #[test]
    fn rows_are_objects() {
        let mut turns = ListBuilder::new(StringBuilder::new());
        turns.append_value([Some("a"), Some("b")]);
        turns.append_value([Some("c")]);
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("n", Arc::new(Int64Array::from(vec![1, 2]))),
            ("text", Arc::new(StringArray::from(vec![Some("x\ny"), None]))),
            ("turns", Arc::new(turns.finish())),
        ];
        let found = read(&written(columns, Compression::SNAPPY)).unwrap();
        assert_eq!(found, [r#"{"n":1,"text":"x\ny","turns":["a","b"]}"#, r#"{"n":2,"turns":["c"]}"#]);
    }

    #[test]
    fn bytes_are_texts_and_a_row_whose_bytes_are_none_is_a_reject() {
        let deep: ArrayRef = Arc::new(BinaryArray::from(vec![&b"x"[..], b"y", b"z", b"\xff"]));
        let deep = StructArray::from(vec![(Arc::new(Field::new("b", DataType::Binary, true)), deep)]);
        let columns: Vec<(&str, ArrayRef)> = vec![
            (
                "a",
                Arc::new(BinaryArray::from(vec![Some(&b"one"[..]), Some(b"\xc3\xa9"), Some(b"\xc3"), None])),
            ),
            ("d", Arc::new(deep)),
        ];
        let found = read(&written(columns, Compression::UNCOMPRESSED)).unwrap();
        assert_eq!(
            found,
            [
                r#"{"a":"one","d":{"b":"x"}}"#,
                r#"{"a":"é","d":{"b":"y"}}"#,
                "not UTF-8 text in column `a`",
                "not UTF-8 text in column `d`"
            ]
        );
    }

    #[test]
    fn large_rows_are_decoded_a_few_at_a_time() {
        let rows = |size: usize| {
            let texts: Vec<String> = (0..500).map(|i| format!("{i:0size$}")).collect();
            let column: ArrayRef = Arc::new(StringArray::from(texts));
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&written(vec![("a", column)], Compression::UNCOMPRESSED)).unwrap();
            batch_rows(ParquetRecordBatchReaderBuilder::try_new(file).unwrap().metadata())
        };
        assert_eq!(rows(60), 1024);
        let few = rows(50_000);
        assert!((250..350).contains(&few), "{few}");
    }

    #[test]
    fn what_is_no_parquet_says_so() {
        let column: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        let whole = written(vec![("a", column)], Compression::UNCOMPRESSED);
        let told = read(&whole[..whole.len() - 9]).unwrap_err();
        assert!(told.contains("the Parquet file cannot be read") && told.contains("a.parquet"), "{told}");
    }
}
