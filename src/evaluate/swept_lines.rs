//! Lines of a file that answer as blends of a sweep.

use super::excluded::Excluded;
use super::gates::SHOWN;
use super::sweeps::{Placed, place_id, speakers};
use crate::blend::Blend;
use crate::error::{Error, Result};
use crate::list::few;
use crate::persona::Registry;
use crate::record::Warning;
use crate::response::{Line, Response};
use crate::suite::{Suite, Sweep};
use std::collections::BTreeMap;

/// Answers of blends, as a file holds them.
pub(super) struct SweptLines<'a> {
    suite: &'a Suite,
    registry: &'a Registry,
    /// By sweep, prompt, speaker, sample and weight, each by its place in the suite: the order of a run.
    taken: BTreeMap<[usize; 5], &'a Line>,
}

/// What a file holds of the sweeps.
pub(super) struct Swept {
    /// Answers of the sweeps that are whole, in the order of a run.
    pub responses: Vec<Response>,
    /// What is missing; none where nothing is.
    pub lacks: Option<String>,
    /// What a reader must know.
    pub warnings: Vec<Warning>,
}

impl<'a> SweptLines<'a> {
    pub(super) fn new(suite: &'a Suite, registry: &'a Registry) -> Self {
        Self { suite, registry, taken: BTreeMap::new() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }

    /// Ids of those who are asked the sweep's prompt of that number, empty where nobody's tag is.
    fn asked(&self, sweep: &Sweep, prompt: usize) -> Result<Vec<&'a str>> {
        let prompts = sweep.prompts(&self.suite.prompts).len();
        let of = speakers(sweep, self.suite, self.registry, prompt, prompts)?;
        Ok(of.into_iter().map(|persona| persona.map_or("", |p| p.id.as_str())).collect())
    }

    /// Puts a line where its blend and its prompt's id say; why not, where it has no place.
    ///
    /// # Errors
    /// A blend that is not the one of its weight, or a place that is taken; names the key, not the place in the file.
    pub(super) fn take(&mut self, line: &'a Line) -> Result<Option<Excluded>> {
        let r = &line.response;
        let found = Placed::of(r).and_then(|(id, placed)| {
            let number = self.suite.sweeps.iter().position(|s| s.id == id)?;
            let sweep = &self.suite.sweeps[number];
            let prompt = sweep.prompts(&self.suite.prompts).iter().position(|p| p.id == placed.prompt)?;
            let weight = sweep.weights.iter().position(|w| *w == placed.weight)?;
            Some((sweep, [number, prompt, weight]))
        });
        let Some((sweep, [number, prompt, weight])) = found else { return Ok(Some(Excluded::UnknownSweep)) };
        let Some(speaker) = self.asked(sweep, prompt)?.into_iter().position(|id| id == r.persona) else {
            return Ok(Some(Excluded::SweepOfAnother));
        };
        if r.sample >= self.suite.generation.samples {
            return Ok(Some(Excluded::SweepSample));
        }
        let own = sweep.blend(sweep.weights[weight])?;
        if !r.blend.is_empty() && r.blend.parse::<Blend>().map_err(|e| e.key("blend"))? != own {
            return Err(Error::input(format!(
                "the line was answered by `{}`, and `{}` is no such blend",
                r.blend, r.prompt_id
            ))
            .key("blend")
            .expected(format!("`{own}`: (1 - w) of `{}` and w of `{}`", sweep.from, sweep.to))
            .help("take the suite that the line was made with, or leave the line out"));
        }
        match self.taken.insert([number, prompt, speaker, r.sample, weight], line) {
            None => Ok(None),
            Some(first) => Err(Error::input(format!("`{}` is answered twice", r.prompt_id))
                .key("prompt_id")
                .help(format!("the first is in line {}; remove one", first.number))),
        }
    }

    /// Numbers of the lines that have a place.
    pub(super) fn numbers(&self) -> impl Iterator<Item = usize> {
        self.taken.values().map(|l| l.number)
    }

    /// Every place of a sweep, and how an answer in it is named.
    fn places(&self, number: usize, sweep: &Sweep) -> Result<Vec<([usize; 5], String)>> {
        let mut places = Vec::new();
        for (p, prompt) in sweep.prompts(&self.suite.prompts).iter().enumerate() {
            for (s, persona) in self.asked(sweep, p)?.into_iter().enumerate() {
                for sample in 0..self.suite.generation.samples {
                    places.extend(sweep.weights.iter().enumerate().map(|(w, weight)| {
                        let id = place_id(&prompt.id, &sweep.id, *weight);
                        ([number, p, s, sample, w], format!("{persona}/{id}/{sample}"))
                    }));
                }
            }
        }
        Ok(places)
    }

    /// The sweeps that were answered at every place.
    ///
    /// # Errors
    /// A sweep of a persona that the registry does not have.
    pub(super) fn whole(&self) -> Result<Swept> {
        let mut found = Swept { responses: Vec::new(), lacks: None, warnings: Vec::new() };
        let mut short = Vec::new();
        for (number, sweep) in self.suite.sweeps.iter().enumerate() {
            let places = self.places(number, sweep)?;
            let lines: Vec<&Line> = places.iter().filter_map(|(at, _)| self.taken.get(at).copied()).collect();
            if lines.len() == places.len() {
                found.responses.extend(lines.into_iter().map(|l| l.response.clone()));
                continue;
            }
            short.push(sweep.id.as_str());
            if !lines.is_empty() {
                let missing = places.iter().filter(|(at, _)| !self.taken.contains_key(at));
                let missing: Vec<&str> = missing.map(|(_, name)| name.as_str()).collect();
                found.warnings.push(Warning {
                    what: format!(
                        "the sweep `{}` has {} of {} answers and was left out; it lacks {}",
                        sweep.id,
                        lines.len(),
                        places.len(),
                        few(&missing, SHOWN)
                    ),
                    help: "a sweep is measured where every prompt is answered at every weight".to_owned(),
                });
            }
        }
        found.lacks =
            (!short.is_empty()).then(|| format!("answers of sweeps are missing: {}", few(&short, SHOWN)));
        Ok(found)
    }
}
