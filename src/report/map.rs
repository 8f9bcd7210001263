//! The map of personas: every response on the two main axes, every persona at the middle of its own.

use super::drawing::{Anchor, Drawing, Label, Shape};
use super::font;
use super::order::Order;
use super::palette::{Ink, Marker};
use super::scale::Scale;
use crate::record::{MapPoint, Record};

/// Size of the names on the map.
const NAME: f64 = 10.0;

/// The rectangle that the points lie in.
pub(super) struct Frame {
    pub(super) left: f64,
    pub(super) top: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// The map for the page; its legend is the page's own.
pub(super) fn plain(record: &Record, order: &Order<'_>) -> Option<Drawing> {
    let points = points(record)?;
    let width = 1000.0;
    let height = width * steepness(points).clamp(0.5, 0.72);
    let mut drawing = Drawing::new(width, height);
    field(&mut drawing, points, order, &Frame { left: 0.0, top: 0.0, width, height });
    Some(drawing)
}

/// The map with title and legend, for `map.png`.
pub(super) fn framed(record: &Record, order: &Order<'_>) -> Option<Drawing> {
    let points = points(record)?;
    let rows = order.categories.len().div_ceil(4) as f64;
    let (width, top) = (736.0, 70.0);
    let height = width * steepness(points).clamp(0.5, 0.85);
    let mut drawing = Drawing::new(800.0, top + height + 42.0 + 22.0 * rows);
    let (prompts, personas) = (distinct(points, |p| &p.prompt_id), distinct(points, |p| &p.persona));
    drawing.title(
        "Map of personas",
        &format!("{personas} personas on {prompts} prompts: small = an answer, large = its persona's middle"),
    );
    let frame = Frame { left: 44.0, top, width, height };
    field(&mut drawing, points, order, &frame);
    let below = frame.top + frame.height;
    drawing.text("first axis", (frame.left + frame.width / 2.0, below + 15.0), Ink::Muted, Anchor::Middle);
    drawing.label(Label {
        text: "second axis".to_owned(),
        at: (27.0, frame.top + frame.height / 2.0),
        size: 13.0,
        ink: Ink::Muted,
        anchor: Anchor::Middle,
        bold: false,
        upright: true,
    });
    for (i, (category, group)) in order.categories.iter().enumerate() {
        let (x, y) = (frame.left + 8.0 + 184.0 * (i % 4) as f64, below + 40.0 + 22.0 * (i / 4) as f64);
        drawing.mark(Marker::nth(i), (x, y), 5.0, Ink::Group(*group));
        let text = format!("{category} · {}", order.groups[*group]);
        drawing.text(&font::fitted(&text, 12.0, 162.0), (x + 11.0, y), Ink::Text, Anchor::Start);
    }
    Some(drawing)
}

fn points(record: &Record) -> Option<&[MapPoint]> {
    record.separability.as_ref().map(|s| s.map.as_slice()).filter(|m| !m.is_empty())
}

fn distinct<'a>(points: &'a [MapPoint], name: impl Fn(&'a MapPoint) -> &'a String) -> usize {
    points.iter().map(name).collect::<std::collections::BTreeSet<_>>().len()
}

/// Height of the points' extent for one unit of its width.
fn steepness(points: &[MapPoint]) -> f64 {
    let (x, y) = extent(points);
    (y.high - y.low) / (x.high - x.low)
}

fn extent(points: &[MapPoint]) -> (Scale, Scale) {
    let along = |axis: fn(&MapPoint) -> f32| Scale::around(points.iter().map(|p| f64::from(axis(p))));
    (along(|p| p.x), along(|p| p.y))
}

/// Frame, zero lines, answers, then personas with as many names as find room.
fn field(drawing: &mut Drawing, points: &[MapPoint], order: &Order<'_>, frame: &Frame) {
    let Frame { left, top, width, height } = *frame;
    drawing.rect((left, top), (width, height), Ink::Paper, 1.0);
    let (x, y) = extent(points);
    // One unit is as long across as up, so that distances can be compared.
    let unit = (width / (x.high - x.low)).min(height / (y.high - y.low));
    let middle = ((x.low + x.high) / 2.0, (y.low + y.high) / 2.0);
    let place = |px: f64, py: f64| {
        (left + width / 2.0 + unit * (px - middle.0), top + height / 2.0 - unit * (py - middle.1))
    };
    let zero = place(0.0, 0.0);
    drawing.line((left, zero.1), (left + width, zero.1), Ink::Grid, 1.0);
    drawing.line((zero.0, top), (zero.0, top + height), Ink::Grid, 1.0);
    let mut personas: Vec<(&str, Vec<&MapPoint>)> = Vec::new();
    for point in points {
        match personas.iter_mut().find(|(id, _)| *id == point.persona) {
            Some((_, own)) => own.push(point),
            None => personas.push((&point.persona, vec![point])),
        }
    }
    let mut middles = Vec::new();
    for (id, own) in &personas {
        let (ink, marker) = order.look(id);
        drawing.shapes.push(Shape::Open((*id).to_owned()));
        for point in own {
            drawing.shapes.push(Shape::Mark {
                marker,
                at: place(f64::from(point.x), f64::from(point.y)),
                radius: 2.8,
                ink,
                opacity: 0.32,
                title: Some(format!("{id} · {}", point.prompt_id)),
            });
        }
        drawing.shapes.push(Shape::Close);
        let n = own.len() as f64;
        let sum = own.iter().fold((0.0, 0.0), |s, p| (s.0 + f64::from(p.x), s.1 + f64::from(p.y)));
        middles.push((*id, place(sum.0 / n, sum.1 / n)));
    }
    let mut taken: Vec<Room> = middles.iter().map(|(_, (x, y))| Room::around(*x, *y, 6.0, 6.0)).collect();
    for (id, at) in middles {
        let (ink, marker) = order.look(id);
        drawing.shapes.push(Shape::Open(id.to_owned()));
        drawing.shapes.push(Shape::Mark {
            marker,
            at,
            radius: 7.2,
            ink: Ink::Paper,
            opacity: 1.0,
            title: None,
        });
        let about =
            order.find(id).map_or(String::new(), |row| format!(" · {} · {}", row.category, row.group));
        let title = Some(format!("{id}{about}"));
        drawing.shapes.push(Shape::Mark { marker, at, radius: 5.4, ink, opacity: 1.0, title });
        if let Some(label) = named(id, at, &mut taken, frame) {
            drawing.label(label);
        }
        drawing.shapes.push(Shape::Close);
    }
}

/// A rectangle that text or a marker covers.
pub(super) struct Room {
    low: (f64, f64),
    high: (f64, f64),
}

impl Room {
    pub(super) fn around(x: f64, y: f64, half_width: f64, half_height: f64) -> Self {
        Self { low: (x - half_width, y - half_height), high: (x + half_width, y + half_height) }
    }

    fn meets(&self, other: &Room) -> bool {
        self.low.0 < other.high.0
            && other.low.0 < self.high.0
            && self.low.1 < other.high.1
            && other.low.1 < self.high.1
    }
}

/// The name right, left, above or below its marker, if one of these places is free.
pub(super) fn named(id: &str, at: (f64, f64), taken: &mut Vec<Room>, frame: &Frame) -> Option<Label> {
    let wide = font::width(id, NAME);
    let side = 9.0 + wide / 2.0;
    let places = [
        (at.0 + side, at.1, Anchor::Start),
        (at.0 - side, at.1, Anchor::End),
        (at.0, at.1 - 13.0, Anchor::Middle),
        (at.0, at.1 + 13.0, Anchor::Middle),
    ];
    for (x, y, anchor) in places {
        let room = Room::around(x, y, wide / 2.0 + 1.0, NAME / 2.0 + 1.0);
        let inside = room.low.0 > frame.left
            && room.high.0 < frame.left + frame.width
            && room.low.1 > frame.top
            && room.high.1 < frame.top + frame.height;
        if inside && !taken.iter().any(|other| other.meets(&room)) {
            taken.push(room);
            let start = match anchor {
                Anchor::Start => x - wide / 2.0,
                Anchor::Middle => x,
                Anchor::End => x + wide / 2.0,
            };
            return Some(Label {
                text: id.to_owned(),
                at: (start, y),
                size: NAME,
                ink: Ink::Text,
                anchor,
                bold: false,
                upright: false,
            });
        }
    }
    None
}
