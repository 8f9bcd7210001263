//! What drifted in style since the baseline, in plain words.

use super::feature_words::told;
use super::order::Order;
use crate::record::{Comparison, StyleShift};
use serde::Serialize;

/// What moved, over all personas and by persona.
#[derive(Serialize)]
pub(super) struct Drift<'a> {
    /// Over all personas.
    whole: String,
    personas: Vec<Drifted<'a>>,
    /// Personas that are not shown.
    more: usize,
}

/// One persona.
#[derive(Serialize)]
struct Drifted<'a> {
    persona: &'a str,
    class: String,
    told: String,
}

/// Most shifts told at one place.
const SHIFTS: usize = 5;
/// Most personas shown.
const PERSONAS: usize = 12;

/// What moved; none where nothing did.
pub(super) fn drift<'a>(found: &'a Comparison, order: &Order<'_>) -> Option<Drift<'a>> {
    if found.shifts.is_empty() {
        return None;
    }
    // The largest shift comes first, and with it its persona.
    let mut ids: Vec<&str> = Vec::new();
    for shift in found.shifts.iter().filter(|s| !s.persona.is_empty()) {
        if !ids.contains(&shift.persona.as_str()) {
            ids.push(&shift.persona);
        }
    }
    let words = |id: &str| {
        let own = found.shifts.iter().filter(|s| s.persona == id).take(SHIFTS);
        own.map(|s: &StyleShift| told(s)).collect::<Vec<_>>().join(", ")
    };
    let more = ids.len().saturating_sub(PERSONAS);
    let one =
        |persona: &'a str| Drifted { persona, class: order.look(persona).0.class(), told: words(persona) };
    Some(Drift { whole: words(""), personas: ids.into_iter().take(PERSONAS).map(one).collect(), more })
}
