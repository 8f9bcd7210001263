//! One gate over its runs: points with intervals, threshold, steps.

use super::super::drawing::{Anchor, Drawing, Label, Shape};
use super::super::forest::look;
use super::super::gates::word;
use super::super::number::{self, estimate};
use super::super::palette::{Ink, Marker};
use super::super::scale::Scale;
use crate::stats::Estimate;
use crate::trend::{Judged, Point, Series, SuiteHistory};

/// Width and height of a chart.
pub(super) const SIZE: (f64, f64) = (360.0, 190.0);
/// Left, right, top and bottom of the plot.
const PLOT: (f64, f64, f64, f64) = (46.0, 352.0, 24.0, 160.0);
/// Width of a run below which intervals are drawn without colour.
const CROWDED: f64 = 4.0;
/// Size of the axes' text.
const SMALL: f64 = 11.5;

/// Numbers of the steps of a suite: the runs at which any series has one, earliest first.
pub(super) fn numbered(history: &SuiteHistory) -> Vec<usize> {
    let mut runs: Vec<usize> = history.series.iter().flat_map(|s| &s.steps).map(|s| s.run).collect();
    runs.sort_unstable();
    runs.dedup();
    runs
}

/// The chart of one series of `history`; runs stand at equal distances.
pub(super) fn chart(series: &Series, history: &SuiteHistory) -> Drawing {
    let mut drawing = Drawing::new(SIZE.0, SIZE.1);
    let (left, right, top, bottom) = PLOT;
    let values = series.points.iter().flat_map(|p| {
        let e = p.estimate.as_ref();
        let g = p.gate.as_ref();
        let limits = [g.map(|g| g.threshold), g.and_then(|g| g.other)];
        [e.map(|e| e.low), e.map(|e| e.high)].into_iter().chain(limits).flatten()
    });
    let plot = Plot { scale: Scale::around(values), step: (right - left) / history.runs.len() as f64 };
    let ticks = plot.scale.ticks(4);
    for tick in &ticks {
        let y = plot.up(*tick);
        drawing.line((left, y), (right, y), Ink::Grid, 1.0);
        small(&mut drawing, &number::tick(*tick, &ticks), (left - 6.0, y), Ink::Muted, Anchor::End);
    }
    thresholds(&mut drawing, &plot, series);
    drawing.line((left, bottom), (right, bottom), Ink::Muted, 1.0);
    let date = |run: usize| history.runs[run].started.format("%Y-%m-%d").to_string();
    small(&mut drawing, &date(0), (left, bottom + 15.0), Ink::Muted, Anchor::Start);
    if history.runs.len() > 1 {
        small(&mut drawing, &date(history.runs.len() - 1), (right, bottom + 15.0), Ink::Muted, Anchor::End);
    }
    levels(&mut drawing, &plot, series);
    for point in &series.points {
        mark(&mut drawing, &plot, point, &history.runs[point.run].id);
    }
    for run in &series.rebased {
        let x = left + plot.step * *run as f64;
        drawing.line((x, top), (x, bottom), Ink::Muted, 1.2);
        small(&mut drawing, "new baseline", (x + 4.0, top + 7.0), Ink::Muted, Anchor::Start);
    }
    let numbers = numbered(history);
    for step in &series.steps {
        let x = left + plot.step * step.run as f64;
        drawing.dashes((x, top), (x, bottom), Ink::Text, 1.2);
        let number = numbers.iter().position(|run| *run == step.run).map_or(0, |i| i + 1);
        drawing.label(Label {
            text: format!("{}{number}", if step.change() < 0.0 { '↓' } else { '↑' }),
            at: (x, top - 11.0),
            size: 13.0,
            ink: Ink::Text,
            anchor: Anchor::Middle,
            bold: true,
            upright: false,
        });
    }
    drawing
}

struct Plot {
    scale: Scale,
    /// Width of a run.
    step: f64,
}

impl Plot {
    /// The middle of a run.
    fn across(&self, run: usize) -> f64 {
        PLOT.0 + self.step * (run as f64 + 0.5)
    }

    fn up(&self, value: f64) -> f64 {
        PLOT.3 - (PLOT.3 - PLOT.2) * self.scale.place(value)
    }
}

fn small(drawing: &mut Drawing, text: &str, at: (f64, f64), ink: Ink, anchor: Anchor) {
    let text = text.to_owned();
    drawing.label(Label { text, at, size: SMALL, ink, anchor, bold: false, upright: false });
}

/// Thresholds as they stood, and where the whole interval had to lie.
fn thresholds(drawing: &mut Drawing, plot: &Plot, series: &Series) {
    let mut stretches: Vec<(&Judged, usize, usize)> = Vec::new();
    for (run, gate) in series.points.iter().filter_map(|p| Some((p.run, p.gate.as_ref()?))) {
        match stretches.last_mut() {
            Some((known, _, to)) if known.bound == gate.bound && known.threshold == gate.threshold => {
                *to = run
            }
            _ => stretches.push((gate, run, run)),
        }
    }
    for (gate, from, to) in stretches {
        let (from, to) = (plot.across(from) - plot.step / 2.0, plot.across(to) + plot.step / 2.0);
        let y = plot.up(gate.threshold);
        let other = gate.other.map(|t| plot.up(t));
        let (high, low) =
            if gate.bound.starts_with('<') { (y, PLOT.3) } else { (other.unwrap_or(PLOT.2), y) };
        drawing.rect((from, high), (to - from, low - high), Ink::Pass, 0.09);
        for y in [Some(y), other].into_iter().flatten() {
            drawing.dashes((from, y), (to, y), Ink::Text, 1.4);
        }
    }
}

/// The level between steps, where there are any.
fn levels(drawing: &mut Drawing, plot: &Plot, series: &Series) {
    let (Some(first), Some(last)) = (series.points.first(), series.points.last()) else { return };
    let inner = series.steps.iter().map(|s| s.run).chain(series.rebased.iter().copied());
    let mut ends: Vec<usize> = inner.chain([first.run, last.run + 1]).collect();
    ends.sort_unstable();
    ends.dedup();
    let step_at = |run: usize| series.steps.iter().find(|s| s.run == run);
    for (from, to) in ends.iter().zip(&ends[1..]) {
        // Before the first step against a baseline there is its old level, after it the new one.
        let level = step_at(*from).map(|s| s.after).or_else(|| step_at(*to).map(|s| s.before));
        let Some(level) = level else { continue };
        let at = |run: usize| (PLOT.0 + plot.step * run as f64, plot.up(level));
        drawing.line(at(*from), at(*to), Ink::Muted, 1.2);
    }
}

fn mark(drawing: &mut Drawing, plot: &Plot, point: &Point, id: &str) {
    let x = plot.across(point.run);
    let radius = (0.36 * plot.step).clamp(1.6, 4.4);
    let (ink, marker) = point.gate.as_ref().map_or((Ink::Right, Marker::Circle), |g| look(g.verdict));
    let (y, ink) = match &point.estimate {
        Some(e) => {
            // Many intervals in colour would hide their points.
            let drawn = if point.trial || plot.step < CROWDED { Ink::Grid } else { ink };
            drawing.line((x, plot.up(e.low)), (x, plot.up(e.high)), drawn, (0.3 * plot.step).clamp(0.8, 1.8));
            (plot.up(e.point), ink)
        }
        None => (PLOT.3, Ink::Muted),
    };
    let (opacity, title) = (if point.trial { 0.4 } else { 1.0 }, Some(told(point, id)));
    drawing.shapes.push(Shape::Mark { marker, at: (x, y), radius, ink, opacity, title });
}

/// A point in words.
fn told(point: &Point, id: &str) -> String {
    let figure = point.estimate.as_ref().map_or("not judged".to_owned(), |e: &Estimate| estimate(e));
    let verdict =
        point.gate.as_ref().map(|g| format!(", {} ({})", word(g.verdict), g.bound)).unwrap_or_default();
    format!("{id}: {figure}{verdict}{}", if point.trial { ", a trial run" } else { "" })
}
