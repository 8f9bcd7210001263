//! GSM8K: grade-school mathematics.
//!
//! Cobbe et al. 2021, arXiv 2110.14168. A row has `question`, and `answer`, which works it out and ends in `#### NUMBER`.

use super::rows::Row;
use crate::error::Result;
use crate::suite::score::Score;

/// What is asked, with `{question}` in place of the row's.
pub(super) const PROMPT: &str = "{question}\nWork it out step by step, and end with #### and the number.";

/// The question and its rule.
pub(super) fn item(row: &Row) -> Result<(String, Score)> {
    let answer = row.text("answer")?;
    let given = answer.rsplit_once("####").map(|(_, number)| number.trim().replace(',', ""));
    let value = given.as_deref().and_then(|n| n.parse::<f64>().ok()).filter(|n| n.is_finite());
    let value = value.ok_or_else(|| row.error("`answer` does not end in a number").expected("#### 18"))?;
    Ok((row.text("question")?.to_owned(), Score::Numeric { value, tolerance: 0.0, units: Vec::new() }))
}
