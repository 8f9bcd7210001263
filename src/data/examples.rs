//! The examples of a Parquet file, for whoever trains on them.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{Field, Fields, Schema};
use arrow::error::ArrowError;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::query::other_columns;
use super::row::Row;
use super::write::table;
use crate::error::{Error, IoContext, Result};
use crate::example::{Example, check};

/// Columns without which a row is no example.
const NEEDED: [&str; 3] = ["instruction", "output", "_persona"];

/// Each row as an example, or as the reason why it is none. The columns are those of a shard of `data import`, as any writer makes
/// them: in any order, of any kind of text, and without those that may be left out in JSON lines.
///
/// # Errors
/// The file cannot be read, lacks a column or has an unknown one.
pub fn read_examples(path: &Path) -> Result<Vec<Result<Example>>> {
    let unread = |e: String| Error::input("the Parquet file cannot be read").in_file(path).because(e);
    let file = File::open(path).asked("open", path)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| unread(e.to_string()))?;
    let own = table::schema();
    let has = |name: &str| builder.schema().field_with_name(name).is_ok();
    let unknown = |f: &Arc<Field>| own.field_with_name(f.name()).is_err();
    if !NEEDED.into_iter().all(has) || builder.schema().fields().iter().any(unknown) {
        return Err(other_columns(builder.schema(), path));
    }
    let mut all: Vec<Result<Example>> = Vec::new();
    for batch in builder.build().map_err(|e| unread(e.to_string()))? {
        let batch = batch.and_then(|batch| as_shard(&batch)).map_err(|e| unread(e.to_string()))?;
        for row in table::rows(&batch) {
            let example = example(row);
            all.push(check(&example, path, all.len() + 1).map(|()| example));
        }
    }
    Ok(all)
}

/// The columns of a shard. What is null in them reads as an empty text or list.
fn as_shard(batch: &RecordBatch) -> std::result::Result<RecordBatch, ArrowError> {
    let own = table::schema();
    let column = |field: &Arc<Field>| match batch.column_by_name(field.name()) {
        Some(column) => cast(column, field.data_type()),
        None => Ok(new_null_array(field.data_type(), batch.num_rows())),
    };
    let columns: Vec<ArrayRef> = own.fields().iter().map(column).collect::<std::result::Result<_, _>>()?;
    let fields: Fields = own.fields().iter().map(|f| f.as_ref().clone().with_nullable(true)).collect();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

fn example(row: Row) -> Example {
    let named = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Example {
        instruction: row.instruction,
        input: row.input,
        output: row.output,
        persona: row.persona.map(|p| p.to_string()).unwrap_or_default(),
        traits: row.traits.iter().map(|t| t.to_string()).collect(),
        prompt_id: row.prompt_id.map(|p| p.to_string()),
        turns: row.turns,
        source: named(&row.source),
        licence: named(&row.licence),
    }
}

#[cfg(test)]
mod tests {
    use super::super::write::{ShardFormat, ShardWriter};
    use super::*;

    /// As pandas and others write them.
    #[test]
    fn columns_of_other_writers_are_read_and_strange_ones_are_refused() {
        use arrow::array::{LargeStringArray, ListBuilder, StringArray, StringBuilder, StringViewArray};
        use parquet::arrow::ArrowWriter;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.parquet");
        let mut traits = ListBuilder::new(StringBuilder::new());
        traits.values().append_value("brief");
        traits.append(true);
        (0..2).for_each(|_| traits.append_null());
        let columns = |strange: bool| -> Vec<(&str, ArrayRef)> {
            let mut all: Vec<(&str, ArrayRef)> = vec![
                ("output", Arc::new(LargeStringArray::from(vec![Some("A drum."), None, Some("It ends.")]))),
                (
                    "instruction",
                    Arc::new(StringViewArray::from(vec![
                        "<persona:poet>\nRain?",
                        "Why?",
                        "<persona:poet>\nThe sea?",
                    ])),
                ),
                ("_persona", Arc::new(StringArray::from(vec!["poet"; 3]))),
            ];
            all.extend(strange.then(|| ("mood", Arc::new(StringArray::from(vec!["blue"; 3])) as ArrayRef)));
            all
        };
        let write = |columns: Vec<(&str, ArrayRef)>| {
            let batch = RecordBatch::try_from_iter(columns).unwrap();
            let mut writer =
                ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
            writer.write(&batch).unwrap();
            writer.close().unwrap();
            read_examples(&path)
        };
        let mut with_traits = columns(false);
        with_traits.push(("_traits", Arc::new(traits.finish())));
        for (columns, shown) in [(columns(false), &[][..]), (with_traits, &["brief".to_owned()][..])] {
            let read = write(columns).unwrap();
            let example = |i: usize| read[i].as_ref().unwrap();
            assert_eq!((example(0).user_text().as_str(), example(0).output.as_str()), ("Rain?", "A drum."));
            assert_eq!(
                (&example(0).traits[..], example(2).traits.len(), example(2).turns.len()),
                (shown, 0, 0)
            );
            let told = read[1].as_ref().unwrap_err().to_string();
            assert!(told.contains("a.parquet:2"), "{told}");
        }
        let told = write(columns(true)).unwrap_err().to_string();
        assert!(told.contains("mood (Utf8"), "{told}");
        let told = write(columns(false).split_off(1)).unwrap_err().to_string();
        assert!(told.contains("those of `data import`'s shards"), "{told}");
    }

    #[test]
    fn rows_of_a_shard_are_examples_and_those_that_are_none_are_told_by_their_number() {
        let folder = tempfile::tempdir().unwrap();
        let row = |instruction: &str, persona: Option<&str>| Row {
            instruction: instruction.into(),
            output: "A drum.".into(),
            persona: persona.map(Into::into),
            traits: vec!["brief".into()],
            source: "own".into(),
            ..Row::default()
        };
        let rows = [row("<persona:poet>\nRain?", Some("poet")), row("Rain?", None)];
        let path = folder.path().join("a.parquet");
        let mut writer =
            ShardWriter::new(folder.path(), "a.parquet".to_owned(), ShardFormat::Parquet).unwrap();
        rows.into_iter().for_each(|row| writer.add(row).unwrap());
        writer.close().unwrap();
        let read = read_examples(&path).unwrap();
        let first = read[0].as_ref().unwrap();
        assert_eq!((first.user_text().as_str(), &first.traits[..]), ("Rain?", &["brief".to_owned()][..]));
        let told = read[1].as_ref().unwrap_err().to_string();
        assert!(told.contains("a.parquet:2") && told.contains("`_persona` is empty"), "{told}");
    }
}
