//! An answer's code against tests, in a sandbox.

use super::code::answer_code;
use super::mark::{Judged, Mark};
use crate::error::{Kind, Result};
use crate::sandbox::{Limits, Program, Sandbox};
use crate::suite::PythonRule;

/// The program of an answer: what stands before it and its code, then the tests.
///
/// The texts are put together as they stand, so an answer that goes on from `before` needs its indentation. One that says the
/// function's head again, as a fenced block does, defines it a second time: that one counts, and what `before` imported stays.
pub fn answer_program(rule: &PythonRule, answer: &str) -> Program {
    Program { setup: format!("{}{}", rule.before, answer_code(answer)), tests: rule.tests.clone() }
}

/// 1 where the code passes all tests, 0 where it does not, and no score where it could not be run.
///
/// # Errors
/// When the work is stopped.
pub fn score_program(rule: &PythonRule, answer: &str, sandbox: &Sandbox) -> Result<Judged> {
    if answer.trim().is_empty() {
        return Ok(Judged::Marked(Mark::of(false, || "the answer is empty".to_owned())));
    }
    match sandbox.run(&answer_program(rule, answer), &Limits::default().within(rule.seconds)) {
        Ok(outcome) => Ok(Judged::Marked(Mark::of(outcome.finished, || outcome.why()))),
        Err(e) if e.kind() == Kind::Interrupted => Err(e),
        // What kept the program from being run says nothing about the answer.
        Err(e) => Ok(Judged::NotRun(e.to_string().replace("\n  ", "; "))),
    }
}
