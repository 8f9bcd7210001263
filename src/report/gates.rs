//! Gates and the instrument's controls, as rows.

use super::number::{self, figure};
use super::scale::{Scale, Span};
use crate::record::{GateVerdict, Record, Verdict};
use serde::Serialize;

/// A row of the table of gates.
#[derive(Serialize)]
pub(super) struct GateRow<'a> {
    name: &'a str,
    metric: &'a str,
    about: &'a str,
    verdict: &'static str,
    point: String,
    interval: String,
    unit: &'a str,
    n: usize,
    bound: &'a str,
    reason: &'a str,
    because: &'a str,
    bar: Option<GateBar>,
}

/// An estimate against its threshold, in per cent of the unit's scale.
#[derive(Serialize)]
struct GateBar {
    span: Span,
    threshold: f64,
    /// Where the whole interval must lie.
    from: f64,
    width: f64,
}

/// The word for a verdict: text, class and JUnit alike.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Inconclusive => "inconclusive",
    }
}

/// Whether the gate is passed below its threshold.
pub(super) fn wants_less(gate: &GateVerdict) -> bool {
    match gate.bound.split_whitespace().next() {
        Some("<" | "max") => true,
        Some(">" | "min") => false,
        _ => gate.estimate.as_ref().is_some_and(|e| !e.higher_is_better),
    }
}

/// How many gates say `verdict`.
pub(super) fn how_many(record: &Record, verdict: Verdict) -> usize {
    record.gates.iter().filter(|g| g.verdict == verdict).count()
}

/// The rows, failures first, then what is inconclusive.
pub(super) fn rows(record: &Record) -> Vec<GateRow<'_>> {
    sorted(record).into_iter().map(|gate| row(gate, record)).collect()
}

/// The gates, failures first.
pub(super) fn sorted(record: &Record) -> Vec<&GateVerdict> {
    let mut gates: Vec<&GateVerdict> = record.gates.iter().collect();
    gates.sort_by_key(|g| match g.verdict {
        Verdict::Fail => 0,
        Verdict::Inconclusive => 1,
        Verdict::Pass => 2,
    });
    gates
}

fn row<'a>(gate: &'a GateVerdict, record: &Record) -> GateRow<'a> {
    let estimate = gate.estimate.as_ref();
    let bar = estimate.map(|e| {
        let alike = record.gates.iter().filter(|g| g.estimate.as_ref().is_some_and(|o| o.unit == e.unit));
        let scale = Scale::around(alike.flat_map(|g| {
            let (low, high) = g.estimate.as_ref().map_or((g.threshold, g.threshold), |o| (o.low, o.high));
            [0.0, g.threshold, low, high]
        }));
        let threshold = scale.percent(gate.threshold);
        let (from, width) = if wants_less(gate) { (0.0, threshold) } else { (threshold, 100.0 - threshold) };
        GateBar { span: scale.span(e), threshold, from, width }
    });
    GateRow {
        name: &gate.name,
        metric: &gate.metric,
        about: &gate.about,
        verdict: word(gate.verdict),
        point: estimate.map_or("not judged".to_owned(), |e| figure(e.point)),
        interval: estimate.map_or(String::new(), number::interval),
        unit: estimate.map_or("", |e| e.unit.as_str()),
        n: estimate.map_or(0, |e| e.n),
        bound: &gate.bound,
        reason: &gate.reason,
        because: &gate.because,
        bar,
    }
}
