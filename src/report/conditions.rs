//! The shared prompts asked in other ways: how many voices are still heard, and what instructions move.

use super::drawing::{Anchor, Drawing, Label};
use super::number::{change, change_interval, count, estimate, figure, interval, percent, signed, tick};
use super::palette::{Ink, Marker};
use super::scale::Scale;
use super::svg::svg_named;
use crate::record::{ConditionFigures, ConditionRow, ControlRow, Record};
use serde::Serialize;

/// Everything of the section.
#[derive(Serialize)]
pub(super) struct Section<'a> {
    personas: usize,
    prompts: usize,
    chance: String,
    plain: String,
    kept: Option<String>,
    free: String,
    picture: String,
    rows: Vec<Row<'a>>,
    controls: Vec<Lever<'a>>,
}

/// One condition.
#[derive(Serialize)]
struct Row<'a> {
    id: &'a str,
    asked: String,
    named: [String; 2],
    change: [String; 2],
    traits: [String; 2],
    words: String,
    /// The personas that lose most.
    lost: String,
}

/// One lever.
#[derive(Serialize)]
struct Lever<'a> {
    name: &'a str,
    less: &'a str,
    more: &'a str,
    means: String,
    effect: String,
    d: String,
    moved: String,
    prompts: usize,
}

/// Personas that are named as losing most.
const NAMED: usize = 3;

/// The section; none where nothing was asked again.
pub(super) fn section(record: &Record) -> Option<Section<'_>> {
    let figures = record.conditions.as_ref()?;
    let drawing = draw(figures);
    Some(Section {
        personas: figures.personas.len(),
        prompts: figures.prompts.len(),
        chance: figure(figures.chance),
        plain: estimate(&figures.plain),
        kept: figures.kept.as_ref().map(change),
        free: {
            let free = figures.conditions.iter().filter(|c| c.free);
            free.map(|c| c.id.as_str()).collect::<Vec<_>>().join(", ")
        },
        picture: svg_named(
            &drawing,
            "conditions",
            "conditions",
            "Share of voices heard under each condition; the table below holds the figures",
        ),
        rows: figures.conditions.iter().map(|c| row(c, figures)).collect(),
        controls: figures.controls.iter().map(lever).collect(),
    })
}

/// `conditions.png`; none where nothing was asked again.
pub(super) fn framed(record: &Record) -> Option<Drawing> {
    record.conditions.as_ref().map(draw)
}

/// What was said besides the prompt.
fn asked(c: &ConditionRow, shared: usize) -> String {
    let mut parts = Vec::new();
    if c.named.n != shared {
        parts.push(count(c.named.n, "prompt"));
    }
    match c.turns.len() {
        0 => {}
        1 => parts.push(format!("after “{}”", c.turns[0])),
        n => parts.push(format!("after {n} turns")),
    }
    if c.follow_up {
        parts.push("each prompt's own follow-up, after the plain answer".to_owned());
    }
    if !c.ask.is_empty() {
        parts.push(format!("“… {}”", c.ask));
    }
    if !c.tag {
        parts.push("without the control tag".to_owned());
    }
    if let Some(limit) = c.max_new_tokens {
        parts.push(format!("up to {limit} tokens"));
    }
    if !c.alike.is_empty() {
        parts.push(format!("all answered {} alike", count(c.alike.len(), "prompt")));
    }
    parts.join(", ")
}

fn row<'a>(c: &'a ConditionRow, figures: &ConditionFigures) -> Row<'a> {
    let mut lost: Vec<(&String, f64)> = figures.personas.iter().zip(c.by_persona.iter().copied()).collect();
    lost.sort_by(|a, b| a.1.total_cmp(&b.1));
    let lost: Vec<String> = lost
        .iter()
        .filter(|(_, change)| *change < 0.0)
        .take(NAMED)
        .map(|(id, change)| format!("{id} {}", signed(*change)))
        .collect();
    Row {
        id: &c.id,
        asked: asked(c, figures.prompts.len()),
        named: [figure(c.named.point), interval(&c.named)],
        change: [signed(c.change.point), change_interval(&c.change)],
        traits: c
            .traits_change
            .as_ref()
            .map_or(["–".to_owned(), String::new()], |e| [signed(e.point), change_interval(e)]),
        words: format!("{:.0}", c.words),
        lost: lost.join(", "),
    }
}

fn lever(c: &ControlRow) -> Lever<'_> {
    let effect = match c.lever.as_str() {
        "length" => {
            let e = &c.effect;
            format!("× {} [{}, {}]", figure(e.point.exp()), figure(e.low.exp()), figure(e.high.exp()))
        }
        _ => change(&c.effect),
    };
    let (unit, one) = match c.lever.as_str() {
        "length" => (" words", 0),
        "traits" => (" of traits", 3),
        _ => ("", 3),
    };
    Lever {
        name: &c.lever,
        prompts: c.effect.n,
        less: &c.less,
        more: &c.more,
        means: format!("{:.one$} → {:.one$}{unit}", c.mean_less, c.mean_more),
        effect,
        d: c.d.map_or("–".to_owned(), figure),
        moved: format!("{} % [{}, {}]", percent(c.moved.point), percent(c.moved.low), percent(c.moved.high)),
    }
}

/// Where the plot begins and ends across.
const PLOT: (f64, f64) = (190.0, 640.0);
/// Height of a row.
const ROW: f64 = 30.0;

/// Shares named right, a row a condition, against those of the plain answers.
fn draw(figures: &ConditionFigures) -> Drawing {
    let top = 76.0;
    let bottom = top + ROW * (figures.conditions.len() + 1) as f64;
    let mut drawing = Drawing::new(800.0, bottom + 52.0);
    drawing.title(
        "Is the voice still heard?",
        "Answers named right by plain ones to other prompts; dashed: plain answers, chance; diamonds: controls, untagged",
    );
    let ends = figures.conditions.iter().map(|c| &c.named).chain([&figures.plain]);
    let scale = Scale::around(ends.flat_map(|e| [e.low, e.high]).chain([0.0, figures.chance]));
    let across = |value: f64| PLOT.0 + (PLOT.1 - PLOT.0) * scale.place(value);
    let ticks = scale.ticks(6);
    for value in &ticks {
        drawing.line((across(*value), top), (across(*value), bottom), Ink::Grid, 1.0);
        drawing.text(&tick(*value, &ticks), (across(*value), bottom + 14.0), Ink::Muted, Anchor::Middle);
    }
    drawing.text("share named right", ((PLOT.0 + PLOT.1) / 2.0, bottom + 34.0), Ink::Muted, Anchor::Middle);
    drawing.dashes((across(figures.chance), top), (across(figures.chance), bottom), Ink::Muted, 1.0);
    let mut rows = vec![("plain", &figures.plain, true, figures.plain.point, String::new())];
    let conditions = figures.conditions.iter();
    // Each against the plain answers to its own prompts.
    rows.extend(conditions.map(|c| (c.id.as_str(), &c.named, c.free, c.plain(), change(&c.change))));
    for (i, (name, e, free, plain, told)) in rows.into_iter().enumerate() {
        let y = top + ROW * (i as f64 + 0.5);
        drawing.dashes((across(plain), y - ROW / 2.0), (across(plain), y + ROW / 2.0), Ink::Text, 1.2);
        let ink = if i == 0 { Ink::Text } else { Ink::Group(if free { 0 } else { 1 }) };
        drawing.label(Label {
            text: name.to_owned(),
            at: (PLOT.0 - 14.0, y),
            size: 13.0,
            ink: Ink::Text,
            anchor: Anchor::End,
            bold: i == 0,
            upright: false,
        });
        drawing.line((across(e.low), y), (across(e.high), y), ink, 2.2);
        drawing.mark(if free { Marker::Circle } else { Marker::Diamond }, (across(e.point), y), 5.4, ink);
        let told = told.split(" [").next().unwrap_or_default().to_owned();
        let text = if told.is_empty() { figure(e.point) } else { format!("{} ({told})", figure(e.point)) };
        drawing.text(&text, (PLOT.1 + 16.0, y), Ink::Text, Anchor::Start);
    }
    drawing
}
