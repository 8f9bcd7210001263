//! Gates and the instrument's controls, as rows.

use super::number::{self, figure, signed};
use super::scale::{Scale, Span};
use crate::record::{GatePart, GateVerdict, Record, Verdict};
use crate::stats::Estimate;
use serde::Serialize;

/// A row of the table of gates.
#[derive(Serialize)]
pub(super) struct GateRow<'a> {
    name: &'a str,
    metric: &'a str,
    about: &'a str,
    verdict: &'static str,
    /// The verdict in words: a fail against the baseline is called regressed.
    says: &'static str,
    point: String,
    interval: String,
    unit: &'a str,
    n: usize,
    bound: &'a str,
    reason: &'a str,
    because: &'a str,
    bar: Option<GateBar>,
    against: Option<AgainstRow<'a>>,
    /// What the design can find.
    detects: Option<String>,
    parts: Vec<PartRow<'a>>,
    /// How many parts say what.
    parts_told: String,
}

/// What a gate against the baseline compares.
#[derive(Serialize)]
struct AgainstRow<'a> {
    before: String,
    after: String,
    /// The part that the figures are of, where every persona or group is judged.
    worst: &'a str,
    margin_from: &'a str,
    p: String,
}

/// One persona or group of a gate.
#[derive(Serialize)]
struct PartRow<'a> {
    name: &'a str,
    verdict: &'static str,
    says: &'static str,
    /// Before and after; empty for a threshold.
    values: String,
    found: String,
    interval: String,
    margin: String,
    p: String,
}

/// An estimate against its threshold, in per cent of the unit's scale.
#[derive(Serialize)]
struct GateBar {
    span: Span,
    threshold: f64,
    /// The other margin, where a gain counts like a loss.
    other: Option<f64>,
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

/// The verdict of a gate in words: what fails against a baseline regressed.
pub(super) fn says(gate: &GateVerdict) -> &'static str {
    told(gate.verdict, gate.against.is_some())
}

/// The word for a verdict, alone or against a baseline.
pub(super) fn told(verdict: Verdict, against: bool) -> &'static str {
    if against && verdict == Verdict::Fail { "regressed" } else { word(verdict) }
}

/// What a gate found in one line: value and interval, or before, after and change.
pub(super) fn found(gate: &GateVerdict) -> String {
    let Some(e) = &gate.estimate else { return "not judged".to_owned() };
    match &gate.against {
        None => number::estimate(e),
        Some(a) => {
            let worst = worst(gate).map(|name| format!("{name} ")).unwrap_or_default();
            format!("{worst}{} → {}: {}", figure(a.before), figure(a.after), number::change(e))
        }
    }
}

/// The part that a gate's own figures are of.
pub(super) fn worst(gate: &GateVerdict) -> Option<&str> {
    gate.parts.first().map(|p| p.name.as_str())
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
        // Changes and values of one unit stand on scales of their own.
        let kind = |g: &&GateVerdict| {
            g.against.is_some() == gate.against.is_some()
                && g.estimate.as_ref().is_some_and(|o| o.unit == e.unit)
        };
        let scale = Scale::around(record.gates.iter().filter(kind).flat_map(|g| {
            let (low, high) = g.estimate.as_ref().map_or((g.threshold, g.threshold), |o| (o.low, o.high));
            [0.0, g.threshold, low, high].into_iter().chain(g.other_threshold())
        }));
        let threshold = scale.percent(gate.threshold);
        let other = gate.other_threshold().map(|t| scale.percent(t));
        let (from, to) =
            if wants_less(gate) { (0.0, threshold) } else { (threshold, other.unwrap_or(100.0)) };
        GateBar { span: scale.span(e), threshold, other, from, width: to - from }
    });
    let against = gate.against.as_ref().map(|a| AgainstRow {
        before: figure(a.before),
        after: figure(a.after),
        worst: worst(gate).unwrap_or(""),
        margin_from: &a.margin_from,
        p: number::p_value(a.p),
    });
    let changed = against.is_some();
    GateRow {
        name: &gate.name,
        metric: &gate.metric,
        about: &gate.about,
        verdict: word(gate.verdict),
        says: says(gate),
        point: estimate.map_or("not judged".to_owned(), |e| shown(e.point, changed)),
        interval: estimate.map_or(String::new(), |e| span(e, changed)),
        unit: estimate.map_or("", |e| e.unit.as_str()),
        n: estimate.map_or(0, |e| e.n),
        bound: &gate.bound,
        reason: &gate.reason,
        because: &gate.because,
        bar,
        detects: gate.detectable.map(|d| detects(d, gate)),
        against,
        parts: gate.parts.iter().map(part).collect(),
        parts_told: parts_told(gate),
    }
}

fn shown(value: f64, changed: bool) -> String {
    if changed { signed(value) } else { figure(value) }
}

fn span(e: &Estimate, changed: bool) -> String {
    if changed { number::change_interval(e) } else { number::interval(e) }
}

/// What the design can find, in words.
fn detects(least: f64, gate: &GateVerdict) -> String {
    let what = match &gate.against {
        Some(a) if a.two_sided => "a change",
        Some(_) => "a loss",
        None => "a distance from the threshold",
    };
    format!("finds {what} of {} four times in five", figure(least))
}

fn part(part: &GatePart) -> PartRow<'_> {
    let (estimate, against) = (part.estimate.as_ref(), part.against.as_ref());
    let changed = against.is_some();
    PartRow {
        name: &part.name,
        verdict: word(part.verdict),
        says: told(part.verdict, changed),
        values: against.map_or(String::new(), |a| format!("{} → {}", figure(a.before), figure(a.after))),
        found: estimate.map_or("not measured".to_owned(), |e| shown(e.point, changed)),
        interval: estimate.map_or(String::new(), |e| span(e, changed)),
        margin: against.map_or(String::new(), |a| figure(a.margin)),
        p: against.map_or(String::new(), |a| number::p_value(a.p)),
    }
}

/// `5 regressed, 49 inconclusive, 3 pass`.
fn parts_told(gate: &GateVerdict) -> String {
    let of = |verdict: Verdict| {
        let n = gate.parts.iter().filter(|p| p.verdict == verdict).count();
        (n > 0).then(|| format!("{n} {}", told(verdict, gate.against.is_some())))
    };
    let all = [Verdict::Fail, Verdict::Inconclusive, Verdict::Pass].into_iter().filter_map(of);
    all.collect::<Vec<_>>().join(", ")
}
