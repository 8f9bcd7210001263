//! A JSON schema that an answer must satisfy.

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use crate::document::Field;
use crate::error::{Error, Result};

/// The schema, ready to judge: draft 2020-12 unless it names another. Its patterns run in linear time, and nothing is fetched.
///
/// # Errors
/// No schema, a pattern that needs backtracking, or a reference to another document.
pub fn validator(schema: &Value) -> Result<Validator> {
    let options = jsonschema::options().with_pattern_options(PatternOptions::regex());
    options.build(schema).map_err(|e| {
        // Of a reference to another document it says only that it cannot be had.
        let what = match e.to_string() {
            told if told.contains("retriev") || told.contains("resol") => "a reference leads out of the JSON schema",
            _ => "the JSON schema cannot be used",
        };
        Error::input(what).because(e).expected(
            "a JSON schema whose references lead into itself (`#/$defs/...`), with patterns without look-around",
        )
    })
}

/// Reads a schema that can be used.
pub(super) fn read_schema(field: &Field) -> Result<Value> {
    let schema = field.json()?;
    if !schema.is_object() {
        return Err(field
            .error("this is no schema")
            .expected("a table, such as { type = \"object\", required = [\"name\"] }"));
    }
    validator(&schema).map_err(|e| e.at(field.path(), field.line()))?;
    Ok(schema)
}
