//! What tagging finds in an example, as columns.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, BooleanArray, Float32Array, RecordBatch, StringArray, StructArray, UInt32Array,
};
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::error::Result;

use super::super::write::table;
use crate::example::Turn;

/// By what an example has its persona.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub(super) enum How {
    /// The tag that it had.
    Tag,
    /// Its source, or whoever wrote `_persona`.
    Source,
    /// A rule.
    Rule,
    /// The classifier, with enough confidence.
    Classifier,
    /// Nothing: the classifier is not sure enough.
    #[default]
    Nobody,
}

impl How {
    /// The name in columns and manifests.
    pub(super) fn id(self) -> &'static str {
        match self {
            Self::Tag => "tag",
            Self::Source => "source",
            Self::Rule => "rule",
            Self::Classifier => "classifier",
            Self::Nobody => "unassigned",
        }
    }
}

/// One example's finding.
#[derive(Debug, Clone, Default)]
pub(super) struct Outcome {
    pub instruction: String,
    pub input: String,
    pub persona: Option<String>,
    pub traits: Vec<String>,
    pub turns: Vec<Turn>,
    pub how: How,
    pub confidence: f32,
    /// Whom the classifier would take where it is not sure enough.
    pub guess: Option<String>,
    /// Imitated tags that were escaped.
    pub escaped: u32,
    /// What `_persona` says where it names nobody of the registry.
    pub unknown_persona: Option<String>,
    /// Whether tag and `_persona` named different personas.
    pub disagrees: bool,
}

/// Name of the column of structs in the plan's result.
pub(super) const FOUND: &str = "found";

fn fields() -> Fields {
    let field = |name: &str, of: DataType, null: bool| Field::new(name, of, null);
    Fields::from(vec![
        field("instruction", DataType::Utf8, false),
        field("input", DataType::Utf8, false),
        field("_persona", DataType::Utf8, true),
        field("_traits", table::traits_type(), false),
        field("turns", table::turns_type(), false),
        field("_how", DataType::Utf8, false),
        field("_confidence", DataType::Float32, false),
        field("_guess", DataType::Utf8, true),
        field("_escaped", DataType::UInt32, false),
        field("_unknown_persona", DataType::Utf8, true),
        field("_disagrees", DataType::Boolean, false),
    ])
}

/// Type of the function's struct.
pub(super) fn data_type() -> DataType {
    DataType::Struct(fields())
}

/// Findings as the function's struct.
pub(super) fn array(all: &[Outcome]) -> Result<ArrayRef> {
    let text = |of: &dyn Fn(&Outcome) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(all.iter().map(of)))
    };
    let some = |of: &dyn Fn(&Outcome) -> Option<&str>| -> ArrayRef {
        Arc::new(StringArray::from_iter(all.iter().map(of)))
    };
    let truth = |of: &dyn Fn(&Outcome) -> bool| -> ArrayRef {
        Arc::new(BooleanArray::from_iter(all.iter().map(|o| Some(of(o)))))
    };
    let columns: Vec<ArrayRef> = vec![
        text(&|o| &o.instruction),
        text(&|o| &o.input),
        some(&|o| o.persona.as_deref()),
        Arc::new(table::traits(all.iter().map(|o| o.traits.iter().map(String::as_str)))),
        Arc::new(table::turns(
            all.iter().map(|o| o.turns.iter().map(|t| (t.user.as_str(), t.assistant.as_str()))),
        )),
        text(&|o| o.how.id()),
        Arc::new(Float32Array::from_iter_values(all.iter().map(|o| o.confidence))),
        some(&|o| o.guess.as_deref()),
        Arc::new(UInt32Array::from_iter_values(all.iter().map(|o| o.escaped))),
        some(&|o| o.unknown_persona.as_deref()),
        truth(&|o| o.disagrees),
    ];
    Ok(Arc::new(StructArray::try_new(fields(), columns, None)?))
}

/// A plan's result with the fields of its structs as columns.
pub(super) fn apart(batch: &RecordBatch) -> Result<RecordBatch> {
    let structs = column(batch, FOUND)?;
    let structs = structs.as_struct();
    let mut columns: Vec<(&str, ArrayRef)> = structs
        .fields()
        .iter()
        .zip(structs.columns())
        .map(|(f, c)| (f.name().as_str(), Arc::clone(c)))
        .collect();
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        if field.name() != FOUND {
            columns.push((field.name(), Arc::clone(column)));
        }
    }
    Ok(RecordBatch::try_from_iter(columns)?)
}

/// The columns of the schema in what was taken apart, without those of the report.
pub(super) fn examples(batch: &RecordBatch) -> Result<RecordBatch> {
    let schema = table::schema();
    let columns = schema.fields().iter().map(|f| column(batch, f.name())).collect::<Result<Vec<_>>>()?;
    Ok(RecordBatch::try_new(schema, columns)?)
}

/// A column by its name.
pub(super) fn column(batch: &RecordBatch, name: &str) -> Result<ArrayRef> {
    batch
        .column_by_name(name)
        .cloned()
        .ok_or_else(|| datafusion::error::DataFusionError::Internal(format!("the plan has no column {name}")))
}
