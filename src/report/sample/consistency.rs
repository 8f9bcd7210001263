//! Made-up consistency of style, and shifts.

use super::guess;
use crate::record::{ConsistencyFigures, PersonaConsistency, PersonaRow, StyleShift};
use crate::stats::Intraclass;
use crate::style::FEATURES;

fn shift(persona: &str, feature: &str, before: f64, after: f64, deviations: f64) -> StyleShift {
    let (persona, feature) = (persona.to_owned(), feature.to_owned());
    StyleShift { persona, feature, before, after, deviations, q: 0.01 }
}

pub(super) fn consistency(rows: &[PersonaRow]) -> ConsistencyFigures {
    let feature = |i: usize| {
        let point = 0.02 + 0.01 * i as f64;
        Intraclass { point, low: point - 0.02, high: point + 0.04 }
    };
    let persona = |(i, row): (usize, &PersonaRow)| PersonaConsistency {
        persona: row.id.clone(),
        share: guess(0.2 + 0.01 * (i % 40) as f64, 0.08, 16, "share"),
        distance: Some(guess(1.1 + 0.01 * i as f64, 0.1, 16, "sd")),
        distance_of_real: Some(0.9),
        from_real: vec![
            shift(&row.id, "sentence_length", 11.0, 16.5, 1.1),
            shift(&row.id, "hedges", 0.03, 0.014, -0.7),
        ],
    };
    ConsistencyFigures {
        whole: guess(0.31, 0.03, 16, "share"),
        features: (0..FEATURES.len()).map(|f| (f > 0).then(|| feature(f))).collect(),
        personas: rows.iter().enumerate().map(persona).collect(),
    }
}

/// What moved since a made-up baseline.
pub(super) fn shifts(rows: &[PersonaRow]) -> Vec<StyleShift> {
    let mut all = vec![shift("", "commas", 0.05, 0.06, 0.4)];
    for row in rows.iter().step_by(4) {
        all.push(shift(&row.id, "sentence_length", 10.0, 14.0, 1.4));
        all.push(shift(&row.id, "hedges", 0.04, 0.02, -0.9));
    }
    all
}
