//! The margins of all personas with their intervals: who stands apart, and who does not.

use super::drawing::{Anchor, Drawing, Label, TEXT};
use super::font;
use super::number::{self, figure, percent};
use super::order::Order;
use super::palette::{Ink, Marker};
use super::scale::Scale;
use crate::record::{PersonaFigures, Record};

/// Where the plot begins and ends across.
const PLOT: (f64, f64) = (232.0, 650.0);
/// Height of a persona's row.
const ROW: f64 = 17.0;
/// Height of a group's heading.
const HEADING: f64 = 30.0;

/// `personas.png`; none without figures by persona.
pub(super) fn framed(record: &Record, order: &Order<'_>) -> Option<Drawing> {
    let figures = |id: &str| record.persona_figures.iter().find(|f| f.persona == id);
    let blocks: Vec<(usize, Vec<&PersonaFigures>)> = (0..order.groups.len())
        .map(|g| {
            let own = order.personas.iter().filter(|row| order.group(row) == g);
            (g, own.filter_map(|row| figures(&row.id)).collect::<Vec<_>>())
        })
        .filter(|(_, rows)| !rows.is_empty())
        .collect();
    let rows: usize = blocks.iter().map(|(_, rows)| rows.len()).sum();
    if rows == 0 {
        return None;
    }
    let all = blocks.iter().flat_map(|(_, rows)| rows.iter());
    let scale = Scale::around(all.flat_map(|f| {
        let floor = f.floor_margin.as_ref().map(|e| e.point);
        [Some(0.0), Some(f.margin.low), Some(f.margin.high), floor].into_iter().flatten()
    }));
    let height = 96.0 + ROW * rows as f64 + HEADING * blocks.len() as f64 + 58.0;
    let mut drawing = Drawing::new(800.0, height);
    drawing.title(
        "Margin of every persona",
        "own centroid's cosine less the best other's, with interval; above 0 it is named right (last column: how often)",
    );
    let across = |value: f64| PLOT.0 + (PLOT.1 - PLOT.0) * scale.place(value);
    let (top, bottom) = (92.0, height - 58.0);
    grid(&mut drawing, scale, &across, top, bottom);
    let mut y = top;
    for (group, rows) in &blocks {
        let name = Label {
            text: order.groups[*group].to_owned(),
            at: (20.0, y + HEADING - 11.0),
            size: TEXT,
            ink: Ink::Group(*group),
            anchor: Anchor::Start,
            bold: true,
            upright: false,
        };
        drawing.label(name);
        y += HEADING;
        for row in rows {
            persona(&mut drawing, row, order.look(&row.persona), y + ROW / 2.0, &across);
            y += ROW;
        }
    }
    legend(&mut drawing, height - 12.0);
    Some(drawing)
}

fn grid(drawing: &mut Drawing, scale: Scale, across: &impl Fn(f64) -> f64, top: f64, bottom: f64) {
    let ticks = scale.ticks(6);
    for tick in &ticks {
        drawing.line((across(*tick), top), (across(*tick), bottom), Ink::Grid, 1.0);
        let text = number::tick(*tick, &ticks);
        drawing.text(&text, (across(*tick), top - 12.0), Ink::Muted, Anchor::Middle);
        drawing.text(&text, (across(*tick), bottom + 12.0), Ink::Muted, Anchor::Middle);
    }
    drawing.line((across(0.0), top), (across(0.0), bottom), Ink::Text, 1.4);
    drawing.text("margin, in cosine", (20.0, top - 12.0), Ink::Muted, Anchor::Start);
    drawing.text("margin", (706.0, top - 12.0), Ink::Muted, Anchor::End);
    drawing.text("right", (780.0, top - 12.0), Ink::Muted, Anchor::End);
}

fn persona(
    drawing: &mut Drawing,
    row: &PersonaFigures,
    (ink, marker): (Ink, Marker),
    y: f64,
    across: &impl Fn(f64) -> f64,
) {
    let name = font::fitted(&row.persona, 12.0, PLOT.0 - 44.0);
    drawing.label(Label {
        text: name,
        at: (28.0, y),
        size: 12.0,
        ink: Ink::Text,
        anchor: Anchor::Start,
        bold: false,
        upright: false,
    });
    if let Some(floor) = &row.floor_margin {
        drawing.line((across(floor.point), y - 5.0), (across(floor.point), y + 5.0), Ink::Muted, 2.0);
    }
    drawing.line((across(row.margin.low), y), (across(row.margin.high), y), ink, 2.0);
    drawing.mark(marker, (across(row.margin.point), y), 4.4, ink);
    let figures = |text: String, x: f64, ink: Ink| Label {
        text,
        at: (x, y),
        size: 11.5,
        ink,
        anchor: Anchor::End,
        bold: false,
        upright: false,
    };
    drawing.label(figures(figure(row.margin.point), 706.0, Ink::Text));
    drawing.label(figures(format!("{} %", percent(row.recall)), 780.0, Ink::Muted));
}

fn legend(drawing: &mut Drawing, y: f64) {
    drawing.line((28.0, y - 6.0), (52.0, y - 6.0), Ink::Text, 2.0);
    drawing.mark(Marker::Circle, (40.0, y - 6.0), 4.4, Ink::Text);
    drawing.text("trained, with interval", (60.0, y - 6.0), Ink::Text, Anchor::Start);
    drawing.line((236.0, y - 11.0), (236.0, y - 1.0), Ink::Muted, 2.0);
    drawing.text("floor: base model with the tag", (246.0, y - 6.0), Ink::Text, Anchor::Start);
}
