//! The map before and after: where every persona stood in the baseline, and where it stands now.

use super::drawing::{Drawing, Shape};
use super::map::{Frame, Room, named};
use super::order::Order;
use super::palette::Ink;
use super::scale::Scale;
use crate::record::{Centre, Record};

/// The picture for the page; none where the baseline's answers were not kept.
pub(super) fn plain(record: &Record, order: &Order<'_>) -> Option<Drawing> {
    let centres = centres(record)?;
    let width = 1000.0;
    let height = width * steepness(centres).clamp(0.5, 0.72);
    let mut drawing = Drawing::new(width, height);
    field(&mut drawing, centres, order, &Frame { left: 0.0, top: 0.0, width, height });
    Some(drawing)
}

/// The picture with title, for `map-change.png`.
pub(super) fn framed(record: &Record, order: &Order<'_>) -> Option<Drawing> {
    let centres = centres(record)?;
    let (width, top) = (760.0, 70.0);
    let height = width * steepness(centres).clamp(0.5, 0.85);
    let mut drawing = Drawing::new(800.0, top + height + 20.0);
    drawing.title(
        "Where the personas moved since the baseline",
        "hollow: middle of a persona's answers before · filled: now · on this run's two main axes",
    );
    field(&mut drawing, centres, order, &Frame { left: 20.0, top, width, height });
    Some(drawing)
}

/// Whether there is anything to draw.
pub(super) fn drawn(record: &Record) -> bool {
    centres(record).is_some()
}

fn centres(record: &Record) -> Option<&[Centre]> {
    record.comparison.as_ref().map(|c| c.centres.as_slice()).filter(|c| !c.is_empty())
}

fn extent(centres: &[Centre]) -> (Scale, Scale) {
    let along = |axis: usize| {
        Scale::around(centres.iter().flat_map(|c| [c.before[axis], c.after[axis]].map(f64::from)))
    };
    (along(0), along(1))
}

fn steepness(centres: &[Centre]) -> f64 {
    let (x, y) = extent(centres);
    (y.high - y.low) / (x.high - x.low)
}

/// Those that moved least are drawn first, those that moved most are named first.
fn field(drawing: &mut Drawing, centres: &[Centre], order: &Order<'_>, frame: &Frame) {
    let Frame { left, top, width, height } = *frame;
    drawing.rect((left, top), (width, height), Ink::Paper, 1.0);
    let (x, y) = extent(centres);
    let unit = (width / (x.high - x.low)).min(height / (y.high - y.low));
    let middle = ((x.low + x.high) / 2.0, (y.low + y.high) / 2.0);
    let place = |p: [f32; 2]| {
        (
            left + width / 2.0 + unit * (f64::from(p[0]) - middle.0),
            top + height / 2.0 - unit * (f64::from(p[1]) - middle.1),
        )
    };
    let zero = place([0.0, 0.0]);
    drawing.line((left, zero.1), (left + width, zero.1), Ink::Grid, 1.0);
    drawing.line((zero.0, top), (zero.0, top + height), Ink::Grid, 1.0);
    let way = |c: &Centre| (c.after[0] - c.before[0]).hypot(c.after[1] - c.before[1]);
    let mut sorted: Vec<&Centre> = centres.iter().collect();
    sorted.sort_by(|a, b| way(a).total_cmp(&way(b)));
    let mut taken: Vec<Room> = Vec::new();
    for c in &sorted {
        let (ink, marker) = order.look(&c.persona);
        let (from, to) = (place(c.before), place(c.after));
        drawing.shapes.push(Shape::Open(c.persona.clone()));
        drawing.line(from, to, ink, 1.5);
        let mark = |at, radius, ink, title| Shape::Mark { marker, at, radius, ink, opacity: 1.0, title };
        drawing.shapes.push(mark(from, 4.8, ink, Some(format!("{} before", c.persona))));
        drawing.shapes.push(mark(from, 3.2, Ink::Paper, None));
        drawing.shapes.push(mark(to, 5.2, ink, Some(format!("{} now", c.persona))));
        drawing.shapes.push(Shape::Close);
        taken.push(Room::around(to.0, to.1, 6.0, 6.0));
        taken.push(Room::around(from.0, from.1, 5.0, 5.0));
    }
    for c in sorted.iter().rev() {
        if let Some(label) = named(&c.persona, place(c.after), &mut taken, frame) {
            drawing.shapes.push(Shape::Open(c.persona.clone()));
            drawing.label(label);
            drawing.shapes.push(Shape::Close);
        }
    }
}
