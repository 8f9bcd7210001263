//! Blends: every sweep as a panel over the weight, and its figures.

use super::blend_panel::{panels, shown_midpoint};
use super::drawing::Drawing;
use super::number::{change, change_interval, count, estimate, figure, interval, signed};
use super::svg::svg_named;
use crate::record::{BlendFigures, Record, SweepFigures};
use crate::stats::Estimate;
use serde::Serialize;

/// Everything of the section.
#[derive(Serialize)]
pub(super) struct Section<'a> {
    reading: String,
    curves: String,
    sweeps: Vec<Row<'a>>,
}

/// One sweep.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    ends: String,
    asked: String,
    doubt: Option<&'static str>,
    separation: Cell,
    monotonicity: Cell,
    midpoint: Cell,
    superposition: Cell,
    by_noise: String,
    cost: Cell,
    weights: Vec<Weight>,
}

/// A figure and its interval.
type Cell = [String; 2];

/// One weight of a sweep.
#[derive(Serialize)]
struct Weight {
    weight: String,
    named: Cell,
    position: Cell,
    from: String,
    to: String,
    cost: String,
}

/// The section; none where there are no sweeps.
pub(super) fn section(record: &Record) -> Option<Section<'_>> {
    let found = record.blends.as_ref()?;
    let drawing = panels(found, 0.0);
    Some(Section {
        reading: reading(found),
        curves: svg_named(
            &drawing,
            "reliability",
            "blends",
            "Voice over weight; the tables below hold the figures",
        ),
        sweeps: found.sweeps.iter().map(row).collect(),
    })
}

/// The panels with title, for `blends.png`.
pub(super) fn framed(record: &Record) -> Option<Drawing> {
    let found = record.blends.as_ref()?;
    let mut drawing = panels(found, 62.0);
    drawing.title(
        "Does the voice follow the weight?",
        "blends of two adapters, with 95 % intervals over prompts",
    );
    Some(drawing)
}

/// One line a sweep, for `summary.md`.
pub(super) fn lines(record: &Record) -> Vec<String> {
    let line = |s: &SweepFigures| {
        let doubt = s.response.doubt().map(|d| format!(", {d}")).unwrap_or_default();
        let cost = s.cost.as_ref().map(|c| format!(", {} nats a token over the line", change(&c.cost)));
        format!(
            "{} ({} to {}): rank correlation {}, midpoint {}{}{doubt}",
            s.id,
            s.from,
            s.to,
            estimate(&s.response.monotonicity),
            shown_midpoint(s),
            cost.unwrap_or_default()
        )
    };
    record.blends.iter().flat_map(|b| &b.sweeps).map(line).collect()
}

/// What the sweeps say together, in one line.
fn reading(found: &BlendFigures) -> String {
    let apart = found.sweeps.iter().filter(|s| s.response.apart()).count();
    let told = |e: &Option<Estimate>| e.as_ref().map_or("–".to_owned(), estimate);
    format!(
        "The ends are told apart in {apart} of {}; weight and voice have a rank correlation of {} on average.",
        count(found.sweeps.len(), "sweep"),
        told(&found.monotonicity)
    )
}

fn row(s: &SweepFigures) -> Row<'_> {
    let r = &s.response;
    let bent = r.superposition.as_ref();
    let dash = || "–".to_owned();
    let weight = |i: usize| Weight {
        weight: format!("{}", r.weights[i]),
        named: cell(r.named.get(i)),
        position: cell(r.position.get(i)),
        from: s.cost.as_ref().map_or_else(dash, |c| figure(c.from[i])),
        to: s.cost.as_ref().map_or_else(dash, |c| figure(c.to[i])),
        cost: s.cost.as_ref().map_or_else(dash, |c| signed(c.by_weight[i].point)),
    };
    Row {
        id: &s.id,
        ends: format!("{} → {}", s.from, s.to),
        asked: format!("{}, {} answers", s.asked, s.answers),
        doubt: r.doubt(),
        separation: cell(Some(&r.separation)),
        monotonicity: cell(Some(&r.monotonicity)),
        midpoint: cell(r.midpoint.as_ref()),
        superposition: cell(bent.map(|b| &b.error)),
        by_noise: bent.map_or_else(dash, |b| {
            format!("{} as measured, {} by noise", figure(b.measured), figure(b.by_noise))
        }),
        cost: s
            .cost
            .as_ref()
            .map_or_else(|| cell(None), |c| [signed(c.cost.point), change_interval(&c.cost)]),
        weights: (0..r.weights.len()).map(weight).collect(),
    }
}

fn cell(e: Option<&Estimate>) -> Cell {
    e.map_or_else(|| ["–".to_owned(), String::new()], |e| [figure(e.point), interval(e)])
}

#[cfg(test)]
mod tests {
    use super::super::sample;
    use super::*;

    #[test]
    fn every_sweep_has_a_row_a_line_and_a_panel_and_ends_that_are_alike_are_named() {
        let record = sample::record();
        let section = section(&record).expect("sweeps");
        assert_eq!((section.sweeps.len(), lines(&record).len()), (3, 3));
        assert_eq!((section.sweeps[0].doubt, section.sweeps[2].doubt), (None, Some("the ends are swapped")));
        assert_eq!(section.sweeps[2].midpoint[0], "–");
        assert!(lines(&record)[2].ends_with("the ends are swapped"), "{:?}", lines(&record));
        assert!(section.curves.contains("the ends are swapped"));
        assert!(framed(&sample::bare()).is_none());
    }
}
