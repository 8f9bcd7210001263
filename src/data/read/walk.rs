//! All records of a file, in its order.

use std::io::Read;
use std::path::Path;

use serde_json::{Map, Value};

use super::container::Container;
use super::input::{Encoding, Heard, is_packed, open};
use super::record::{Content, Record};
use super::{group, json, lines, parquet};
use crate::error::{Error, IoContext, Result};

/// Takes one record; an error ends the walk.
pub(super) type Take<'a> = dyn FnMut(Record) -> Result<()> + 'a;

/// How a source's files are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// What holds the records; by the file's ending where none.
    pub container: Option<Container>,
    /// How the letters are written.
    pub encoding: Encoding,
    /// Keys of a document below which its records stand.
    pub within: Vec<String>,
    /// Names of the columns, for tables without a head line.
    pub columns_are: Vec<String>,
    /// The key by whose value consecutive rows are one record.
    pub grouped_by: Option<String>,
    /// Whether a quotation mark in a table is nothing but that.
    pub literal_quotes: bool,
}

/// Gives every record of a file to `take`, readable or not; `heard` is told of the bytes that were read.
///
/// # Errors
/// The file cannot be read, or breaks off in a way that leaves no next record; and what `take` returns.
pub(in crate::data) fn walk(path: &Path, how: &Reading, heard: Heard<'_>, take: &mut Take<'_>) -> Result<()> {
    match &how.grouped_by {
        Some(key) => group::walk(key, take, |take| rows(path, how, heard, take)),
        None => rows(path, how, heard, take),
    }
}

fn rows(path: &Path, how: &Reading, heard: Heard<'_>, take: &mut Take<'_>) -> Result<()> {
    let container = how.container.map_or_else(|| Container::of(path), Ok)?;
    match container {
        Container::Lines => lines::walk(path, open(path, how.encoding, heard)?, take),
        Container::Document => json::walk(path, open(path, how.encoding, heard)?, &how.within, take),
        Container::Csv => table(path, b',', how, heard, take),
        Container::Tsv => table(path, b'\t', how, heard, take),
        Container::Parquet if is_packed(path) => {
            Err(Error::input("a Parquet file is packed within and cannot be read packed")
                .in_file(path)
                .help("unpack it first"))
        }
        Container::Parquet => parquet::walk(path, heard, take),
        Container::Yaml => {
            let mut text = String::new();
            open(path, how.encoding, heard)?.read_to_string(&mut text).doing("read", path)?;
            // Texts are what is read here: `No` and `007` are left as they stand.
            let options = serde_saphyr::options! {
                strict_booleans: true,
                leading_zero_numbers_as_strings: true,
                underscored_numbers_as_strings: true,
            };
            let value: Value = serde_saphyr::from_str_with_options(&text, options)
                .map_err(|e| Error::input("the YAML document cannot be read").in_file(path).because(e))?;
            json::walk_value(path, value, &how.within, take)
        }
    }
}

/// Every row of a table as an object of texts by column.
fn table(path: &Path, delimiter: u8, how: &Reading, heard: Heard<'_>, take: &mut Take<'_>) -> Result<()> {
    let headless = !how.columns_are.is_empty();
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .has_headers(!headless)
        .flexible(true)
        .quoting(!how.literal_quotes)
        .from_reader(open(path, how.encoding, heard)?);
    let unread = |e: csv::Error| Error::input("the table cannot be read").in_file(path).because(e);
    let columns: Vec<String> = if headless {
        how.columns_are.clone()
    } else {
        reader
            .headers()
            .map_err(unread)?
            .iter()
            .map(|c| c.trim_start_matches('\u{feff}').to_owned())
            .collect()
    };
    let (mut number, mut row) = (0, csv::ByteRecord::new());
    while reader.read_byte_record(&mut row).map_err(unread)? {
        number += 1;
        let line = row.position().map(csv::Position::line);
        take(Record { number, line, content: cells(&columns, &row) })?;
    }
    Ok(())
}

fn cells(columns: &[String], row: &csv::ByteRecord) -> Content {
    if row.len() != columns.len() {
        return Content::Unreadable(format!(
            "the row has {} fields, the table {} columns",
            row.len(),
            columns.len()
        ));
    }
    let mut object = Map::with_capacity(columns.len());
    for (column, cell) in columns.iter().zip(row) {
        match std::str::from_utf8(cell) {
            Ok(text) => _ = object.insert(column.clone(), Value::String(text.to_owned())),
            Err(_) => return Content::Unreadable(format!("not UTF-8 text in column `{column}`")),
        }
    }
    Content::Value(Value::Object(object))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ::parquet::arrow::ArrowWriter;
    use arrow::array::{ArrayRef, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder};

    use super::*;

    fn read(
        name: &str,
        bytes: &[u8],
        how: &Reading,
    ) -> Vec<(Option<u64>, std::result::Result<Value, String>)> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let mut found = Vec::new();
        walk(&path, how, &|_| (), &mut |record| {
            found.push((record.line, record.content.value()));
            Ok(())
        })
        .unwrap();
        found
    }

    #[test]
    fn a_table_gives_objects_and_a_ragged_row_is_told_apart() {
        let text = b"\xef\xbb\xbfq,a\n\"one\nline, two\",1\nx\ny,\xff\nlast,2\n";
        let found = read("a.csv", text, &Reading::default());
        assert_eq!(found[0], (Some(2), Ok(serde_json::json!({"q": "one\nline, two", "a": "1"}))));
        assert_eq!(found[1].1.as_ref().unwrap_err(), "the row has 1 fields, the table 2 columns");
        assert_eq!(found[2].1.as_ref().unwrap_err(), "not UTF-8 text in column `a`");
        assert_eq!(found[3], (Some(6), Ok(serde_json::json!({"q": "last", "a": "2"}))));
        let headless = Reading {
            columns_are: vec!["q".into(), "a".into()],
            encoding: Encoding::Latin1,
            ..Reading::default()
        };
        let found = read("a.csv", b"y,\xe9\n", &headless);
        assert_eq!(found, [(Some(1), Ok(serde_json::json!({"q": "y", "a": "é"})))]);
    }

    #[test]
    fn yaml_and_parquet_give_records_too() {
        let within = Reading { within: vec!["conversations".into()], ..Reading::default() };
        let found =
            read("a.yml", b"categories:\n- x\nconversations:\n- - Hi\n  - No\n- - 3\n  - Bye\n", &within);
        assert_eq!(found[0].1, Ok(serde_json::json!(["Hi", "No"])));
        assert_eq!(found.len(), 2);
        let mut turns = ListBuilder::new(StringBuilder::new());
        turns.append_value([Some("a"), Some("b")]);
        turns.append_value([Some("c")]);
        let columns: [(&str, ArrayRef); 3] = [
            ("n", Arc::new(Int64Array::from(vec![1, 2]))),
            ("text", Arc::new(StringArray::from(vec![Some("x"), None]))),
            ("turns", Arc::new(turns.finish())),
        ];
        let batch = RecordBatch::try_from_iter(columns).unwrap();
        let mut bytes = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
        writer.write(&batch).unwrap();
        writer.close().unwrap();
        let found = read("a.parquet", &bytes, &Reading::default());
        assert_eq!(found[0].1, Ok(serde_json::json!({"n": 1, "text": "x", "turns": ["a", "b"]})));
        assert_eq!(found[1].1, Ok(serde_json::json!({"n": 2, "turns": ["c"]})));
    }
}
