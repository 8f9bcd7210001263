//! Lines of a file that answer under conditions.

use super::ask::condition_of;
use crate::evaluate::excluded::Excluded;
use crate::record::Warning;
use crate::response::{Line, Response};
use crate::suite::Suite;
use std::collections::{BTreeMap, BTreeSet};

/// Answers under conditions, as a file holds them.
pub(in crate::evaluate) struct AgainLines<'a> {
    suite: &'a Suite,
    /// By the places of condition, prompt and persona in the suite.
    taken: BTreeMap<(usize, usize, usize), &'a Line>,
    /// Answers to scripted turns: what was said on the way.
    turns: Vec<&'a Line>,
}

/// What a file holds of the conditions.
pub(in crate::evaluate) struct Again {
    /// Answers of the conditions that are whole.
    pub responses: Vec<Response>,
    /// Conditions that lack answers.
    pub short: BTreeSet<String>,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
}

impl<'a> AgainLines<'a> {
    pub(in crate::evaluate) fn new(suite: &'a Suite) -> Self {
        Self { suite, taken: BTreeMap::new(), turns: Vec::new() }
    }

    /// Puts a line of a condition where it belongs; why not, where it has no place.
    pub(in crate::evaluate) fn take(&mut self, line: &'a Line) -> Option<Excluded> {
        let r = &line.response;
        let of = |id: &str| self.suite.conditions.iter().position(|c| c.id == id);
        let Some(condition) = condition_of(&r.arm).and_then(of) else {
            return Some(Excluded::UnknownCondition);
        };
        let Some(persona) = self.suite.condition_personas.iter().position(|id| *id == r.persona) else {
            return Some(Excluded::OtherPersona);
        };
        if r.is_turn() {
            self.turns.push(line);
            return None;
        }
        let prompts = self.suite.prompts_of(&self.suite.conditions[condition]);
        match prompts.iter().position(|p| p.id == r.prompt_id) {
            Some(prompt) if r.sample == 0 => {
                self.taken.insert((condition, prompt, persona), line);
                None
            }
            Some(_) => Some(Excluded::TaskSample),
            None if self.suite.prompts.iter().any(|p| p.id == r.prompt_id) => {
                Some(Excluded::NotUnderCondition)
            }
            None => Some(Excluded::UnknownPrompt),
        }
    }

    /// Numbers of the lines that have a place.
    pub(in crate::evaluate) fn numbers(&self) -> impl Iterator<Item = usize> {
        self.taken.values().chain(&self.turns).map(|l| l.number)
    }

    /// The conditions that every persona answered on every prompt.
    pub(in crate::evaluate) fn whole(&self) -> Again {
        let (mut responses, mut short) = (Vec::new(), Vec::new());
        for (place, condition) in self.suite.conditions.iter().enumerate() {
            let of: Vec<&Line> =
                self.taken.range((place, 0, 0)..(place + 1, 0, 0)).map(|(_, l)| *l).collect();
            let prompts = self.suite.prompts_of(condition).len();
            if of.len() == prompts * self.suite.condition_personas.len() {
                responses.extend(of.into_iter().map(|l| l.response.clone()));
            } else {
                short.push((condition.id.as_str(), of.len(), prompts));
            }
        }
        let begun = short.iter().filter(|(_, n, _)| *n > 0);
        let personas = self.suite.condition_personas.len();
        let warnings = begun.map(|(id, n, prompts)| Warning {
            what: format!("the condition `{id}` has {n} of {} answers and was left out", prompts * personas),
            help: format!(
                "every persona that is asked under conditions answers the condition's {prompts} prompts; the suite may have asked \
                 fewer when the file was made"
            ),
        });
        let warnings = warnings.collect();
        Again { responses, short: short.into_iter().map(|(id, ..)| id.to_owned()).collect(), warnings }
    }
}
