//! Style: which declared traits show, and what was measured of each persona's writing.

use super::feature_words;
use super::number::{estimate, figure, percent};
use super::order::Order;
use crate::record::{ConsistencyFigures, PersonaConsistency, Record, StyleOfPersona};
use crate::stats::Intraclass;
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
    consistency: Option<Consistency<'a>>,
}

/// Consistency and distance to real text.
#[derive(Serialize)]
struct Consistency<'a> {
    whole: String,
    steady: Vec<String>,
    unsteady: Vec<String>,
    rows: Vec<ConsistencyRow<'a>>,
}

/// One persona's consistency.
#[derive(Serialize)]
struct ConsistencyRow<'a> {
    id: &'a str,
    class: String,
    share: String,
    distance: String,
    real: String,
    shifts: String,
}

/// Features that are named as the most and the least consistent.
const NAMED: usize = 5;
/// Differences from real text that are told of a persona.
const TOLD: usize = 3;

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
        consistency: style.consistency.as_ref().map(|c| consistency(c, &style.features, order)),
    })
}

fn consistency<'a>(
    figures: &'a ConsistencyFigures,
    features: &[String],
    order: &Order<'_>,
) -> Consistency<'a> {
    let mut by: Vec<(&String, &Intraclass)> = features
        .iter()
        .zip(&figures.features)
        .filter_map(|(name, icc)| Some((name, icc.as_ref()?)))
        .collect();
    by.sort_by(|a, b| b.1.point.total_cmp(&a.1.point));
    let told = |(name, icc): &(&String, &Intraclass)| {
        format!(
            "{} {} [{}, {}]",
            name.replace('_', " "),
            figure(icc.point),
            figure(icc.low),
            figure(icc.high)
        )
    };
    let row = |p: &'a PersonaConsistency| ConsistencyRow {
        id: &p.persona,
        class: order.look(&p.persona).0.class(),
        share: estimate(&p.share),
        distance: p.distance.as_ref().map_or("–".to_owned(), estimate),
        real: p.distance_of_real.map_or("–".to_owned(), figure),
        shifts: p.from_real.iter().take(TOLD).map(feature_words::told).collect::<Vec<_>>().join(", "),
    };
    let mut rows: Vec<&PersonaConsistency> = figures.personas.iter().collect();
    rows.sort_by(|a, b| a.share.point.total_cmp(&b.share.point));
    Consistency {
        whole: estimate(&figures.whole),
        steady: by.iter().take(NAMED).map(told).collect(),
        unsteady: by.iter().rev().take(NAMED).map(told).collect(),
        rows: rows.into_iter().map(row).collect(),
    }
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
