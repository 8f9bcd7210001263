//! Reliability curves: how often what was given a probability came true, in small panels.

use super::drawing::{Anchor, Drawing, Label};
use super::palette::{Ink, Marker};
use crate::stats::ReliabilityBin;

/// One curve.
pub(super) struct Panel<'a> {
    /// What gave the probabilities.
    pub(super) name: &'a str,
    /// The curve.
    pub(super) curve: Curve<'a>,
}

/// Bins, and what is said below them.
pub(super) struct Curve<'a> {
    /// The bins that hold a case.
    pub(super) bins: &'a [ReliabilityBin],
    /// One line.
    pub(super) told: String,
}

/// A bin of fewer cases says next to nothing: its mark stands alone.
const FEWEST_IN_LINE: usize = 5;
/// Panels side by side.
const COLUMNS: usize = 4;
/// Width and height of a panel with its labels.
const CELL: (f64, f64) = (190.0, 236.0);
/// Left and top of the plot in a panel, and its side.
const PLOT: (f64, f64, f64) = (34.0, 30.0, 144.0);

/// The curves in rows of four, under a title.
pub(super) fn reliability(title: &str, about: &str, panels: &[Panel<'_>]) -> Drawing {
    let rows = panels.len().div_ceil(COLUMNS);
    let mut drawing = Drawing::new(20.0 + CELL.0 * COLUMNS as f64 + 10.0, 76.0 + CELL.1 * rows as f64);
    drawing.title(title, about);
    for (i, panel) in panels.iter().enumerate() {
        let at = (20.0 + CELL.0 * (i % COLUMNS) as f64, 70.0 + CELL.1 * (i / COLUMNS) as f64);
        drawing.place(&one(panel), at);
    }
    drawing
}

fn one(panel: &Panel<'_>) -> Drawing {
    let mut drawing = Drawing::new(CELL.0, CELL.1);
    let (left, top, side) = PLOT;
    let place = |x: f64, y: f64| (left + side * x, top + side * (1.0 - y));
    let small = |text: String, at: (f64, f64), ink: Ink, anchor: Anchor, bold: bool| Label {
        text,
        at,
        size: if bold { 13.0 } else { 11.0 },
        ink,
        anchor,
        bold,
        upright: false,
    };
    drawing.label(small(panel.name.to_owned(), (left, 14.0), Ink::Text, Anchor::Start, true));
    drawing.rect((left, top), (side, side), Ink::Paper, 1.0);
    for value in [0.0, 0.5, 1.0] {
        let (x, y) = place(value, value);
        drawing.line((left, y), (left + side, y), Ink::Grid, 1.0);
        drawing.line((x, top), (x, top + side), Ink::Grid, 1.0);
        drawing.label(small(format!("{value}"), (left - 6.0, y), Ink::Muted, Anchor::End, false));
        drawing.label(small(format!("{value}"), (x, top + side + 11.0), Ink::Muted, Anchor::Middle, false));
    }
    drawing.dashes(place(0.0, 0.0), place(1.0, 1.0), Ink::Muted, 1.0);
    let c = &panel.curve;
    let most = c.bins.iter().map(|b| b.n).max().unwrap_or(1) as f64;
    let filled: Vec<&ReliabilityBin> = c.bins.iter().filter(|b| b.n >= FEWEST_IN_LINE).collect();
    for pair in filled.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        drawing.line(place(a.score, a.share), place(b.score, b.share), Ink::Group(0), 1.4);
    }
    for bin in c.bins {
        let radius = 2.5 + 4.0 * (bin.n as f64 / most).sqrt();
        drawing.mark(Marker::Circle, place(bin.score, bin.share), radius, Ink::Group(0));
    }
    drawing.label(small(c.told.clone(), (left, top + side + 30.0), Ink::Text, Anchor::Start, false));
    drawing
}
