//! The confusion heat map: who is taken for whom, group by group.

use super::drawing::{Anchor, Drawing};
use super::font;
use super::matrix::Matrix;
use super::order::Order;
use super::palette::Ink;
use crate::metrics::Confusion;
use crate::record::Record;

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
    let mut matrix = Matrix::new(&confusion.labels, order, top);
    let places = matrix.places.clone();
    for (row, &i) in places.iter().enumerate() {
        let name = &confusion.labels[i];
        let answers = confusion.counts[i].iter().sum::<usize>();
        for (column, &j) in places.iter().enumerate().filter(|(_, j)| confusion.counts[i][**j] > 0) {
            let count = confusion.counts[i][j];
            let ink = if i == j { Ink::Right } else { Ink::Wrong };
            let title = if i == j {
                format!("{name} named right: {count} of {answers}")
            } else {
                format!("{name} taken for {}: {count} of {answers}", confusion.labels[j])
            };
            matrix.fill((row, column), ink, strength(count as f64 / answers.max(1) as f64), title);
        }
    }
    let (mut drawing, at) = matrix.finish(order);
    scale(&mut drawing, at);
    drawing
}

/// Opacity of a share: rare mistakes stay visible.
pub(super) fn strength(share: f64) -> f64 {
    0.16 + 0.84 * share.clamp(0.0, 1.0).powf(0.7)
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
