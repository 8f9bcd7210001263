//! The table of personas.

use super::by_prompt::Strips;
use super::number::{figure, interval, percent};
use super::order::Order;
use super::scale::{Scale, Span};
use super::svg::legend_mark;
use crate::record::{PersonaFigures, PersonaRow, Record};
use serde::Serialize;

/// A row of the table.
#[derive(Serialize)]
pub(super) struct Row<'a> {
    id: &'a str,
    category: &'a str,
    group: &'a str,
    blend: &'a str,
    voice: &'a str,
    mark: String,
    /// Its margin by prompt, drawn.
    strip: String,
    figures: Option<Figures<'a>>,
}

/// What was measured of a persona.
#[derive(Serialize)]
struct Figures<'a> {
    margin: String,
    interval: String,
    raw_margin: f64,
    span: Span,
    floor: Option<f64>,
    floor_text: String,
    zero: f64,
    /// `above`, `below` or `around` zero.
    side: &'static str,
    recall: String,
    raw_recall: f64,
    confused_with: &'a str,
    confused: usize,
    traits: Option<String>,
    traits_interval: String,
    raw_traits: f64,
}

/// An entry of the legend of groups and categories.
#[derive(Serialize)]
pub(super) struct Legend<'a> {
    category: &'a str,
    group: &'a str,
    mark: String,
}

/// All personas, group by group.
pub(super) fn rows<'a>(record: &'a Record, order: &Order<'a>, strips: &Strips<'_>) -> Vec<Row<'a>> {
    let scale = Scale::around(record.persona_figures.iter().flat_map(|f| {
        let floor = f.floor_margin.as_ref().map(|e| e.point);
        [Some(0.0), Some(f.margin.low), Some(f.margin.high), floor].into_iter().flatten()
    }));
    let row = |persona: &&'a PersonaRow| {
        let (ink, marker) = order.look(&persona.id);
        let before = record.comparison.iter().flat_map(|c| &c.personas).find(|p| p.persona == persona.id);
        let figures = record.persona_figures.iter().find(|f| f.persona == persona.id);
        Row {
            id: &persona.id,
            category: &persona.category,
            group: &persona.group,
            blend: if persona.blend.is_empty() { "base model" } else { &persona.blend },
            voice: &persona.voice,
            mark: legend_mark(marker, &ink.class()),
            strip: strips.strip(&persona.id, before.map(|p| p.before)),
            figures: figures.map(|f| measured(f, scale)),
        }
    };
    order.personas.iter().map(row).collect()
}

fn measured(f: &PersonaFigures, scale: Scale) -> Figures<'_> {
    let rate = f.trait_hit_rate.as_ref();
    Figures {
        margin: figure(f.margin.point),
        interval: interval(&f.margin),
        raw_margin: f.margin.point,
        span: scale.span(&f.margin),
        floor: f.floor_margin.as_ref().map(|e| scale.percent(e.point)),
        floor_text: f.floor_margin.as_ref().map_or(String::new(), |e| figure(e.point)),
        zero: scale.percent(0.0),
        side: match (f.margin.low > 0.0, f.margin.high < 0.0) {
            (true, _) => "above",
            (_, true) => "below",
            _ => "around",
        },
        recall: percent(f.recall),
        raw_recall: f.recall,
        confused_with: f.confused_with.as_deref().unwrap_or(""),
        confused: f.confused,
        traits: rate.map(|e| percent(e.point)),
        traits_interval: rate.map_or(String::new(), |e| format!("[{}, {}]", percent(e.low), percent(e.high))),
        raw_traits: rate.map_or(-1.0, |e| e.point),
    }
}

/// The legend of the map and of the tables.
pub(super) fn legend<'a>(order: &Order<'a>) -> Vec<Legend<'a>> {
    let entry = |(i, (category, group)): (usize, &(&'a str, usize))| Legend {
        category,
        group: order.groups[*group],
        mark: legend_mark(super::palette::Marker::nth(i), &super::palette::Ink::Group(*group).class()),
    };
    order.categories.iter().enumerate().map(entry).collect()
}
