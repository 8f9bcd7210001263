//! A made-up baseline: one adapter was trained again, and two personas lost their distance; the real comparison and gates.

use super::{QUICK, response};
use crate::compare::{Texts, compare};
use crate::gate::{Evidence, Reference, judge};
use crate::record::{Centre, Comparison, GateVerdict, Item, Noise, Record, Scores};
use crate::seed::Seed;
use crate::stats::Resampling;
use crate::suite::{Bound, Gate, Prompt, Scope};
use rand::Rng;
use std::collections::BTreeMap;

/// Personas that stood further apart before.
const LOST: usize = 2;

/// The prompts of the sample.
pub(super) fn prompts(count: usize) -> Vec<Prompt> {
    (1..=count)
        .map(|i| Prompt {
            id: format!("s{i:02}"),
            text: format!("Question {i} of the suite?"),
            follow_up: None,
        })
        .collect()
}

/// The raw scores that the figures of `record` are made of.
pub(super) fn items(record: &Record) -> Vec<Item> {
    let Some(found) = record.separability.as_ref().map(|s| &s.persona) else { return Vec::new() };
    let item = |i: usize| Item {
        persona: found.labels[found.actual[i]].clone(),
        prompt_id: found.prompts[found.prompt[i]].clone(),
        sample: 0,
        named: Some(f64::from(u8::from(found.actual[i] == found.predicted[i]))),
        group_named: None,
        margin: Some(found.margins[i]),
        fidelity: None,
        nearest: found.others.get(i).map(|other| found.labels[*other].clone()),
        traits: None,
        length: None,
    };
    (0..found.actual.len()).map(item).collect()
}

/// The same run as it was: two personas further from the others, all others as they are but for chance.
fn before(record: &Record) -> Scores {
    let mut scores = record.scores();
    scores.id = "2026-01-01T030405Z-all".to_owned();
    scores.provenance.adapters[2].sha256 = "77".repeat(32);
    let lost: Vec<&str> = record.personas.iter().rev().take(LOST).map(|p| p.id.as_str()).collect();
    let other = record.personas[0].id.clone();
    let mut rng = Seed(21).rng();
    for item in &mut scores.items {
        let chance = 0.04 * (rng.random::<f64>() - 0.48);
        let by = if lost.contains(&item.persona.as_str()) { 0.45 + 2.0 * chance } else { chance };
        let margin = item.margin.unwrap_or(0.0) + by;
        item.margin = Some(margin);
        item.named = Some(f64::from(u8::from(margin > 0.0)));
        if by > 0.3 && item.persona != other {
            item.nearest = Some(other.clone());
        }
    }
    scores
}

/// What repeats of the baseline differed by.
pub(super) fn noise(prompts: usize) -> Noise {
    let of = |sd: f64| BTreeMap::from([("separability.persona.margin".to_owned(), sd)]);
    Noise {
        seeds: vec![0, 1, 2, 3],
        rows: vec![48, 24, 48, 24],
        threads: vec![2, 1, 2, 1],
        identical: Some(1.0),
        prompts,
        metrics: of(0.006),
        personas: of(0.02),
        groups: of(0.01),
    }
}

/// What changed since, and the gates against the baseline.
pub(super) fn compared(record: &Record) -> (Comparison, Vec<GateVerdict>) {
    let (old, new) = (before(record), record.scores());
    let resampling = Resampling { permutations: 4_999, ..QUICK };
    let said = |arm: &str| -> Texts {
        let prompts = 0..record.prompts.len();
        let each = prompts.flat_map(|g| record.personas.iter().map(move |p| response(p, g, arm)));
        each.map(|r| ((r.persona, r.prompt_id, r.sample), r.text)).collect()
    };
    let mut found =
        compare(&old, &new, (&said("floor"), &said("trained")), None, &resampling).expect("compares");
    found.centres = centres(record, &found);
    found.shifts = super::consistency::shifts(&record.personas);
    let noise = noise(record.prompts.len());
    let gate = |name: &str, scope: Scope, margin: Option<f64>| Gate {
        name: name.to_owned(),
        metric: "separability.persona.margin".to_owned(),
        bound: Bound::NoLoss { margin },
        scope,
        two_sided: false,
        alarm: false,
        reason: "What a new training may cost.".to_owned(),
    };
    let gates = [
        gate("personas keep their distance", Scope::Whole, Some(0.05)),
        gate("no persona falls", Scope::EachPersona, None),
        gate("every group keeps its distance", Scope::EachGroup, Some(0.03)),
    ];
    let evidence = Evidence {
        estimates: &BTreeMap::new(),
        qualification: &[],
        scores: &new,
        reference: Some(Reference { scores: &old, noise: Some(&noise) }),
        resampling,
    };
    (found, judge(&gates, &evidence).expect("judges"))
}

/// Middles on the map now, and a little elsewhere before; far from there for those that lost their distance.
fn centres(record: &Record, found: &Comparison) -> Vec<Centre> {
    let map = record.separability.as_ref().map(|s| s.map.as_slice()).unwrap_or_default();
    let mut rng = Seed(22).rng();
    let mut one = |persona: &str| {
        let own: Vec<_> = map.iter().filter(|p| p.persona == persona).collect();
        let n = own.len().max(1) as f32;
        let after = [own.iter().map(|p| p.x).sum::<f32>() / n, own.iter().map(|p| p.y).sum::<f32>() / n];
        let far = if found.collapsed.iter().any(|c| c.persona == persona) { 0.6 } else { 0.06 };
        let before = after.map(|v| v + far * (rng.random::<f32>() - 0.5));
        Centre { persona: persona.to_owned(), before, after }
    };
    record.personas.iter().map(|p| one(&p.id)).collect()
}
