//! Answers of several runs, embedded once: any choice of them is judged as if it were a run.

use super::items::length;
use super::qualify::Chosen;
use super::separability::Instruments;
use super::style::hits;
use super::texts::{Texts, View};
use crate::compare::{changed_adapters, changed_setup};
use crate::error::{Error, Result};
use crate::metrics::Fidelity;
use crate::record::{Item, PersonaRow, Record, Response, Scores};
use crate::suite::Prompt;
use std::collections::{BTreeMap, BTreeSet};

/// Runs of one suite at different seeds.
pub(super) struct Pool<'a> {
    with: &'a Instruments<'a>,
    chosen: &'a Chosen,
    texts: Texts,
    traits: Vec<Option<f64>>,
    lengths: Vec<f64>,
    /// Row of each run's answer: `rows[run][prompt][persona]`.
    rows: Vec<Vec<Vec<usize>>>,
    personas: Vec<PersonaRow>,
    prompts: Vec<Prompt>,
}

impl<'a> Pool<'a> {
    /// Embeds the first samples of all runs' answers; runs are given with their records.
    ///
    /// # Errors
    /// Fewer than four runs, runs of other adapters, prompts or sampling than the first, or with answers missing.
    pub(super) fn new(
        with: &'a Instruments<'a>,
        chosen: &'a Chosen,
        runs: &[(Record, Vec<Response>)],
    ) -> Result<Self> {
        let Some((first, _)) = runs.first().filter(|_| runs.len() >= 4) else {
            return Err(Error::input(format!("{} runs are too few to draw pairs from", runs.len()))
                .expected("4 or more runs of one suite at different seeds; 12 give a fair answer")
                .help("make them: persona-eval run SUITE --seed 1, --seed 2, ..."));
        };
        let seeds: BTreeSet<u64> = runs.iter().map(|(r, _)| r.provenance.seed).collect();
        if seeds.len() < runs.len() {
            return Err(Error::input("two of the runs have the same seed, so their answers are the same")
                .expected("another --seed for every run"));
        }
        let prompts = first.prompts.clone();
        let (mut all, mut rows) = (Vec::new(), Vec::new());
        for (record, responses) in runs {
            let same = record.prompts == prompts
                && record.personas == first.personas
                && record.generation == first.generation;
            let (a, b) = (&first.provenance, &record.provenance);
            let mut changed = changed_adapters(a, b);
            changed.extend(changed_setup(a, b).into_iter().filter(|d| !d.starts_with("seed")));
            if !same || !changed.is_empty() {
                return Err(Error::input(format!("`{}` is no repeat of `{}`", record.id, first.id))
                    .expected("runs of the same suite that differ in nothing but the seed")
                    .because(changed.join("\n")));
            }
            let own: BTreeMap<(&str, &str), &Response> = responses
                .iter()
                .filter(|r| r.arm == "trained" && r.sample == 0)
                .map(|r| ((r.prompt_id.as_str(), r.persona.as_str()), r))
                .collect();
            let mut of_run = Vec::new();
            for prompt in &prompts {
                let mut of_prompt = Vec::new();
                for persona in &record.personas {
                    let response = own.get(&(prompt.id.as_str(), persona.id.as_str())).ok_or_else(|| {
                        Error::input(format!(
                            "`{}` lacks an answer of `{}` to `{}`",
                            record.id, persona.id, prompt.id
                        ))
                    })?;
                    of_prompt.push(all.len());
                    all.push((*response).clone());
                }
                of_run.push(of_prompt);
            }
            rows.push(of_run);
        }
        let traits = all
            .iter()
            .map(|r: &Response| hits(with.registry.persona(&r.persona)?, &r.text))
            .collect::<Result<_>>()?;
        let lengths = all.iter().map(|r| length(&r.text)).collect();
        let texts = Texts::of_responses(with, &all)?;
        Ok(Self { with, chosen, texts, traits, lengths, rows, personas: first.personas.clone(), prompts })
    }

    pub(super) fn runs(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn prompts(&self) -> usize {
        self.prompts.len()
    }

    pub(super) fn personas(&self) -> usize {
        self.personas.len()
    }

    /// Raw scores of a made-up run: on each of `prompts` every persona's answer is that of the run that `run` names.
    ///
    /// # Errors
    /// Fewer than two prompts.
    pub(super) fn scores(&self, prompts: &[usize], mut run: impl FnMut() -> usize) -> Result<Scores> {
        let rows: Vec<usize> = prompts
            .iter()
            .flat_map(|p| (0..self.personas.len()).map(move |persona| (*p, persona)))
            .map(|(p, persona)| self.rows[run()][p][persona])
            .collect();
        let texts = self.texts.rows(&rows)?;
        let scale = self.chosen.real.as_ref().map(|r| &r.scale);
        let view = texts.seen(self.chosen.instrument, scale)?;
        let persona = self.with.persona(&view)?;
        let group = self.with.group(&view)?;
        let fidelity = self.fidelity(&view)?;
        let share = |right: bool| f64::from(u8::from(right));
        let item = |(i, row): (usize, &usize)| Item {
            persona: view.of.personas.name_of(i).to_owned(),
            prompt_id: view.of.prompts.name_of(i).to_owned(),
            sample: 0,
            named: Some(share(persona.predicted[i] == persona.actual[i])),
            group_named: group.as_ref().map(|g| share(g.leave_prompt_out.margins[i] > 0.0)),
            margin: Some(persona.margins[i]),
            fidelity: fidelity.as_ref().map(|f| f[i]),
            nearest: Some(persona.labels[persona.others[i]].clone()),
            traits: self.traits[*row],
            length: Some(self.lengths[*row]),
        };
        Ok(Scores {
            items: rows.iter().enumerate().map(item).collect(),
            personas: self.personas.clone(),
            prompts: prompts.iter().map(|p| self.prompts[*p].clone()).collect(),
            ..Scores::default()
        })
    }

    fn fidelity(&self, view: &View<'_>) -> Result<Option<Vec<f64>>> {
        let Some(real) = &self.chosen.real else { return Ok(None) };
        let reference = real.texts.seen(self.chosen.instrument, Some(&real.scale))?;
        let (Some(own), Some(labels)) = (&view.of.groups, &reference.of.groups) else { return Ok(None) };
        let found = Fidelity::new(&view.centred, own, &view.of.prompts, &reference.centred, labels)?;
        Ok(Some(found.margins))
    }
}
