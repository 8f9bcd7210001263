//! MT-bench: questions of two turns.
//!
//! Zheng et al. 2023, arXiv 2306.05685. A row has `question_id` and `turns`.

use super::rows::Row;
use crate::error::Result;
use crate::suite::prompt::Prompt;
use serde_json::Value;

/// What is asked, with `{question}` in place of the row's first turn.
pub(super) const PROMPT: &str = "{question}";

/// A shared prompt with what is asked next.
pub(super) fn prompt(row: &Row, id: String) -> Result<Prompt> {
    let turns = row.get("turns")?.as_array().map_or(&[][..], Vec::as_slice);
    match turns.iter().map(Value::as_str).collect::<Vec<_>>()[..] {
        [Some(first), Some(second)] if !first.trim().is_empty() && !second.trim().is_empty() => {
            Ok(Prompt { id, text: first.trim().to_owned(), follow_up: Some(second.trim().to_owned()) })
        }
        _ => Err(row.error("`turns` are not two texts")),
    }
}
