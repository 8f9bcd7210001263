//! The forest plot of gates: every estimate with its interval against its threshold.

use super::drawing::{Anchor, Drawing, Label};
use super::font;
use super::gates::{wants_less, worst};
use super::number::{self, figure};
use super::palette::{Ink, Marker};
use super::scale::Scale;
use crate::record::{GateVerdict, Record, Verdict};

/// Where the plot begins and ends across.
const PLOT: (f64, f64) = (278.0, 628.0);
/// Height of a gate's row.
const ROW: f64 = 44.0;
/// Room for a unit's axis.
const AXIS: f64 = 46.0;

/// Opacity of the band between no change and the margin.
const BAND: f64 = 0.24;

/// The colour and shape of a verdict.
pub(super) fn look(verdict: Verdict) -> (Ink, Marker) {
    match verdict {
        Verdict::Pass => (Ink::Pass, Marker::Circle),
        Verdict::Fail => (Ink::Fail, Marker::Cross),
        Verdict::Inconclusive => (Ink::Unsure, Marker::Diamond),
    }
}

/// `gates.png`; none without gates.
pub(super) fn framed(record: &Record) -> Option<Drawing> {
    // Changes since the baseline and values of the run have axes of their own.
    type Kind<'a> = (bool, &'a str);
    let mut units: Vec<(Kind<'_>, Vec<&GateVerdict>)> = Vec::new();
    for gate in &record.gates {
        let unit = gate.estimate.as_ref().map_or("", |e| e.unit.as_str());
        let kind = (gate.against.is_some(), unit);
        match units.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, gates)) => gates.push(gate),
            None => units.push((kind, vec![gate])),
        }
    }
    // What changed comes first, as on the page.
    units.sort_by_key(|((against, _), _)| !against);
    let against = units.iter().any(|((against, _), _)| *against);
    if units.is_empty() {
        return None;
    }
    let height = 112.0 + ROW * record.gates.len() as f64 + AXIS * units.len() as f64;
    let mut drawing = Drawing::new(800.0, height);
    drawing.title(
        "Gates",
        "estimate with its interval; dashed: the threshold; shaded: where the whole interval must lie",
    );
    let mut top = 72.0;
    for (kind, gates) in units {
        top = panel(&mut drawing, kind, &gates, top);
    }
    let mut x = 20.0;
    let fail = if against { "fail, regressed" } else { "fail" };
    for (verdict, word) in
        [(Verdict::Pass, "pass"), (Verdict::Fail, fail), (Verdict::Inconclusive, "inconclusive")]
    {
        let (ink, marker) = look(verdict);
        drawing.mark(marker, (x + 6.0, height - 22.0), 5.0, ink);
        drawing.text(word, (x + 18.0, height - 22.0), Ink::Text, Anchor::Start);
        x += 46.0 + font::width(word, 13.0);
    }
    if against {
        drawing.rect((x, height - 29.0), (22.0, 14.0), Ink::Unsure, BAND);
        let text = "change since the baseline: what may be lost (margin or noise)";
        drawing.text(text, (x + 30.0, height - 22.0), Ink::Text, Anchor::Start);
    }
    Some(drawing)
}

fn panel(drawing: &mut Drawing, (against, unit): (bool, &str), gates: &[&GateVerdict], top: f64) -> f64 {
    let values = gates.iter().flat_map(|g| {
        let e = g.estimate.as_ref();
        let limits = [Some(g.threshold), g.other_threshold()];
        [Some(0.0), e.map(|e| e.low), e.map(|e| e.high)].into_iter().chain(limits).flatten()
    });
    let scale = Scale::around(values);
    let across = |value: f64| PLOT.0 + (PLOT.1 - PLOT.0) * scale.place(value);
    let bottom = top + ROW * gates.len() as f64;
    let ticks = scale.ticks(6);
    for (i, gate) in gates.iter().enumerate() {
        let y = top + ROW * (i as f64 + 0.5);
        let threshold = across(gate.threshold);
        let other = gate.other_threshold().map(&across);
        let (from, to) =
            if wants_less(gate) { (PLOT.0, threshold) } else { (threshold, other.unwrap_or(PLOT.1)) };
        drawing.rect((from, y - ROW / 2.0 + 3.0), (to - from, ROW - 6.0), Ink::Pass, 0.09);
        if against {
            let end = other.unwrap_or(across(0.0));
            drawing.rect((threshold, y - ROW / 2.0 + 3.0), (end - threshold, ROW - 6.0), Ink::Unsure, BAND);
        }
    }
    for tick in &ticks {
        drawing.line((across(*tick), top), (across(*tick), bottom), Ink::Grid, 1.0);
        let text = number::tick(*tick, &ticks);
        drawing.text(&text, (across(*tick), bottom + 13.0), Ink::Muted, Anchor::Middle);
    }
    drawing.line((PLOT.0, bottom), (PLOT.1, bottom), Ink::Muted, 1.0);
    if against {
        drawing.line((across(0.0), top), (across(0.0), bottom), Ink::Muted, 1.4);
    }
    let axis = if against { format!("change, {unit}") } else { unit.to_owned() };
    drawing.text(&axis, (PLOT.1 + 14.0, bottom + 13.0), Ink::Muted, Anchor::Start);
    for (i, gate) in gates.iter().enumerate() {
        let y = top + ROW * (i as f64 + 0.5);
        row(drawing, gate, y, &across);
    }
    bottom + AXIS
}

fn row(drawing: &mut Drawing, gate: &GateVerdict, y: f64, across: &impl Fn(f64) -> f64) {
    let (ink, marker) = look(gate.verdict);
    let room = PLOT.0 - 36.0;
    let small = |text: &str, at: (f64, f64), size: f64, ink: Ink, bold: bool| Label {
        text: font::fitted(text, size, if bold { room * 0.92 } else { room }),
        at,
        size,
        ink,
        anchor: Anchor::Start,
        bold,
        upright: false,
    };
    drawing.label(small(&gate.name, (20.0, y - 8.0), 13.0, Ink::Text, true));
    let about = match worst(gate) {
        Some(worst) => format!("worst: {worst}"),
        None => gate.metric.clone(),
    };
    drawing.label(small(&about, (20.0, y + 9.0), 11.0, Ink::Muted, false));
    for threshold in [Some(gate.threshold), gate.other_threshold()].into_iter().flatten() {
        let x = across(threshold);
        drawing.dashes((x, y - ROW / 2.0 + 3.0), (x, y + ROW / 2.0 - 3.0), Ink::Text, 1.4);
    }
    let right = PLOT.1 + 14.0;
    match &gate.estimate {
        Some(e) => {
            drawing.line((across(e.low), y), (across(e.high), y), ink, 2.4);
            for end in [e.low, e.high] {
                drawing.line((across(end), y - 4.5), (across(end), y + 4.5), ink, 1.6);
            }
            drawing.mark(marker, (across(e.point), y), 5.6, ink);
            let (first, second) = match &gate.against {
                None => (figure(e.point), number::interval(e)),
                Some(a) => (format!("{} → {}", figure(a.before), figure(a.after)), number::change(e)),
            };
            drawing.label(small(&first, (right, y - 8.0), 13.0, ink, true));
            drawing.label(small(&second, (right, y + 9.0), 11.0, Ink::Muted, false));
        }
        None => {
            drawing.mark(marker, (right + 6.0, y), 5.6, ink);
            drawing.text("not judged", (right + 18.0, y), Ink::Muted, Anchor::Start);
        }
    }
}
