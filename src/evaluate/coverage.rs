//! Which answers a file lacks.

use super::gates::SHOWN;
use crate::list::few;
use crate::record::Warning;
use crate::response::Response;
use crate::suite::Suite;
use std::collections::{BTreeMap, BTreeSet};

/// Answers to the shared prompts, counted by persona and prompt.
pub(super) struct Coverage<'a> {
    suite: &'a Suite,
    /// Samples of each persona and prompt that has any.
    cells: BTreeMap<(&'a str, &'a str), usize>,
}

impl<'a> Coverage<'a> {
    /// Counts; personas and prompts are the suite's.
    pub(super) fn new(suite: &'a Suite, responses: impl IntoIterator<Item = &'a Response>) -> Self {
        let mut cells = BTreeMap::new();
        for r in responses {
            *cells.entry((r.persona.as_str(), r.prompt_id.as_str())).or_default() += 1;
        }
        Self { suite, cells }
    }

    /// Prompts that somebody answered, in the suite's order.
    pub(super) fn prompts(&self) -> Vec<&'a str> {
        let answered: BTreeSet<&str> = self.cells.keys().map(|(_, prompt)| *prompt).collect();
        self.suite.prompts.iter().map(|p| p.id.as_str()).filter(|id| answered.contains(id)).collect()
    }

    /// Prompts that one persona alone answered: there is nobody to tell it from.
    pub(super) fn lone_prompts(&self) -> Vec<&'a str> {
        let answers = |prompt: &&str| self.cells.keys().filter(|(_, p)| p == prompt).count();
        self.prompts().into_iter().filter(|prompt| answers(prompt) == 1).collect()
    }

    /// Personas of the suite with answers on fewer than two prompts: none could be held out.
    pub(super) fn thin_personas(&self) -> Vec<&'a str> {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        self.cells.keys().for_each(|(persona, _)| *counts.entry(persona).or_default() += 1);
        let ids = self.suite.personas.iter().map(String::as_str);
        ids.filter(|id| counts.get(id).copied().unwrap_or(0) < 2).collect()
    }

    /// Two personas that have no prompt in common, if there are any.
    pub(super) fn strangers(&self) -> Option<(&'a str, &'a str)> {
        let prompts = self.prompts();
        let of = |id: &'a str| -> Vec<bool> {
            prompts.iter().map(|prompt| self.cells.contains_key(&(id, *prompt))).collect()
        };
        let rows: Vec<(&str, Vec<bool>)> =
            self.suite.personas.iter().map(|id| (id.as_str(), of(id))).collect();
        let pairs = rows.iter().enumerate().flat_map(|(i, a)| rows[i + 1..].iter().map(move |b| (a, b)));
        let mut apart = pairs.filter(|(a, b)| !a.1.iter().zip(&b.1).any(|(x, y)| *x && *y));
        apart.next().map(|(a, b)| (a.0, b.0))
    }

    /// What the suite asks and nobody answered, and cells that hold fewer samples than others.
    pub(super) fn warnings(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        let mut warn = |what: String, help: &str| warnings.push(Warning { what, help: help.to_owned() });
        let prompts = self.prompts();
        let all = self.suite.prompts.len();
        let silent: Vec<&str> =
            self.suite.prompts.iter().map(|p| p.id.as_str()).filter(|id| !prompts.contains(id)).collect();
        if !silent.is_empty() {
            warn(
                format!(
                    "{} of {all} shared prompts have no answer in the file: {}",
                    silent.len(),
                    few(&silent, SHOWN)
                ),
                "intervals are taken over the prompts that are there",
            );
        }
        let personas = self.suite.personas.iter().map(String::as_str);
        let grid = personas.flat_map(|persona| prompts.iter().map(move |prompt| (persona, *prompt)));
        let name = |(persona, prompt): &(&str, &str)| format!("{persona}/{prompt}");
        let absent: Vec<String> =
            grid.filter(|cell| !self.cells.contains_key(cell)).map(|c| name(&c)).collect();
        if !absent.is_empty() {
            warn(
                format!(
                    "{} of {} answers are missing, by persona and prompt: {}",
                    absent.len(),
                    self.suite.personas.len() * prompts.len(),
                    few(&absent, SHOWN)
                ),
                "every persona counts alike all the same; find out why they are missing, for figures cannot know",
            );
        }
        let most = self.cells.values().copied().max().unwrap_or(0);
        let asked = self.suite.generation.samples;
        if (1..asked).contains(&most) {
            warn(
                format!("the file holds {most} of the {asked} samples of an answer that the suite asks for"),
                "intervals are taken over prompts: more samples narrow them a little",
            );
        }
        let fewer: Vec<String> =
            self.cells.iter().filter(|(_, n)| **n < most).map(|(cell, _)| name(cell)).collect();
        if !fewer.is_empty() {
            warn(
                format!(
                    "{} answers have fewer samples than the {most} of others: {}",
                    fewer.len(),
                    few(&fewer, SHOWN)
                ),
                "their voices are measured less well than those of the others",
            );
        }
        warnings
    }
}
