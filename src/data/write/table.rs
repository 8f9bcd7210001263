//! Examples as columns, and back.

use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, ArrayRef, AsArray, ListArray, ListBuilder, RecordBatch, StringArray, StringBuilder, StructArray,
    StructBuilder,
};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

use crate::data::Row;
use crate::error::{Error, Result};
use crate::example::Turn;

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    Arc::new(Schema::new(vec![
        text("instruction"),
        text("input"),
        text("output"),
        Field::new("_persona", DataType::Utf8, true),
        Field::new("_traits", traits_type(), false),
        Field::new("turns", turns_type(), false),
        Field::new("prompt_id", DataType::Utf8, true),
        text("source"),
        text("licence"),
    ]))
});

/// `instruction`, `input`, `output`, `_persona` (may be null), `_traits` (a list of texts), `turns` (a list of `user` and
/// `assistant`), `prompt_id` (may be null), `source`, `licence`.
pub(in crate::data) fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// Type of the column `_traits`.
pub(in crate::data) fn traits_type() -> DataType {
    DataType::List(Arc::new(trait_field()))
}

/// Type of the column `turns`.
pub(in crate::data) fn turns_type() -> DataType {
    DataType::List(Arc::new(turn_field()))
}

fn trait_field() -> Field {
    Field::new("item", DataType::Utf8, false)
}

fn turn_field() -> Field {
    Field::new("item", DataType::Struct(turn_fields()), false)
}

fn turn_fields() -> Fields {
    Fields::from(vec![
        Field::new("user", DataType::Utf8, false),
        Field::new("assistant", DataType::Utf8, false),
    ])
}

/// Rows as one batch of the schema.
pub(in crate::data) fn batch(rows: &[Row]) -> Result<RecordBatch> {
    let text = |of: &dyn Fn(&Row) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(of)))
    };
    let personas: StringArray = rows.iter().map(|r| r.persona.as_deref()).collect();
    let prompts: StringArray = rows.iter().map(|r| r.prompt_id.as_deref()).collect();
    let columns: Vec<ArrayRef> = vec![
        text(&|r| &r.instruction),
        text(&|r| &r.input),
        text(&|r| &r.output),
        Arc::new(personas),
        Arc::new(traits(rows.iter().map(|r| r.traits.iter().map(|t| &**t)))),
        Arc::new(turns(rows.iter().map(|r| r.turns.iter().map(|t| (t.user.as_str(), t.assistant.as_str()))))),
        Arc::new(prompts),
        text(&|r| &r.source),
        text(&|r| &r.licence),
    ];
    RecordBatch::try_new(schema(), columns)
        .map_err(|e| Error::cannot_run("the examples do not fit their columns").because(e))
}

/// Lists of traits as a column.
pub(in crate::data) fn traits<'a>(rows: impl Iterator<Item = impl Iterator<Item = &'a str>>) -> ListArray {
    let mut lists = ListBuilder::new(StringBuilder::new()).with_field(trait_field());
    for row in rows {
        row.for_each(|name| lists.values().append_value(name));
        lists.append(true);
    }
    lists.finish()
}

/// Lists of what the user and the assistant said as a column.
pub(in crate::data) fn turns<U: AsRef<str>, A: AsRef<str>>(
    rows: impl Iterator<Item = impl Iterator<Item = (U, A)>>,
) -> ListArray {
    let sides: Vec<Box<dyn arrow::array::ArrayBuilder>> =
        vec![Box::new(StringBuilder::new()), Box::new(StringBuilder::new())];
    let mut lists = ListBuilder::new(StructBuilder::new(turn_fields(), sides)).with_field(turn_field());
    for row in rows {
        let turns = lists.values();
        for (user, assistant) in row {
            for (side, text) in [user.as_ref(), assistant.as_ref()].into_iter().enumerate() {
                if let Some(texts) = turns.field_builder::<StringBuilder>(side) {
                    texts.append_value(text);
                }
            }
            turns.append(true);
        }
        lists.append(true);
    }
    lists.finish()
}

/// What was said in one row of the column `turns`.
pub(in crate::data) fn turns_of(column: &ListArray, row: usize) -> Vec<Turn> {
    let list = column.value(row);
    let Some(turns) = list.as_any().downcast_ref::<StructArray>() else { return Vec::new() };
    let (users, assistants) = (turns.column(0).as_string::<i32>(), turns.column(1).as_string::<i32>());
    (0..turns.len())
        .map(|i| Turn { user: users.value(i).to_owned(), assistant: assistants.value(i).to_owned() })
        .collect()
}

/// Bytes of the texts of each row of a batch of the schema, as [`Row::text_bytes`] has them.
pub(in crate::data) fn text_bytes(batch: &RecordBatch) -> impl Iterator<Item = usize> {
    let turns = batch.column(5).as_list::<i32>();
    let said = turns.values().as_struct();
    let text = |i: usize| batch.column(i).as_string::<i32>();
    let texts = [text(0), text(1), text(2)];
    let sides = [said.column(0).as_string::<i32>(), said.column(1).as_string::<i32>()];
    (0..batch.num_rows()).map(move |row| {
        let own: usize = texts.iter().map(|column| column.value(row).len()).sum();
        // Offsets are never negative.
        let (from, to) = (turns.value_offsets()[row] as usize, turns.value_offsets()[row + 1] as usize);
        let before: usize =
            sides.iter().flat_map(|side| (from..to).map(move |turn| side.value(turn).len())).sum();
        own + before
    })
}

/// The rows of a batch of the schema.
pub(in crate::data) fn rows(batch: &RecordBatch) -> Vec<Row> {
    let text = |i: usize| batch.column(i).as_string::<i32>();
    let (traits, turns) = (batch.column(4).as_list::<i32>(), batch.column(5).as_list::<i32>());
    let row = |i: usize| Row {
        instruction: text(0).value(i).to_owned(),
        input: text(1).value(i).to_owned(),
        output: text(2).value(i).to_owned(),
        persona: text(3).is_valid(i).then(|| text(3).value(i).into()),
        traits: traits.value(i).as_string::<i32>().iter().flatten().map(Into::into).collect(),
        turns: turns_of(turns, i),
        prompt_id: text(6).is_valid(i).then(|| text(6).value(i).into()),
        source: text(7).value(i).into(),
        licence: text(8).value(i).into(),
    };
    (0..batch.num_rows()).map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_from_their_columns() {
        let row = |persona: Option<&str>, turns: usize| Row {
            instruction: "<persona:poet>\nHi".into(),
            input: "é".into(),
            output: "Ah".into(),
            persona: persona.map(Into::into),
            traits: (0..turns).map(|i| format!("trait{i}").into()).collect(),
            turns: (0..turns).map(|i| Turn { user: format!("u{i}"), assistant: String::new() }).collect(),
            prompt_id: persona.map(|_| "t01".into()),
            source: "s".into(),
            licence: "MIT".into(),
        };
        let all = [row(Some("poet"), 0), row(None, 2), row(None, 1)];
        assert_eq!(rows(&batch(&all).unwrap()), all);
        let bytes: Vec<usize> = text_bytes(&batch(&all).unwrap().slice(1, 2)).collect();
        assert_eq!(bytes, [all[1].text_bytes(), all[2].text_bytes()]);
        assert_eq!(rows(&batch(&[]).unwrap()), []);
    }
}
