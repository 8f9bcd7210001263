//! The confusion heat map: who is taken for whom, group by group.

use super::drawing::{Anchor, Drawing, Label, Shape};
use super::font;
use super::order::Order;
use super::palette::Ink;
use crate::metrics::Confusion;
use crate::record::Record;

/// Height of the room for the scale under the matrix.
const SCALE_HEIGHT: f64 = 46.0;

/// The heat map for the page.
pub(super) fn plain(record: &Record, order: &Order<'_>) -> Option<Drawing> {
    let confusion = confusion(record)?;
    Some(matrix(confusion, order, 0.0))
}

/// The heat map with title, for `confusion.png`.
pub(super) fn framed(record: &Record, order: &Order<'_>) -> Option<Drawing> {
    let confusion = confusion(record)?;
    let mut drawing = matrix(confusion, order, 62.0);
    drawing.title(
        "Who is taken for whom",
        "row: the persona that answered · column: the persona it was taken for",
    );
    Some(drawing)
}

fn confusion(record: &Record) -> Option<&Confusion> {
    record.separability.as_ref().map(|s| &s.persona.confusion).filter(|c| !c.labels.is_empty())
}

fn matrix(confusion: &Confusion, order: &Order<'_>, top: f64) -> Drawing {
    let places = order.arrange(&confusion.labels);
    let n = places.len() as f64;
    let letters = (620.0 / n * 0.86).clamp(8.2, 12.0);
    let longest = confusion.labels.iter().map(|l| font::width(l, letters)).fold(0.0, f64::max).min(170.0);
    let head = longest + 14.0;
    let cell = ((800.0 - head - 32.0) / n).min(44.0);
    let (left, upper) = (head + 12.0, top + head + 6.0);
    let side = cell * n;
    let mut drawing = Drawing::new(800.0, upper + side + SCALE_HEIGHT);
    drawing.rect((left, upper), (side, side), Ink::Paper, 1.0);
    for (row, &i) in places.iter().enumerate() {
        let name = &confusion.labels[i];
        let middle = cell * (row as f64 + 0.5);
        names(&mut drawing, name, letters, (left, upper), middle, longest);
        let ink = order.look(name).0;
        drawing.rect((left - 5.0, upper + cell * row as f64), (3.0, cell), ink, 1.0);
        drawing.rect((left + cell * row as f64, upper - 5.0), (cell, 3.0), ink, 1.0);
        let answers = confusion.counts[i].iter().sum::<usize>();
        for (column, &j) in places.iter().enumerate().filter(|(_, j)| confusion.counts[i][**j] > 0) {
            let count = confusion.counts[i][j];
            let (x, y) = (left + cell * column as f64, upper + cell * row as f64);
            drawing.shapes.push(Shape::Rect {
                at: (x + 0.3, y + 0.3),
                size: (cell - 0.6, cell - 0.6),
                ink: if i == j { Ink::Right } else { Ink::Wrong },
                opacity: strength(count as f64 / answers.max(1) as f64),
                title: Some(if i == j {
                    format!("{name} named right: {count} of {answers}")
                } else {
                    format!("{name} taken for {}: {count} of {answers}", confusion.labels[j])
                }),
            });
        }
    }
    borders(&mut drawing, &confusion.labels, order, &places, (left, upper), cell);
    scale(&mut drawing, (left, upper + side + 24.0));
    drawing
}

/// Opacity of a share: rare mistakes stay visible.
fn strength(share: f64) -> f64 {
    0.16 + 0.84 * share.clamp(0.0, 1.0).powf(0.7)
}

/// A persona's name beside its row and over its column.
pub(super) fn names(
    drawing: &mut Drawing,
    name: &str,
    letters: f64,
    corner: (f64, f64),
    middle: f64,
    most: f64,
) {
    let label = |at: (f64, f64), anchor: Anchor, upright: bool| Label {
        text: font::fitted(name, letters, most + 0.5),
        at,
        size: letters,
        ink: Ink::Text,
        anchor,
        bold: false,
        upright,
    };
    drawing.label(label((corner.0 - 9.0, corner.1 + middle), Anchor::End, false));
    drawing.label(label((corner.0 + middle, corner.1 - 9.0), Anchor::Start, true));
}

/// Lines between groups, right across.
pub(super) fn borders(
    drawing: &mut Drawing,
    labels: &[String],
    order: &Order<'_>,
    places: &[usize],
    (left, top): (f64, f64),
    cell: f64,
) {
    let side = cell * places.len() as f64;
    let group = |i: usize| order.find(&labels[places[i]]).map(|row| row.group.as_str());
    for i in (1..places.len()).filter(|i| group(*i) != group(i - 1)) {
        let offset = cell * i as f64;
        drawing.line((left, top + offset), (left + side, top + offset), Ink::Muted, 0.6);
        drawing.line((left + offset, top), (left + offset, top + side), Ink::Muted, 0.6);
    }
}

/// What the colours mean.
fn scale(drawing: &mut Drawing, (left, y): (f64, f64)) {
    let mut x = left;
    for (ink, text) in [(Ink::Right, "named right"), (Ink::Wrong, "taken for another")] {
        for share in [0.05, 0.25, 0.5, 0.75, 1.0] {
            drawing.rect((x, y - 7.0), (20.0, 14.0), ink, strength(share));
            x += 20.0;
        }
        drawing.text(text, (x + 8.0, y), Ink::Text, Anchor::Start);
        x += 22.0 + font::width(text, 13.0);
    }
    drawing.text("5 to 100 % of a persona's answers", (x + 4.0, y), Ink::Muted, Anchor::Start);
}
