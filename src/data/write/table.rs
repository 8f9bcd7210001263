//! Examples as columns.

use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, RecordBatch, StringArray, StringBuilder, StructBuilder};
use arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};

use crate::data::Row;
use crate::error::{Error, Result};

/// `instruction`, `input`, `output`, `_persona` (may be null), `turns` (a list of `user` and `assistant`), `source`,
/// `licence`.
pub(super) fn schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let turn = Field::new("item", DataType::Struct(turn_fields()), false);
    Arc::new(Schema::new(vec![
        text("instruction"),
        text("input"),
        text("output"),
        Field::new("_persona", DataType::Utf8, true),
        Field::new("turns", DataType::List(Arc::new(turn)), false),
        text("source"),
        text("licence"),
    ]))
}

fn turn_fields() -> Fields {
    Fields::from(vec![
        Field::new("user", DataType::Utf8, false),
        Field::new("assistant", DataType::Utf8, false),
    ])
}

/// Rows as one batch of the schema.
pub(super) fn batch(rows: &[Row]) -> Result<RecordBatch> {
    let text = |of: &dyn Fn(&Row) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(rows.iter().map(of)))
    };
    let personas: StringArray = rows.iter().map(|r| r.persona.as_deref()).collect();
    let columns: Vec<ArrayRef> = vec![
        text(&|r| &r.instruction),
        text(&|r| &r.input),
        text(&|r| &r.output),
        Arc::new(personas),
        turns(rows),
        text(&|r| &r.source),
        text(&|r| &r.licence),
    ];
    RecordBatch::try_new(schema(), columns)
        .map_err(|e| Error::cannot_run("the examples do not fit their columns").because(e))
}

fn turns(rows: &[Row]) -> ArrayRef {
    let sides: Vec<Box<dyn arrow::array::ArrayBuilder>> =
        vec![Box::new(StringBuilder::new()), Box::new(StringBuilder::new())];
    let item = Field::new("item", DataType::Struct(turn_fields()), false);
    let mut lists = ListBuilder::new(StructBuilder::new(turn_fields(), sides)).with_field(item);
    for row in rows {
        let turns = lists.values();
        for turn in &row.turns {
            for (side, text) in [&turn.user, &turn.assistant].into_iter().enumerate() {
                if let Some(texts) = turns.field_builder::<StringBuilder>(side) {
                    texts.append_value(text);
                }
            }
            turns.append(true);
        }
        lists.append(true);
    }
    Arc::new(lists.finish())
}
