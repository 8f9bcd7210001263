//! Style: which declared traits show, and what was measured of each persona's writing.

use super::number::{estimate, figure, percent};
use super::order::Order;
use crate::record::{Record, StyleOfPersona};
use crate::style::FEATURES;
use serde::Serialize;

/// Everything of the section.
#[derive(Serialize)]
pub(super) struct Section<'a> {
    hit_rate: String,
    floor: Option<String>,
    gain: Option<String>,
    features: Vec<FeatureHead<'a>>,
    personas: Vec<Row<'a>>,
}

/// A column of the table of features.
#[derive(Serialize)]
struct FeatureHead<'a> {
    name: &'a str,
    about: String,
}

/// A persona's style.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    class: String,
    traits: Vec<TraitShare<'a>>,
    means: Vec<String>,
}

/// A declared trait and how often it shows.
#[derive(Serialize)]
struct TraitShare<'a> {
    name: &'a str,
    share: String,
    width: f64,
}

/// The section; none without style.
pub(super) fn section<'a>(record: &'a Record, order: &Order<'_>) -> Option<Section<'a>> {
    let style = record.style.as_ref()?;
    let mut personas: Vec<&StyleOfPersona> = style.personas.iter().collect();
    let rank = |id: &str| order.personas.iter().position(|p| p.id == id).unwrap_or(usize::MAX);
    personas.sort_by_key(|p| rank(&p.persona));
    let head = |name: &'a String| {
        let known = FEATURES.iter().find(|f| f.name == name);
        FeatureHead { name, about: known.map_or(String::new(), |f| format!("{} ({})", f.what, f.unit)) }
    };
    Some(Section {
        hit_rate: estimate(&style.hit_rate),
        floor: style.floor_hit_rate.as_ref().map(estimate),
        gain: style.gain.as_ref().map(estimate),
        features: style.features.iter().map(head).collect(),
        personas: personas.into_iter().map(|p| row(p, order)).collect(),
    })
}

fn row<'a>(persona: &'a StyleOfPersona, order: &Order<'_>) -> Row<'a> {
    let shown = |(name, share): &'a (String, f64)| TraitShare {
        name,
        share: percent(*share),
        width: (share.clamp(0.0, 1.0) * 1e3).round() / 10.0,
    };
    Row {
        id: &persona.persona,
        class: order.look(&persona.persona).0.class(),
        traits: persona.traits.iter().map(shown).collect(),
        means: persona.means.iter().map(|m| figure(f64::from(*m))).collect(),
    }
}
