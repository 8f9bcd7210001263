//! Running the code of answers: in parallel, before tasks are scored.

use super::answers::Answers;
use crate::error::Result;
use crate::list::few;
use crate::progress::Progress;
use crate::record::{GateVerdict, TaskFigures, TaskNotRun, Verdict, Warning};
use crate::sandbox::{Protection, Sandbox};
use crate::scorers::{Judged, score_program};
use crate::suite::{Judge, Metric, Needs, Score, Suite, Task};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Items that a warning names.
const SHOWN: usize = 5;

/// What runs the code of answers.
#[derive(Debug, Clone)]
pub enum CodeRunner {
    /// Nothing does, for this reason.
    Off(String),
    /// This sandbox.
    Sandbox(Arc<Sandbox>),
}

impl CodeRunner {
    /// The sandbox of this machine, where the suite has an item whose code is run.
    pub fn of(suite: &Suite, unsandboxed: bool) -> Self {
        if !suite.tasks.iter().any(Task::runs_code) {
            return Self::Off("the suite has no item whose code is run".to_owned());
        }
        match Sandbox::open(unsandboxed) {
            Ok(sandbox) => Self::Sandbox(Arc::new(sandbox)),
            Err(e) => Self::Off(e.to_string().replace("\n  ", "; ")),
        }
    }

    /// Why no code is run; none where it is.
    pub fn why_off(&self) -> Option<&str> {
        match self {
            Self::Off(why) => Some(why),
            Self::Sandbox(_) => None,
        }
    }

    /// What holds the code that is run.
    pub fn protection(&self) -> Option<&Protection> {
        match self {
            Self::Off(_) => None,
            Self::Sandbox(sandbox) => Some(sandbox.protection()),
        }
    }
}

/// What became of the answers whose code is run, by the task's id; as many at once as there are threads.
///
/// # Errors
/// When the work is stopped.
pub(super) fn run_programs(
    answers: &Answers,
    runner: &CodeRunner,
    progress: &dyn Progress,
) -> Result<BTreeMap<String, Judged>> {
    let texts: BTreeMap<&str, &str> =
        answers.task_answers.iter().map(|r| (r.prompt_id.as_str(), r.text.as_str())).collect();
    let programs = answers.tasks.iter().filter_map(|task| match &task.judge {
        Judge::Outcome { score: Score::Python(rule), .. } => {
            texts.get(task.id.as_str()).map(|text| (task, rule, *text))
        }
        _ => None,
    });
    let programs: Vec<_> = programs.collect();
    if programs.is_empty() {
        return Ok(BTreeMap::new());
    }
    progress.start("running code", Some(programs.len() as u64));
    let judged = programs.par_iter().map(|(task, rule, text)| {
        let judged = match runner {
            CodeRunner::Off(why) => Judged::NotRun(why.clone()),
            CodeRunner::Sandbox(sandbox) => score_program(rule, text, sandbox)?,
        };
        progress.advance(1);
        Ok((task.id.clone(), judged))
    });
    let judged = judged.collect::<Result<_>>();
    progress.finish();
    judged
}

/// Items that were not run, and code that ran without a wall: a reader must know.
pub(super) fn code_warnings(figures: &TaskFigures, runner: &CodeRunner) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if let Some(first) = figures.not_run.first() {
        let ids: Vec<&str> = figures.not_run.iter().map(|t| t.id.as_str()).collect();
        warnings.push(Warning {
            what: format!("the code of {} was not run: {}", few(&ids, SHOWN), first.why),
            help: "these items are in no mean, and gates on means that they belong to are inconclusive"
                .to_owned(),
        });
    }
    let missing = runner.protection().map_or(Vec::new(), Protection::missing);
    if !missing.is_empty() {
        warnings.push(Warning {
            what: format!("code of answers was run without a sandbox: {}", missing.join("; ")),
            help: "it had the rights of this user; run it where the kernel has landlock and seccomp"
                .to_owned(),
        });
    }
    warnings
}

/// A gate on a mean without some of its items decides nothing: it is not the mean that the threshold was set for.
pub(super) fn undecided(gate: &mut GateVerdict, figures: &TaskFigures) {
    let of = |outcome: &str| match Metric::named(&gate.metric).map(|m| m.needs) {
        Some(Needs::Tasks) => true,
        Some(Needs::Outcome(asked)) => asked.id() == outcome,
        _ => false,
    };
    let not_run: Vec<&TaskNotRun> = figures.not_run.iter().filter(|t| of(&t.outcome)).collect();
    if not_run.is_empty() {
        return;
    }
    let all = not_run.len() + figures.items.iter().filter(|i| of(&i.outcome)).count();
    let ids: Vec<&str> = not_run.iter().map(|t| t.id.as_str()).collect();
    gate.because = format!("{} of its {all} items were not run ({})", ids.len(), few(&ids, SHOWN));
    gate.verdict = Verdict::Inconclusive;
}
