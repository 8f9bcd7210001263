//! Indices of the answers, and how far the scores of traits can be believed.

use super::number::{figure, percent};
use super::order::Order;
use super::reliability::{Curve, Panel, reliability};
use super::svg::svg_named;
use crate::record::{ProfileFigures, Record};
use crate::style::{INDICES, TraitCalibration};
use serde::Serialize;

/// Everything of the section.
#[derive(Serialize)]
pub(super) struct Section<'a> {
    indices: Vec<Head<'a>>,
    personas: Vec<Row<'a>>,
    foreign: usize,
    answers: usize,
    labelled: usize,
    traits: Vec<TraitRow<'a>>,
    curves: Option<String>,
}

/// A column of the table of indices.
#[derive(Serialize)]
struct Head<'a> {
    name: &'a str,
    about: String,
}

/// A persona's indices.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    means: Vec<String>,
}

/// A trait and what its score is worth.
#[derive(Serialize)]
struct TraitRow<'a> {
    name: &'a str,
    personas: usize,
    auc: String,
    threshold: String,
    folds: String,
    sensitivity: String,
    specificity: String,
    error: String,
}

/// The section; none without it in the record.
pub(super) fn section<'a>(record: &'a Record, order: &Order<'_>) -> Option<Section<'a>> {
    let figures: &ProfileFigures = record.style.as_ref()?.profile.as_ref()?;
    let head = |name: &'a String| {
        let known = INDICES.iter().find(|i| i.name == name);
        Head { name, about: known.map_or(String::new(), |i| format!("{} ({})", i.what, i.unit)) }
    };
    let mut personas: Vec<_> = figures.personas.iter().collect();
    personas.sort_by_key(|p| order.personas.iter().position(|o| o.id == p.persona).unwrap_or(usize::MAX));
    let mean = |value: &Option<f64>| value.map_or("–".to_owned(), figure);
    let panels: Vec<Panel<'_>> = figures.traits.iter().map(panel).collect();
    let curves = (!panels.is_empty()).then(|| {
        let about = "Score across, share of texts with the trait up; on the dashed line a score would be a probability";
        let drawing = reliability("What the scores of traits say", about, &panels);
        svg_named(&drawing, "reliability", "traits", "Reliability curves of traits; the table above holds the figures")
    });
    Some(Section {
        indices: figures.indices.iter().map(head).collect(),
        personas: personas
            .into_iter()
            .map(|p| Row { id: &p.persona, means: p.means.iter().map(mean).collect() })
            .collect(),
        foreign: figures.foreign,
        answers: figures.answers,
        labelled: figures.labelled,
        traits: figures.traits.iter().map(row).collect(),
        curves,
    })
}

fn panel(t: &TraitCalibration) -> Panel<'_> {
    let told = format!("AUC {}, threshold {}", figure(t.auc), t.threshold);
    Panel { name: &t.name, curve: Curve { bins: &t.reliability, told } }
}

fn row(t: &TraitCalibration) -> TraitRow<'_> {
    let (low, high) = t.fold_thresholds;
    TraitRow {
        name: &t.name,
        personas: t.personas,
        auc: format!("{} [{}, {}]", figure(t.auc), figure(t.auc_low), figure(t.auc_high)),
        threshold: format!("{}", t.threshold),
        folds: if low < high { format!("{low} to {high}") } else { format!("{low}") },
        sensitivity: percent(t.held_out.sensitivity),
        specificity: percent(t.held_out.specificity),
        error: figure(t.calibration_error),
    }
}
