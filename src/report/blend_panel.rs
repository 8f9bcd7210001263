//! Panels of sweeps: the share named as the far end, and the place between the ends, over the weight.

use super::drawing::{Anchor, Drawing, Label};
use super::font;
use super::number::{figure, interval};
use super::palette::{Ink, Marker};
use crate::record::{BlendFigures, SweepFigures};
use crate::stats::Estimate;

/// Panels side by side.
const COLUMNS: usize = 3;
/// Width and height of a panel with its labels.
const CELL: (f64, f64) = (254.0, 276.0);
/// Left and top of the plot in a panel, its width and height.
const PLOT: (f64, f64, f64, f64) = (30.0, 40.0, 208.0, 168.0);
/// Values at the bottom and the top of a plot; what lies beyond is drawn at its edge.
const SHOWN: (f64, f64) = (-0.3, 1.3);
/// Width of a picture, as of all others.
const WIDTH: f64 = 800.0;
/// How far the two curves' marks stand beside their weight, so that neither hides the other.
const ASIDE: f64 = 2.5;
const NAMED: (Ink, Marker) = (Ink::Group(0), Marker::Circle);
const PLACE: (Ink, Marker) = (Ink::Group(1), Marker::Square);
const MIDDLE: (Ink, Marker) = (Ink::Text, Marker::Diamond);

/// The panels in rows of three, `top` from the top, with a legend.
pub(super) fn panels(found: &BlendFigures, top: f64) -> Drawing {
    let rows = found.sweeps.len().div_ceil(COLUMNS);
    let mut drawing = Drawing::new(WIDTH, top + 34.0 + CELL.1 * rows as f64);
    let mut x = 26.0;
    for ((ink, marker), words) in [
        (NAMED, "share named as the end at weight 1"),
        (PLACE, "place between the ends, 0 to 1"),
        (MIDDLE, "midpoint"),
    ] {
        drawing.mark(marker, (x, top + 16.0), 5.0, ink);
        drawing.text(words, (x + 12.0, top + 16.0), Ink::Text, Anchor::Start);
        x += 40.0 + font::width(words, 13.0);
    }
    for (i, sweep) in found.sweeps.iter().enumerate() {
        let at = (14.0 + CELL.0 * (i % COLUMNS) as f64, top + 34.0 + CELL.1 * (i / COLUMNS) as f64);
        drawing.place(&panel(sweep), at);
    }
    drawing
}

/// `0.480 [0.390, 0.560]`, or a dash.
pub(super) fn shown_midpoint(sweep: &SweepFigures) -> String {
    // Its interval is always by percentiles: the note would stand on every line.
    sweep.response.midpoint.as_ref().map_or("–".to_owned(), plain)
}

fn panel(sweep: &SweepFigures) -> Drawing {
    let mut drawing = Drawing::new(CELL.0, CELL.1);
    let (left, top, width, height) = PLOT;
    let across = |w: f64| left + 8.0 + (width - 16.0) * w;
    let up = |v: f64| {
        let share = (v.clamp(SHOWN.0, SHOWN.1) - SHOWN.0) / (SHOWN.1 - SHOWN.0);
        top + height * (1.0 - share)
    };
    let label = |text: &str, at: (f64, f64), ink: Ink, anchor: Anchor, bold: bool| Label {
        text: font::fitted(text, if bold { 13.0 } else { 11.0 }, if bold { 0.92 } else { 1.0 } * width),
        at,
        size: if bold { 13.0 } else { 11.0 },
        ink,
        anchor,
        bold,
        upright: false,
    };
    drawing.label(label(&sweep.id, (left, 12.0), Ink::Text, Anchor::Start, true));
    let ends = format!("{} → {}", sweep.from, sweep.to);
    drawing.label(label(&ends, (left, 28.0), Ink::Muted, Anchor::Start, false));
    drawing.rect((left, top), (width, height), Ink::Paper, 1.0);
    for value in [0.0, 0.5, 1.0] {
        drawing.line((left, up(value)), (left + width, up(value)), Ink::Grid, 1.0);
        drawing.label(label(&format!("{value}"), (left - 6.0, up(value)), Ink::Muted, Anchor::End, false));
        let below = (across(value), top + height + 11.0);
        drawing.line((across(value), top), (across(value), top + height), Ink::Grid, 1.0);
        drawing.label(label(&format!("{value}"), below, Ink::Muted, Anchor::Middle, false));
    }
    drawing.dashes((across(0.0), up(0.0)), (across(1.0), up(1.0)), Ink::Muted, 1.0);
    if let Some(declared) = sweep.declared {
        drawing.dashes((across(declared), top), (across(declared), top + height), Ink::Text, 1.0);
    }
    let r = &sweep.response;
    for (estimates, (ink, marker), aside) in [(&r.named, NAMED, -ASIDE), (&r.position, PLACE, ASIDE)] {
        let at = |i: usize, value: f64| (across(r.weights[i]) + aside, up(value));
        for i in 1..estimates.len() {
            drawing.line(at(i - 1, estimates[i - 1].point), at(i, estimates[i].point), ink, 1.2);
        }
        for (i, e) in estimates.iter().enumerate() {
            drawing.line(at(i, e.low), at(i, e.high), ink, 1.6);
            drawing.mark(marker, at(i, e.point), 3.6, ink);
        }
    }
    if let Some(e) = &r.midpoint {
        let y = up(0.5);
        drawing.line((across(e.low), y), (across(e.high), y), MIDDLE.0, 2.4);
        drawing.mark(MIDDLE.1, (across(e.point), y), 5.0, MIDDLE.0);
    }
    let told = |drawing: &mut Drawing, name: &str, value: String, y: f64, ink: Ink| {
        drawing.label(label(&format!("{name} {value}"), (left, top + height + y), ink, Anchor::Start, false));
    };
    told(&mut drawing, "weight of", sweep.to.clone(), 27.0, Ink::Muted);
    told(&mut drawing, "follows:", plain(&r.monotonicity), 43.0, Ink::Text);
    match r.doubt() {
        None => told(&mut drawing, "midpoint:", shown_midpoint(sweep), 57.0, Ink::Text),
        Some(doubt) => told(&mut drawing, doubt, interval(&r.separation), 57.0, Ink::Unsure),
    }
    drawing
}

/// An estimate without the name of its method, for which a panel has no room; the table beside it has it.
fn plain(e: &Estimate) -> String {
    format!("{} [{}, {}]", figure(e.point), figure(e.low), figure(e.high))
}
