//! Which scores of two runs belong together.

use crate::record::{Item, Place, Scores, TaskScore, TextScore};
use crate::stats::mean;
use std::collections::{BTreeMap, BTreeSet};

/// Whom a figure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part<'a> {
    /// The whole run.
    Whole,
    /// One persona.
    Persona(&'a str),
    /// One adapter group.
    Group(&'a str),
    /// Two personas, against one another.
    Pair(&'a str, &'a str),
}

/// What is resampled: a prompt or a task, with its score before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// The prompt's or task's id.
    pub id: String,
    /// Score in the first run.
    pub before: f64,
    /// Score in the second run.
    pub after: f64,
}

/// The scores that two runs have in common, and those that they do not.
#[derive(Debug)]
pub struct Matched<'a> {
    /// Answers before and after, in the order of their places.
    pub items: Vec<(&'a Item, &'a Item)>,
    /// Places of the first run that the second lacks.
    pub only_before: Vec<Place>,
    /// Places of the second run that the first lacks.
    pub only_after: Vec<Place>,
    /// Prompts of both runs whose text differs: another question under the same name.
    pub reworded: Vec<String>,
    /// Tasks of both runs whose question or rule differs: another task under the same name.
    pub altered: Vec<String>,
    texts: Vec<(&'a TextScore, &'a TextScore)>,
    tasks: Vec<(&'a str, &'a str, f64, f64)>,
    pairs: Vec<(&'a str, &'a str, &'a str, f64, f64)>,
    /// Group of each persona, by its id.
    groups: BTreeMap<&'a str, &'a str>,
}

impl<'a> Matched<'a> {
    /// Matches answers by persona, prompt and sample, held-out texts by persona and prompt, tasks by id.
    pub fn new(before: &'a Scores, after: &'a Scores) -> Self {
        let texts: BTreeMap<&str, &str> =
            before.prompts.iter().map(|p| (p.id.as_str(), p.text.as_str())).collect();
        let other = |p: &&crate::suite::Prompt| texts.get(p.id.as_str()).is_some_and(|t| *t != p.text);
        let reworded: BTreeSet<&str> = after.prompts.iter().filter(other).map(|p| p.id.as_str()).collect();
        let by_place = |scores: &'a Scores| -> BTreeMap<Place, &'a Item> {
            let kept = scores.items.iter().filter(|i| !reworded.contains(i.prompt_id.as_str()));
            kept.map(|i| ((i.persona.clone(), i.prompt_id.clone(), i.sample), i)).collect()
        };
        let (old, new) = (by_place(before), by_place(after));
        let lacking = |from: &BTreeMap<Place, &Item>, other: &BTreeMap<Place, &Item>| {
            from.keys().filter(|place| !other.contains_key(*place)).cloned().collect()
        };
        let new_texts: BTreeMap<_, _> =
            after.texts.iter().map(|t| ((t.persona.as_str(), t.prompt_id.as_str()), t)).collect();
        let new_tasks: BTreeMap<&str, &TaskScore> = after.tasks.iter().map(|t| (t.id.as_str(), t)).collect();
        let altered = |old: &TaskScore| {
            new_tasks
                .get(old.id.as_str())
                .is_some_and(|new| old.asked != new.asked && !old.asked.is_empty() && !new.asked.is_empty())
        };
        let new_pairs: BTreeMap<_, f64> = after
            .pairs
            .iter()
            .map(|p| ((p.a.as_str(), p.b.as_str(), p.prompt_id.as_str()), p.margin))
            .collect();
        let groups = before.personas.iter().chain(&after.personas);
        Self {
            items: old.iter().filter_map(|(place, item)| Some((*item, *new.get(place)?))).collect(),
            only_before: lacking(&old, &new),
            only_after: lacking(&new, &old),
            texts: before
                .texts
                .iter()
                .filter_map(|t| Some((t, *new_texts.get(&(t.persona.as_str(), t.prompt_id.as_str()))?)))
                .collect(),
            tasks: before
                .tasks
                .iter()
                .filter(|t| !altered(t))
                .filter_map(|t| {
                    Some((t.id.as_str(), t.outcome.as_str(), t.score, new_tasks.get(t.id.as_str())?.score))
                })
                .collect(),
            altered: before.tasks.iter().filter(|t| altered(t)).map(|t| t.id.clone()).collect(),
            pairs: before
                .pairs
                .iter()
                .filter(|p| !reworded.contains(p.prompt_id.as_str()))
                .filter_map(|p| {
                    let (a, b, prompt) = (p.a.as_str(), p.b.as_str(), p.prompt_id.as_str());
                    Some((a, b, prompt, p.margin, *new_pairs.get(&(a, b, prompt))?))
                })
                .collect(),
            groups: groups.map(|p| (p.id.as_str(), p.group.as_str())).collect(),
            reworded: reworded.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Held-out texts before and after.
    pub(super) fn texts(&self) -> impl Iterator<Item = (&'a TextScore, &'a TextScore)> + '_ {
        self.texts.iter().copied()
    }

    /// Prompts of the matched answers.
    pub fn prompts(&self) -> usize {
        self.items.iter().map(|(i, _)| i.prompt_id.as_str()).collect::<BTreeSet<_>>().len()
    }

    /// The personas that answered in either run, sorted.
    pub fn personas(&self) -> BTreeSet<&'a str> {
        let answers = self.items.iter().map(|(i, _)| i.persona.as_str());
        let matched = answers.chain(self.texts.iter().map(|(t, _)| t.persona.as_str()));
        let known =
            |id: &&'a str| self.only_before.iter().chain(&self.only_after).any(|(persona, ..)| persona == id);
        matched.chain(self.groups.keys().copied().filter(known)).collect()
    }

    /// The adapter groups of the matched answers, sorted.
    pub fn groups(&self) -> BTreeSet<&'a str> {
        self.personas().iter().filter_map(|p| self.groups.get(p).copied()).collect()
    }

    /// One unit a prompt (for tasks: a task) with the scores of a metric that has raw scores; empty where nothing was
    /// measured in both runs.
    ///
    /// A prompt's score is the mean over its answers; for `separability.group.*` over groups, so that a group counts as
    /// much as any other however many personas it has.
    pub fn units(&self, metric: &str, part: Part<'_>) -> Vec<Unit> {
        type Score = fn(&Item) -> Option<f64>;
        let of_items: Option<(Score, bool)> = match metric {
            "separability.persona.balanced_accuracy" => Some((|i| i.named, false)),
            "separability.persona.margin" => Some((|i| i.margin, false)),
            "separability.group.balanced_accuracy" => Some((|i| i.group_named, true)),
            "fidelity.group.margin" => Some((|i| i.fidelity, false)),
            "style.hit_rate" => Some((|i| i.traits, false)),
            "answers.length" => Some((|i| i.length, false)),
            _ => None,
        };
        if let Some((score, by_group)) = of_items {
            let rows =
                self.items.iter().filter(|(i, _)| self.is_of(&i.persona, part)).filter_map(|(old, new)| {
                    let persona = old.persona.as_str();
                    let cell =
                        if by_group { self.groups.get(persona).copied().unwrap_or(persona) } else { "" };
                    Some((old.prompt_id.as_str(), cell, score(old)?, score(new)?))
                });
            return averaged(rows);
        }
        if let Some(score) = of_texts(metric) {
            let own = self.texts.iter().filter(|(t, _)| self.is_of(&t.persona, part));
            return averaged(own.map(|(a, b)| (a.prompt_id.as_str(), "", score(a), score(b))));
        }
        if metric == "separability.pair.margin"
            && let Part::Pair(a, b) = part
        {
            let own = self.pairs.iter().filter(|p| p.0 == a && p.1 == b);
            return averaged(own.map(|p| (p.2, "", p.3, p.4)));
        }
        let outcome = metric.strip_prefix("task.").unwrap_or_default();
        let own = self.tasks.iter().filter(|t| metric == "task.score" || t.1 == outcome);
        averaged(own.map(|t| (t.0, "", t.2, t.3)))
    }

    /// One unit a *persona* with the mean score of its held-out texts, for metrics of texts; empty for all others.
    pub fn text_units(&self, metric: &str, part: Part<'_>) -> Vec<Unit> {
        let Some(score) = of_texts(metric) else { return Vec::new() };
        let own = self.texts.iter().filter(|(t, _)| self.is_of(&t.persona, part));
        averaged(own.map(|(a, b)| (a.persona.as_str(), "", score(a), score(b))))
    }

    fn is_of(&self, persona: &str, part: Part<'_>) -> bool {
        match part {
            Part::Whole => true,
            Part::Persona(id) => persona == id,
            Part::Group(group) => self.groups.get(persona) == Some(&group),
            Part::Pair(a, b) => persona == a || persona == b,
        }
    }
}

/// The score of a held-out text that the metric is made of; none for a metric of answers or tasks.
fn of_texts(metric: &str) -> Option<fn(&TextScore) -> f64> {
    match metric {
        "likelihood.own" => Some(|t| t.own),
        "likelihood.margin" => Some(|t| t.margin),
        _ => None,
    }
}

/// Means of (unit, cell, before, after): over the rows of a cell first, then over the cells of a unit.
fn averaged<'a>(rows: impl Iterator<Item = (&'a str, &'a str, f64, f64)>) -> Vec<Unit> {
    type Cells<'a> = BTreeMap<&'a str, (Vec<f64>, Vec<f64>)>;
    let mut units: BTreeMap<&str, Cells<'a>> = BTreeMap::new();
    for (unit, cell, before, after) in rows {
        let both = units.entry(unit).or_default().entry(cell).or_default();
        both.0.push(before);
        both.1.push(after);
    }
    let one = |(id, cells): (&str, Cells<'_>)| {
        let (before, after): (Vec<f64>, Vec<f64>) = cells.values().map(|(a, b)| (mean(a), mean(b))).unzip();
        Unit { id: id.to_owned(), before: mean(&before), after: mean(&after) }
    };
    units.into_iter().map(one).collect()
}
