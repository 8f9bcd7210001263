//! A JSON schema that an answer must satisfy.

use jsonschema::{Draft, PatternOptions, Validator};
use serde_json::Value;

use super::keyword::{check_keywords, check_names};
use super::pattern::MOST_BYTES;
use super::reference::check_references;
use crate::document::Field;
use crate::error::{Error, Result};

/// The one draft whose keywords are known here.
const DRAFT: &str = "json-schema.org/draft/2020-12/schema";

/// The schema, ready to judge: draft 2020-12, formats checked. Its patterns run in linear time, nothing is fetched, and
/// judging ends.
///
/// # Errors
/// No schema, a pattern that needs backtracking, a format that is not known, or a reference to another document or without end.
pub fn validator(schema: &Value) -> Result<Validator> {
    check_references(schema)?;
    let options = jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_pattern_options(PatternOptions::regex().size_limit(MOST_BYTES))
        .should_validate_formats(true)
        .should_ignore_unknown_formats(false);
    options.build(schema).map_err(|e| {
        Error::input("the JSON schema cannot be used").because(e).expected(
            "a JSON schema of draft 2020-12, with patterns without look-around and its own formats (`date`, `email`, `uri` …)",
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
    if let Some((_, draft)) = field.table()?.find(|(name, _)| *name == "$schema")
        && draft.text()?.trim_end_matches('#').strip_prefix("https://") != Some(DRAFT)
    {
        return Err(draft
            .error("another draft of JSON schema, whose keywords are others")
            .expected(format!("https://{DRAFT}")));
    }
    check_keywords(field)?;
    check_names(field)?;
    validator(&schema).map_err(|e| field.place(e))?;
    Ok(schema)
}
