//! Lines of a file that are not judged, and why.

use super::gates::SHOWN;
use crate::list::few;
use crate::record::Warning;
use crate::response::Line;
use std::collections::BTreeSet;

/// Why a line is not judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Excluded {
    /// A persona of the registry that the suite does not have.
    OtherPersona,
    /// A prompt or task that the suite does not have.
    UnknownPrompt,
    /// A condition that the suite does not have.
    UnknownCondition,
    /// An answer to a prompt that its condition does not ask.
    NotUnderCondition,
    /// An answer of a blend of which the suite has no sweep, prompt or weight.
    UnknownSweep,
    /// An answer to a sweep's prompt under another tag.
    SweepOfAnother,
    /// A further answer of a sweep's blend.
    SweepSample,
    /// A text where likelihoods are scored.
    Choice,
    /// The floor's answer to a task.
    FloorOfTask,
    /// An answer to another persona's task.
    TaskOfAnother,
    /// A further answer to a task or under a condition.
    TaskSample,
    /// An answer to a prompt that nobody else answered.
    LonePrompt,
    /// A floor answer whose trained one is missing.
    FloorAlone,
    /// A floor answer where others are missing.
    FloorNotWhole,
}

impl Excluded {
    /// What is told of such lines, and what helps.
    fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::OtherPersona => ("their persona is not in the suite", "name it in the suite's `personas`"),
            Self::UnknownPrompt => {
                ("the suite asks no such prompt", "compare the prompt_ids with the suite's")
            }
            Self::UnknownCondition => (
                "the suite has no such condition",
                "compare what follows `condition` in `arm` with the suite's",
            ),
            Self::NotUnderCondition => (
                "the condition does not ask this prompt",
                "its own `prompts`, or those of `conditions`, say how many of the first it asks",
            ),
            Self::UnknownSweep => (
                "the suite has no such sweep, or not with this prompt or weight",
                "compare the prompt_id, PROMPT@SWEEP@WEIGHT, with the suite's",
            ),
            Self::SweepOfAnother => (
                "the sweep asks this prompt under another tag",
                "`persona` is whom a run of the suite asks, or \"\" in a sweep without tags",
            ),
            Self::SweepSample => {
                ("the suite asks a sweep's prompt for fewer samples", "samples are counted from 0")
            }
            Self::Choice => (
                "choices are scored by the model's likelihoods, and the line has none",
                "add `likelihoods` to the line, or `run` with the model",
            ),
            Self::FloorOfTask => ("the floor is not measured on tasks", "nothing is lost"),
            Self::TaskOfAnother => {
                ("the suite asks this task of another persona", "a task is answered by its own persona alone")
            }
            Self::TaskSample => (
                "a task, or a prompt under a condition, is answered once",
                "sample 0 is the one that is scored",
            ),
            Self::LonePrompt => (
                "one persona alone answered the prompt",
                "there is nobody to be told apart from; add the others",
            ),
            Self::FloorAlone => ("a floor answer without the trained one", "a gain needs both"),
            Self::FloorNotWhole => (
                "the floor's answers are not complete, so there is no floor",
                "a gain needs a pair for every answer",
            ),
        }
    }

    /// The lines that were left out for this, counted and named.
    pub(super) fn warning(self, lines: &[&Line]) -> Warning {
        let name = |l: &&Line| match self {
            Self::UnknownCondition => l.response.arm.clone(),
            Self::NotUnderCondition => format!("{}: {}", l.response.arm, l.response.prompt_id),
            Self::OtherPersona => l.response.persona.clone(),
            Self::UnknownPrompt | Self::UnknownSweep | Self::Choice | Self::LonePrompt => {
                l.response.prompt_id.clone()
            }
            _ => format!("{}/{}", l.response.persona, l.response.prompt_id),
        };
        let names: BTreeSet<String> = lines.iter().map(name).collect();
        let names: Vec<String> = names.into_iter().collect();
        let first = lines.iter().map(|l| l.number).min().unwrap_or_default();
        let (what, help) = self.told();
        let count = match lines.len() {
            1 => format!("line {first} was left out"),
            n => format!("{n} lines were left out, the first is line {first}"),
        };
        Warning { what: format!("{count}: {what} ({})", few(&names, SHOWN)), help: help.to_owned() }
    }
}
