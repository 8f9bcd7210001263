//! Choices by likelihood: a row a normalisation, and how far their confidence can be believed.

use super::number::{estimate, figure, probability};
use super::reliability::{Curve, Panel, reliability};
use super::svg::svg_named;
use crate::record::{ChoiceFigures, Record};
use serde::Serialize;

/// Everything of the section.
#[derive(Serialize)]
pub(super) struct Section {
    n: usize,
    chance: String,
    rows: Vec<Row>,
    curves: Option<String>,
    preferences: Option<Preferences>,
}

/// One normalisation.
#[derive(Serialize)]
struct Row {
    name: &'static str,
    used: usize,
    right: String,
    error: String,
    by_chance: String,
    p: String,
}

/// The pairs of replies.
#[derive(Serialize)]
struct Preferences {
    n: usize,
    share: String,
    shift: String,
}

/// What a normalisation is called for people.
fn told(normalisation: &str) -> &'static str {
    match normalisation {
        "sum" => "sum of log p",
        "characters" => "log p a character",
        "unconditional" => "log p less that of the option unasked",
        _ => "log p a token",
    }
}

/// The section; none without given replies.
pub(super) fn section(record: &Record) -> Option<Section> {
    let figures: &ChoiceFigures = record.tasks.as_ref()?.choices.as_ref()?;
    let rows: Vec<Row> = figures
        .normalisations
        .iter()
        .map(|n| Row {
            name: told(&n.normalisation),
            used: n.used,
            right: estimate(&n.right),
            error: figure(n.calibration.error),
            by_chance: figure(n.calibration.by_chance),
            p: probability(n.calibration.p),
        })
        .collect();
    let panels: Vec<Panel<'_>> = figures
        .normalisations
        .iter()
        .map(|n| Panel {
            name: &n.normalisation,
            curve: Curve {
                bins: &n.calibration.bins,
                told: format!(
                    "error {}, by chance {}",
                    figure(n.calibration.error),
                    figure(n.calibration.by_chance)
                ),
            },
        })
        .collect();
    let first = figures.normalisations.first();
    let n = first.map_or(0, |n| n.calibration.n);
    let curves = first.map(|_| {
        let about = "Confidence across, share right up; a larger mark holds more choices; on the dashed line every confidence is true";
        let drawing = reliability("How far the confidence of choices can be believed", about, &panels);
        svg_named(&drawing, "reliability", "choices", "Reliability curves of choices; the table above holds the errors")
    });
    Some(Section {
        n,
        chance: figure(first.map_or(0.0, |n| n.chance)),
        rows,
        curves,
        preferences: figures.preferences.as_ref().map(|p| Preferences {
            n: p.share.n,
            share: estimate(&p.share),
            shift: estimate(&p.shift),
        }),
    })
}
