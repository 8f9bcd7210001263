//! The picture of a calibration: what the gates said when nothing had changed, and what intervals cover.

use super::canvas;
use super::drawing::{Anchor, Drawing, Label};
use super::font;
use super::palette::{Ink, Marker};
use crate::error::Result;
use crate::record::{Calibration, Coverage};
use std::path::Path;

/// Left and right end of the plots.
const PLOT: (f64, f64) = (300.0, 760.0);
/// Height of a gate's row.
const GATE: f64 = 40.0;
/// Height of a figure's row.
const FIGURE: f64 = 30.0;
/// Coverage at the ends of its axis.
const SHOWN: (f64, f64) = (0.86, 1.0);
/// Coverage that a nominal 95 % is meant to reach.
const BAND: (f64, f64) = (0.93, 0.97);

/// Writes the picture as PNG.
///
/// # Errors
/// When the file cannot be written.
pub fn calibration_png(found: &Calibration, path: &Path) -> Result<()> {
    canvas::write_png(&draw(found), path)
}

fn draw(found: &Calibration) -> Drawing {
    let a = &found.false_alarms;
    let mut figures: Vec<&str> = Vec::new();
    for c in &found.coverage {
        if figures.last() != Some(&c.figure.as_str()) {
            figures.push(&c.figure);
        }
    }
    let gates = 96.0 + GATE * a.gates.len() as f64;
    let height = gates + 120.0 + FIGURE * figures.len() as f64 + 60.0;
    let mut drawing = Drawing::new(800.0, height);
    drawing.title(
        "When nothing has changed",
        &format!(
            "{} pairs of runs, {} prompts a side: a gate regressed on {:.2} % [{:.2}, {:.2}]",
            a.pairs,
            a.prompts,
            100.0 * a.rate,
            100.0 * a.interval.low,
            100.0 * a.interval.high
        ),
    );
    let mut y = 78.0;
    for gate in &a.gates {
        row_label(&mut drawing, &gate.name, Some(&gate.metric), y + GATE / 2.0);
        let mut x = PLOT.0;
        for (count, ink) in
            [(gate.passed, Ink::Pass), (gate.inconclusive, Ink::Unsure), (gate.regressed, Ink::Fail)]
        {
            let width = (PLOT.1 - PLOT.0) * count as f64 / a.pairs.max(1) as f64;
            drawing.rect((x, y + 8.0), (width, GATE - 16.0), ink, 0.85);
            x += width;
        }
        y += GATE;
    }
    legend(&mut drawing, gates);
    let top = gates + 64.0;
    let subtitle = format!(
        "Share of intervals of 95 % that hold the truth, over {} simulated suites a mark; shaded: 93 to 97 %",
        found.coverage.first().map_or(0, |c| c.suites)
    );
    drawing.label(label("What intervals cover", (20.0, top - 22.0), 15.0, Ink::Text, true));
    drawing.label(label(&subtitle, (20.0, top - 2.0), 12.0, Ink::Muted, false));
    coverage(&mut drawing, &figures, &found.coverage, top + 16.0);
    drawing
}

fn legend(drawing: &mut Drawing, y: f64) {
    let mut x = PLOT.0;
    for (word, ink) in
        [("pass", Ink::Pass), ("inconclusive", Ink::Unsure), ("regressed: a false alarm", Ink::Fail)]
    {
        drawing.rect((x, y - 6.0), (12.0, 12.0), ink, 0.85);
        drawing.text(word, (x + 18.0, y), Ink::Muted, Anchor::Start);
        x += 46.0 + font::width(word, 13.0);
    }
}

fn coverage(drawing: &mut Drawing, figures: &[&str], all: &[Coverage], top: f64) {
    let across = |v: f64| PLOT.0 + (PLOT.1 - PLOT.0) * ((v - SHOWN.0) / (SHOWN.1 - SHOWN.0)).clamp(0.0, 1.0);
    let bottom = top + FIGURE * figures.len() as f64;
    drawing.rect((across(BAND.0), top), (across(BAND.1) - across(BAND.0), bottom - top), Ink::Pass, 0.12);
    for percent in (86..=100).step_by(2) {
        let x = across(f64::from(percent) / 100.0);
        drawing.line((x, top), (x, bottom), Ink::Grid, 1.0);
        drawing.text(&format!("{percent} %"), (x, bottom + 13.0), Ink::Muted, Anchor::Middle);
    }
    drawing.dashes((across(0.95), top), (across(0.95), bottom), Ink::Text, 1.2);
    let mut sizes: Vec<usize> = all.iter().map(|c| c.prompts).collect();
    sizes.sort_unstable();
    sizes.dedup();
    let look = |prompts: usize| {
        let place = sizes.iter().position(|s| *s == prompts).unwrap_or(0);
        (Marker::nth(place), Ink::Group(place))
    };
    for (i, figure) in figures.iter().enumerate() {
        let y = top + FIGURE * (i as f64 + 0.5);
        row_label(drawing, figure, None, y);
        for c in all.iter().filter(|c| c.figure == *figure) {
            let (marker, ink) = look(c.prompts);
            let place = sizes.iter().position(|s| *s == c.prompts).unwrap_or(0) as f64;
            let y = y + 6.0 * (place - (sizes.len() as f64 - 1.0) / 2.0);
            drawing.line((across(c.interval.low), y), (across(c.interval.high), y), ink, 1.6);
            drawing.mark(marker, (across(c.covered), y), 4.2, ink);
        }
    }
    let mut x = PLOT.0;
    for size in &sizes {
        let (marker, ink) = look(*size);
        let word = format!("{size} prompts");
        drawing.mark(marker, (x + 6.0, bottom + 38.0), 4.6, ink);
        drawing.text(&word, (x + 18.0, bottom + 38.0), Ink::Muted, Anchor::Start);
        x += 46.0 + font::width(&word, 13.0);
    }
}

fn row_label(drawing: &mut Drawing, name: &str, metric: Option<&str>, y: f64) {
    let room = PLOT.0 - 36.0;
    let up = if metric.is_some() { 7.0 } else { 0.0 };
    drawing.label(label(&font::fitted(name, 13.0, room), (20.0, y - up), 13.0, Ink::Text, false));
    if let Some(metric) = metric {
        drawing.label(label(&font::fitted(metric, 11.0, room), (20.0, y + 9.0), 11.0, Ink::Muted, false));
    }
}

fn label(text: &str, at: (f64, f64), size: f64, ink: Ink, bold: bool) -> Label {
    Label { text: text.to_owned(), at, size, ink, anchor: Anchor::Start, bold, upright: false }
}
