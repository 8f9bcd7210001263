//! A made-up baseline of a record: two personas stood further apart.

use persona_eval::compare::{Texts, compare};
use persona_eval::gate::{Evidence, Reference, judge};
use persona_eval::record::{Centre, Record, Response};
use persona_eval::stats::Resampling;
use persona_eval::suite::{Bound, Gate, Scope};
use std::collections::BTreeMap;

/// Adds what changed since the baseline, and a gate for each persona and each group; `said` stands for what the lost ones said.
pub fn held_against_a_baseline(record: &mut Record, responses: &[Response], said: &str) {
    let (first, second) = (record.personas[0].id.clone(), record.personas[1].id.clone());
    for item in record.items.iter_mut().filter(|i| i.nearest.is_none()) {
        item.nearest = Some(if item.persona == first { second.clone() } else { first.clone() });
    }
    let after = record.scores();
    let mut before = after.clone();
    before.id = format!("before {said}");
    if let Some(adapter) = before.provenance.adapters.first_mut() {
        adapter.sha256 = "77".repeat(32);
    }
    let lost: Vec<&str> = record.personas.iter().rev().take(2).map(|p| p.id.as_str()).collect();
    for (i, item) in before.items.iter_mut().enumerate() {
        let chance = 0.02 * ((i * 7 % 11) as f64 / 10.0 - 0.5);
        let by = if lost.contains(&item.persona.as_str()) { 0.4 + 3.0 * chance } else { chance };
        item.margin = item.margin.map(|m| m + by);
        item.named = item.margin.map(|m| f64::from(u8::from(m > 0.0)));
    }
    let texts = |hostile: bool| -> Texts {
        let trained = responses.iter().filter(|r| r.arm == "trained");
        let text = |r: &Response| match hostile && lost.contains(&r.persona.as_str()) {
            true => said.to_owned(),
            false => r.text.clone(),
        };
        trained.map(|r| ((r.persona.clone(), r.prompt_id.clone(), r.sample), text(r))).collect()
    };
    let resampling = Resampling { permutations: 1_999, resamples: 500, ..Resampling::default() };
    let mut found =
        compare(&before, &after, (&texts(true), &texts(false)), None, &resampling).expect("compares");
    assert_eq!(found.collapsed.len(), 2, "{:?}", found.collapsed);
    let centre = |(i, p): (usize, &persona_eval::record::PersonaRow)| {
        let place = |turn: f32| [(i as f32 * turn).sin() * 0.3, (i as f32 * turn).cos() * 0.2];
        Centre { persona: p.id.clone(), before: place(1.0), after: place(1.01) }
    };
    found.centres = record.personas.iter().enumerate().map(centre).collect();
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
        gate("no persona falls", Scope::EachPersona, None),
        gate("every group keeps its distance", Scope::EachGroup, Some(0.03)),
    ];
    let evidence = Evidence {
        estimates: &BTreeMap::new(),
        qualification: &[],
        scores: &after,
        reference: Some(Reference { scores: &before, noise: None }),
        resampling,
    };
    record.gates.extend(judge(&gates, &evidence).expect("judges"));
    record.comparison = Some(found);
}
