//! Exit codes.

use crate::error::{Error, Kind};
use crate::record::Verdict;
use std::process::ExitCode;

/// Why the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or all gates passed: 0.
    Passed,
    /// A gate failed: 1.
    Failed,
    /// Bad usage or bad input: 2.
    BadInput,
    /// A model, adapter or engine is missing or broken: 3.
    CouldNotRun,
    /// A gate was inconclusive and `--strict` was given: 4.
    Inconclusive,
    /// Stopped by the user: 130.
    Interrupted,
}

impl Exit {
    /// The code of an error.
    pub fn of(error: &Error) -> Self {
        match error.kind() {
            Kind::Input => Exit::BadInput,
            Kind::CannotRun => Exit::CouldNotRun,
            Kind::Interrupted => Exit::Interrupted,
        }
    }

    /// The code of a run's verdict.
    pub fn of_verdict(verdict: Verdict, strict: bool) -> Self {
        match (verdict, strict) {
            (Verdict::Pass, _) | (Verdict::Inconclusive, false) => Exit::Passed,
            (Verdict::Fail, _) => Exit::Failed,
            (Verdict::Inconclusive, true) => Exit::Inconclusive,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Passed => 0,
            Exit::Failed => 1,
            Exit::BadInput => 2,
            Exit::CouldNotRun => 3,
            Exit::Inconclusive => 4,
            Exit::Interrupted => 130,
        })
    }
}
