//! What changed since the baseline: adapters, metrics, personas, and what the lost ones say.

use super::drift::{Drift, drift};
use super::number::{change_interval, count, figure, probability, signed};
use super::order::Order;
use super::scale::{Scale, Span};
use super::since::{confusers, since};
use crate::compare::FOUND;
use crate::record::{Change, Collapse, Comparison, Moved, PersonaChange, Place, Record};
use crate::stats::Estimate;
use crate::suite::Metric;
use serde::Serialize;

/// Personas that are shown before the rest is folded away.
const FIRST: usize = 12;

/// The section.
#[derive(Serialize)]
pub(super) struct Section<'a> {
    sentence: String,
    adapters: &'a [String],
    setup: &'a [String],
    /// What was compared, and what could not be.
    counted: Vec<String>,
    metrics: Vec<Row<'a>>,
    /// Those that changed most.
    personas: Vec<Row<'a>>,
    rest: Vec<Row<'a>>,
    found: usize,
    collapsed: Vec<Lost<'a>>,
    drift: Option<Drift<'a>>,
}

/// A metric or a persona, before and after.
#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    about: &'a str,
    class: String,
    before: String,
    after: String,
    change: String,
    interval: String,
    unit: &'a str,
    n: usize,
    span: Span,
    zero: f64,
    /// `above`, `below` or `around` zero.
    side: &'static str,
    p: String,
    /// Adjusted for the others of its table.
    adjusted: String,
    /// Whether it counts as a change after that.
    marked: bool,
}

/// A persona that lost its distance.
#[derive(Serialize)]
struct Lost<'a> {
    persona: &'a str,
    class: String,
    confusers: String,
    change: String,
    prompts: Vec<Prompt<'a>>,
}

/// A prompt's answers side by side.
#[derive(Serialize)]
struct Prompt<'a> {
    id: &'a str,
    text: &'a str,
    margin: String,
    said_before: Option<&'a str>,
    said_after: Option<&'a str>,
    nearest: &'a str,
    nearest_said: Option<&'a str>,
}

/// The section of a record; none without a comparison.
pub(super) fn section<'a>(record: &'a Record, order: &Order<'a>) -> Option<Section<'a>> {
    let found = record.comparison.as_ref()?;
    let metrics = found.metrics.iter().map(|m| metric(m, &found.metrics)).collect();
    let mut changes: Vec<&PersonaChange> = found.personas.iter().collect();
    changes.sort_by(|a, b| b.difference.point.abs().total_cmp(&a.difference.point.abs()));
    let scale = around(found.personas.iter().map(|p| &p.difference));
    let mut personas: Vec<Row<'_>> = changes.into_iter().map(|p| persona(p, scale, order)).collect();
    let rest = personas.split_off(personas.len().min(FIRST));
    Some(Section {
        sentence: since(record)?,
        adapters: &found.adapters,
        setup: &found.setup,
        counted: counted(found),
        metrics,
        personas,
        rest,
        found: found.personas.iter().filter(|p| p.q <= FOUND).count(),
        collapsed: found.collapsed.iter().map(|c| lost(c, found, order)).collect(),
        drift: drift(found, order),
    })
}

fn counted(found: &Comparison) -> Vec<String> {
    let mut told = vec![format!(
        "{} to {} were given in both runs.",
        count(found.matched, "answer"),
        count(found.prompts, "prompt")
    )];
    let places = |all: &[Place]| {
        let first = all.first().map(|(persona, prompt, sample)| format!("{persona}/{prompt}/{sample}"));
        format!("{}, the first {}", count(all.len(), "answer"), first.unwrap_or_default())
    };
    if !found.only_before.is_empty() {
        told.push(format!("Only in the baseline, left out: {}.", places(&found.only_before)));
    }
    if !found.only_after.is_empty() {
        told.push(format!("Only in this run, left out: {}.", places(&found.only_after)));
    }
    if !found.reworded.is_empty() {
        told.push(format!(
            "{} worded otherwise now, left out: {}.",
            count(found.reworded.len(), "prompt"),
            found.reworded.join(", ")
        ));
    }
    told.extend(
        found.left_out.iter().map(|left_out| format!("Not compared, measured otherwise: {left_out}.")),
    );
    told
}

fn around<'a>(all: impl Iterator<Item = &'a Estimate>) -> Scale {
    Scale::around(all.flat_map(|e| [0.0, e.low, e.high]))
}

fn metric<'a>(m: &'a Change, all: &'a [Change]) -> Row<'a> {
    let alike = all.iter().map(|o| &o.difference).filter(|o| o.unit == m.difference.unit);
    let about = Metric::named(&m.metric).map_or("", |known| known.about);
    let figures = ((m.before, m.after), &m.difference, (m.p, m.holm));
    Row { about, ..row(&m.metric, String::new(), figures, around(alike)) }
}

fn persona<'a>(p: &'a PersonaChange, scale: Scale, order: &Order<'a>) -> Row<'a> {
    let about = order.find(&p.persona).map_or("", |row| row.group.as_str());
    let class = order.look(&p.persona).0.class();
    Row { about, ..row(&p.persona, class, ((p.before, p.after), &p.difference, (p.p, p.q)), scale) }
}

type Figures<'a> = ((f64, f64), &'a Estimate, (f64, f64));

fn row<'a>(name: &'a str, class: String, (values, e, (p, adjusted)): Figures<'a>, scale: Scale) -> Row<'a> {
    Row {
        name,
        about: "",
        class,
        before: figure(values.0),
        after: figure(values.1),
        change: signed(e.point),
        interval: change_interval(e),
        unit: &e.unit,
        n: e.n,
        span: scale.span(e),
        zero: scale.percent(0.0),
        side: match (e.low > 0.0, e.high < 0.0) {
            (true, _) => "above",
            (_, true) => "below",
            _ => "around",
        },
        p: probability(p),
        adjusted: probability(adjusted),
        marked: adjusted <= FOUND,
    }
}

fn lost<'a>(c: &'a Collapse, found: &Comparison, order: &Order<'a>) -> Lost<'a> {
    let change = found.personas.iter().find(|p| p.persona == c.persona);
    Lost {
        persona: &c.persona,
        class: order.look(&c.persona).0.class(),
        confusers: confusers(c),
        change: change.map_or(String::new(), |p| format!("{} → {}", figure(p.before), figure(p.after))),
        prompts: c.prompts.iter().map(prompt).collect(),
    }
}

fn prompt(m: &Moved) -> Prompt<'_> {
    Prompt {
        id: &m.prompt_id,
        text: &m.prompt,
        margin: format!("{} → {}", figure(m.before), figure(m.after)),
        said_before: m.said_before.as_deref(),
        said_after: m.said_after.as_deref(),
        nearest: m.nearest.as_deref().unwrap_or(""),
        nearest_said: m.nearest_said.as_deref(),
    }
}
