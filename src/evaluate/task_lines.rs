//! Lines of a file that answer tasks, by a text or by likelihoods of given replies.

use super::excluded::Excluded;
use super::gates::SHOWN;
use crate::error::{Error, Result};
use crate::list::few;
use crate::record::Warning;
use crate::response::{GivenOption, GivenPair, GivenReplies, Line};
use crate::suite::{Choice, Judge, Normalisation, Preference, Score, Suite, Task};
use std::collections::BTreeMap;

/// Answers to tasks, as a file holds them.
pub(super) struct TaskLines<'a> {
    suite: &'a Suite,
    /// By the task's id.
    taken: BTreeMap<&'a str, &'a Line>,
}

impl<'a> TaskLines<'a> {
    pub(super) fn new(suite: &'a Suite) -> Self {
        Self { suite, taken: BTreeMap::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// Takes the line as the answer to a task; why not, where it is none.
    ///
    /// # Errors
    /// Likelihoods that are not of the task's replies; names the key, not the place.
    pub(super) fn take(&mut self, task: &'a Task, line: &'a Line, floor: bool) -> Result<Option<Excluded>> {
        let r = &line.response;
        if floor {
            return Ok(Some(Excluded::FloorOfTask));
        }
        if !task.generates() && r.likelihoods.is_none() {
            return Ok(Some(Excluded::Choice));
        }
        if task.persona.as_deref().unwrap_or_default() != r.persona {
            return Ok(Some(Excluded::TaskOfAnother));
        }
        if r.sample != 0 {
            return Ok(Some(Excluded::TaskSample));
        }
        if let Some(given) = r.likelihoods.as_ref().filter(|_| !task.generates()) {
            check(task, given)?;
        }
        self.taken.insert(&task.id, line);
        Ok(None)
    }

    /// The suite's tasks that have an answer, and those that have none.
    pub(super) fn parted(&self) -> (Vec<&'a Task>, Vec<&'a Task>) {
        self.suite.tasks.iter().partition(|t| self.taken.contains_key(t.id.as_str()))
    }

    /// Lines of the tasks that generate, or of those that do not, in the suite's order.
    pub(super) fn lines(&self, generate: bool) -> Vec<&'a Line> {
        let of = self.suite.tasks.iter().filter(|t| t.generates() == generate);
        of.filter_map(|t| self.taken.get(t.id.as_str()).copied()).collect()
    }

    /// Numbers of the lines that answer a task.
    pub(super) fn numbers(&self) -> impl Iterator<Item = usize> {
        self.taken.values().map(|l| l.number)
    }

    /// Tasks that are not scored, and normalisations that are not told.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let (silent, choices): (Vec<&Task>, Vec<&Task>) =
            self.parted().1.into_iter().partition(|t| t.generates());
        let ids = |tasks: &[&Task]| few(&tasks.iter().map(|t| t.id.as_str()).collect::<Vec<_>>(), SHOWN);
        let mut warnings = Vec::new();
        let mut warn = |what: String, help: &str| warnings.push(Warning { what, help: help.to_owned() });
        if !choices.is_empty() {
            warn(
                format!("{} choices were not scored: {}", choices.len(), ids(&choices)),
                "a choice or preference needs a line with the model's `likelihoods`, which texts do not tell",
            );
        }
        if !silent.is_empty() {
            warn(
                format!("{} tasks have no answer in the file: {}", silent.len(), ids(&silent)),
                "they are not scored, neither as right nor as wrong",
            );
        }
        for by in Normalisation::ALL {
            let lines = self.lines(false);
            let without: Vec<&str> =
                lines.iter().filter(|l| lacks(l, by)).map(|l| l.response.prompt_id.as_str()).collect();
            if !without.is_empty() {
                warn(
                    format!(
                        "the figures of choices by `{by}` are left out: {} lack it",
                        few(&without, SHOWN)
                    ),
                    "add what it takes to every option, or do without: no item's own score needs it",
                );
            }
        }
        warnings
    }
}

/// Whether a choice's line does not say what a normalisation takes of some option.
fn lacks(line: &Line, by: Normalisation) -> bool {
    match &line.response.likelihoods {
        Some(GivenReplies::Options(options)) => options.iter().any(|o| lacking(o, by).is_some()),
        _ => false,
    }
}

/// The key that a normalisation takes and the option does not have.
fn lacking(option: &GivenOption, by: Normalisation) -> Option<&'static str> {
    match by {
        Normalisation::Tokens if option.tokens.is_none() => Some("tokens"),
        Normalisation::Unconditional if option.unconditional.is_none() => Some("unconditional"),
        _ => None,
    }
}

/// Refuses likelihoods that are not of this task's replies.
fn check(task: &Task, given: &GivenReplies) -> Result<()> {
    match (&task.judge, given) {
        (Judge::Outcome { score: Score::Choice(choice), .. }, GivenReplies::Options(options)) => {
            check_options(task, choice, options)
        }
        (Judge::Outcome { score: Score::Prefers(pair), .. }, GivenReplies::Preference(given)) => {
            check_pair(task, pair, given)
        }
        (_, GivenReplies::Options(_)) => {
            Err(Error::input(format!("`{}` is a preference, and no choice", task.id))
                .key("likelihoods.options")
                .expected("{\"preference\": {\"persona\": [.., ..], \"base\": [.., ..]}}"))
        }
        (_, GivenReplies::Preference(_)) => {
            Err(Error::input(format!("`{}` is a choice, and no preference", task.id))
                .key("likelihoods.preference")
                .expected("{\"options\": [{\"log_likelihood\": ..}, ..]}, an entry an option"))
        }
    }
}

fn check_options(task: &Task, choice: &Choice, options: &[GivenOption]) -> Result<()> {
    if options.len() != choice.options.len() {
        return Err(Error::input(format!("the line has {} options of `{}`", options.len(), task.id))
            .key("likelihoods.options")
            .expected(format!(
                "{}, in the suite's order: {}",
                choice.options.len(),
                choice.options.join(" | ")
            )));
    }
    for (i, (option, text)) in options.iter().zip(&choice.options).enumerate() {
        let key = |name: &str| format!("likelihoods.options[{i}].{name}");
        if let Some(given) = option.text.as_ref().filter(|given| *given != text) {
            return Err(other(task, given, text).key(key("text")));
        }
        if let Some(name) = lacking(option, choice.by) {
            return Err(Error::input(format!("an option of `{}` has no `{name}`", task.id))
                .key(key(name))
                .expected(format!("a number: the suite scores this task by `{}`", choice.by)));
        }
    }
    Ok(())
}

fn check_pair(task: &Task, pair: &Preference, given: &GivenPair) -> Result<()> {
    let Some(texts) = &given.texts else { return Ok(()) };
    let both = texts.iter().zip([&pair.text, &pair.over]).enumerate();
    match both.into_iter().find(|(_, (given, text))| given != text) {
        Some((i, (given, text))) => {
            Err(other(task, given, text).key(format!("likelihoods.preference.texts[{i}]")))
        }
        None => Ok(()),
    }
}

/// Likelihoods of another reply say nothing of this one.
fn other(task: &Task, given: &str, text: &str) -> Error {
    Error::input(format!("the likelihood is of `{given}`, which is not what `{}` has there", task.id))
        .expected(format!("`{text}`"))
        .help("take the suite that the line was made with, or leave the line out")
}
