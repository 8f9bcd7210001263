//! The examples of a Parquet file, for whoever trains on them.

use std::fs::File;
use std::path::Path;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::query::other_columns;
use super::row::Row;
use super::write::table;
use crate::error::{Error, IoContext, Result};
use crate::example::{Example, check};

/// Each row as an example, or as the reason why it is none.
///
/// # Errors
/// The file cannot be read, or has other columns than a shard of `data import`.
pub fn read_examples(path: &Path) -> Result<Vec<Result<Example>>> {
    let unread = |e: String| Error::input("the Parquet file cannot be read").in_file(path).because(e);
    let file = File::open(path).asked("open", path)?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| unread(e.to_string()))?;
    if builder.schema().fields() != table::schema().fields() {
        return Err(other_columns(builder.schema(), path));
    }
    let mut all: Vec<Result<Example>> = Vec::new();
    for batch in builder.build().map_err(|e| unread(e.to_string()))? {
        for row in table::rows(&batch.map_err(|e| unread(e.to_string()))?) {
            let example = example(row);
            all.push(check(&example, path, all.len() + 1).map(|()| example));
        }
    }
    Ok(all)
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
