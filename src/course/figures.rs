//! The figures of a training that has ended, and what in them should be looked at.

use super::material::Material;
use super::syllabus::Syllabus;
use super::warnings::at_the_end;
use crate::curriculum::Config;
use crate::generate::ENGINE_VERSION;
use crate::train::{
    AdapterRecord, Cost, Halves, JournalLine, Losses, Memorised, PersonaRecord, PhaseRecord, RECORD_VERSION,
    Stepped, Trainer, TrainingRecord,
};
use serde_json::Value;
use std::collections::BTreeSet;

/// All that the figures are made of.
pub(super) struct Ended<'a> {
    pub config: &'a Config,
    pub material: &'a Material,
    pub syllabus: &'a Syllabus,
    pub trainer: &'a Trainer,
    pub lines: &'a [JournalLine],
    /// What was told before the training.
    pub foreseen: &'a [String],
    pub by_adapter: Vec<Option<Losses>>,
    pub by_persona: Vec<Option<Losses>>,
    pub neutral: Vec<Losses>,
    pub memorised: Vec<Option<Memorised>>,
    pub update_norms: Vec<f64>,
    pub base: (String, String, String),
    pub made_of: Value,
    pub resumed: bool,
}

/// The record.
pub(super) fn record(ended: &Ended<'_>) -> TrainingRecord {
    let steps: Vec<(&Stepped, f64)> = ended
        .lines
        .iter()
        .filter_map(|line| match line {
            JournalLine::Step { stepped, seconds } => Some((stepped, *seconds)),
            _ => None,
        })
        .collect();
    let mut record = TrainingRecord {
        version: RECORD_VERSION,
        program: format!("persona-eval {ENGINE_VERSION}"),
        ended: chrono::Utc::now().format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        base: ended.base.clone(),
        made_of: ended.made_of.clone(),
        files: ended.material.files.clone(),
        heldout_files: ended.material.heldout_files.clone(),
        phases: phases(ended),
        adapters: adapters(ended, &steps),
        personas: personas(ended, &steps),
        warnings: Vec::new(),
        cost: Cost {
            seconds: steps.iter().map(|(_, seconds)| seconds).sum(),
            tokens: steps.iter().map(|(s, _)| s.tokens as u64).sum(),
            peak_mib: peak_mib(),
            resumed: ended.resumed,
        },
    };
    record.warnings = [ended.foreseen, &at_the_end(&record, ended.lines)].concat();
    let (done, all) = (ended.trainer.progress().step, ended.trainer.steps().len());
    if !ended.trainer.is_done() {
        record
            .warnings
            .push(format!("it was ended after step {done} of {all} (--finish); --resume goes on from there"));
    }
    record
}

fn phases(ended: &Ended<'_>) -> Vec<PhaseRecord> {
    let all = ended.trainer.steps();
    let place = |phase: usize| {
        let own = || all.iter().enumerate().filter(move |(_, s)| s.phase == phase).map(|(i, _)| i + 1);
        (own().next().unwrap_or(0), own().next_back().unwrap_or(0))
    };
    let phase = |(i, draws): (usize, &crate::curriculum::PhaseDraws)| PhaseRecord {
        learning_rate: draws.learning_rate * ended.config.training.learning_rate_factor,
        steps: place(i),
        report: draws.report.clone(),
    };
    ended.syllabus.draws.iter().enumerate().map(phase).collect()
}

fn adapters(ended: &Ended<'_>, steps: &[(&Stepped, f64)]) -> Vec<AdapterRecord> {
    let pairs = ended.trainer.pairs();
    let progress = ended.trainer.progress();
    let halves = Halves::by_persona(steps.iter().map(|(s, _)| *s), ended.material.personas.len());
    let one = |(i, name): (usize, &String)| {
        let own: BTreeSet<usize> = pairs.iter().filter(|p| p.adapter == i).map(|p| p.persona).collect();
        let losses: Vec<f64> = steps.iter().filter_map(|(s, _)| s.losses[i]).collect();
        let tenth = losses.len().div_ceil(10).max(1).min(losses.len());
        AdapterRecord {
            name: name.clone(),
            personas: own.iter().map(|p| ended.material.personas[*p].clone()).collect(),
            examples: pairs.iter().filter(|p| p.adapter == i).count(),
            steps: progress.steps[i],
            stopped_early: progress.stopped[i],
            training_loss: (mean(&losses[..tenth]), mean(&losses[losses.len() - tenth..])),
            fall: fall(own.iter().filter_map(|p| halves.get(*p)?.as_ref())),
            heldout: ended.by_adapter[i],
            neutral: ended.neutral.get(i).copied(),
            memorised: ended.memorised[i],
            update_norm: ended.update_norms[i],
            sha256: String::new(),
        }
    };
    ended.material.adapters.iter().enumerate().map(one).collect()
}

fn personas(ended: &Ended<'_>, steps: &[(&Stepped, f64)]) -> Vec<PersonaRecord> {
    let pairs = ended.trainer.pairs();
    let planned = ended.syllabus.seen(pairs, ended.material.personas.len());
    let mut seen = vec![0u64; planned.len()];
    for (persona, examples, ..) in steps.iter().flat_map(|(s, _)| &s.personas) {
        seen[*persona] += *examples as u64;
    }
    let one = |(i, id): (usize, &String)| {
        let own = || pairs.iter().filter(|p| p.persona == i);
        let adapter = own().next().map_or(0, |p| p.adapter);
        PersonaRecord {
            id: id.clone(),
            adapter: ended.material.adapters.get(adapter).cloned().unwrap_or_default(),
            examples: own().count(),
            planned: planned[i],
            seen: seen[i],
            heldout: ended.by_persona[i],
        }
    };
    ended.material.personas.iter().enumerate().map(one).collect()
}

/// How much less personas' later examples cost than their earlier ones, in nats a token, mean over the personas weighted by tokens:
/// phases have other personas, so that the plain curve may rise while everything is learned. None where no persona comes twice.
fn fall<'a>(halves: impl Iterator<Item = &'a Halves>) -> Option<f64> {
    let (mut sum, mut weight) = (0.0, 0.0);
    for half in halves {
        sum += (half.earlier - half.later) * half.tokens as f64;
        weight += half.tokens as f64;
    }
    (weight > 0.0).then(|| sum / weight)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Most memory that this process had, in MiB, where the system tells.
pub fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(personas: &[(usize, usize, usize, f64)]) -> Stepped {
        Stepped {
            step: 1,
            phase: 0,
            losses: Vec::new(),
            learning_rates: Vec::new(),
            gradient_norms: Vec::new(),
            personas: personas.to_vec(),
            tokens: 0,
        }
    }

    #[test]
    fn a_loss_falls_by_what_each_persona_costs_less_whatever_the_phases_hold() {
        // An easy persona first, a hard one later: the curve rises, and both fall.
        let steps = [
            step(&[(0, 1, 10, 20.0)]),
            step(&[(0, 1, 10, 18.0)]),
            step(&[(1, 1, 30, 150.0)]),
            step(&[(1, 1, 30, 144.0)]),
        ];
        let of = |steps: &mut dyn Iterator<Item = &'_ Stepped>| {
            fall(Halves::by_persona(steps, 2).iter().flatten())
        };
        // 0.2 nats of 20 tokens, 0.2 of 60.
        assert!((of(&mut steps.iter()).unwrap() - 0.2).abs() < 1e-12);
        assert!(of(&mut steps.iter().rev()).unwrap() < 0.0);
        assert_eq!(of(&mut steps[..1].iter()), None);
    }
}
