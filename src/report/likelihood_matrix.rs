//! The likelihood matrix as a picture: whose text is likely under whom.

use super::drawing::{Anchor, Drawing};
use super::font;
use super::matrix::Matrix;
use super::number::figure;
use super::order::Order;
use super::palette::Ink;
use crate::metrics::LikelihoodMatrix;
use crate::record::Record;
use crate::stats::quantile;

/// Share of the cells that stay below full colour: a few extremes must not pale all others.
const FULL_COLOUR: f64 = 0.98;

/// The matrix for the page.
pub(super) fn plain(record: &Record, order: &Order<'_>) -> Option<Drawing> {
    Some(matrix(found(record)?, order, 0.0))
}

/// The matrix with title, for `likelihood.png`.
pub(super) fn framed(record: &Record, order: &Order<'_>) -> Option<Drawing> {
    let mut drawing = matrix(found(record)?, order, 62.0);
    drawing.title(
        "Real text: likely under whom?",
        "row: whose text · column: the persona it was scored under · empty: not scored",
    );
    Some(drawing)
}

fn found(record: &Record) -> Option<&LikelihoodMatrix> {
    record.likelihood.as_ref().map(|l| &l.matrix).filter(|m| !m.labels.is_empty())
}

fn matrix(found: &LikelihoodMatrix, order: &Order<'_>, top: f64) -> Drawing {
    let labels = &found.labels;
    let full = full_colour(found);
    let mut matrix = Matrix::new(labels, order, top);
    let places = matrix.places.clone();
    for (row, &i) in places.iter().enumerate() {
        for (column, &j) in places.iter().enumerate() {
            let Some(value) = found.cells.get(i).and_then(|cells| cells.get(j)).copied().flatten() else {
                continue;
            };
            let ink = if value >= 0.0 { Ink::Right } else { Ink::Wrong };
            let title = format!("text of {} under {}: {} nats a token", labels[i], labels[j], figure(value));
            matrix.fill((row, column), ink, strength(value / full), title);
        }
    }
    let (mut drawing, at) = matrix.finish(order);
    scale(&mut drawing, at, full);
    drawing
}

/// The value at and beyond which a cell has its full colour.
fn full_colour(found: &LikelihoodMatrix) -> f64 {
    let values: Vec<f64> = found.cells.iter().flatten().flatten().map(|v| v.abs()).collect();
    quantile(&values, FULL_COLOUR).ok().filter(|v| *v > 0.0).unwrap_or(1.0)
}

/// Opacity of a share of the full colour; what was scored can be told from what was not.
fn strength(share: f64) -> f64 {
    0.1 + 0.9 * share.abs().min(1.0)
}

/// What the colours mean.
fn scale(drawing: &mut Drawing, (left, y): (f64, f64), full: f64) {
    let mut x = left;
    let text = |drawing: &mut Drawing, text: &str, x: &mut f64, ink: Ink| {
        drawing.text(text, (*x, y), ink, Anchor::Start);
        *x += font::width(text, 13.0) + 8.0;
    };
    text(drawing, &format!("less likely {}", figure(-full)), &mut x, Ink::Text);
    for share in [-1.0, -0.75, -0.5, -0.25, 0.05, 0.25, 0.5, 0.75, 1.0] {
        let ink = if share > 0.0 { Ink::Right } else { Ink::Wrong };
        drawing.rect((x, y - 7.0), (18.0, 14.0), ink, strength(share));
        x += 18.0;
    }
    x += 8.0;
    text(drawing, &format!("+{} likelier", figure(full)), &mut x, Ink::Text);
    text(drawing, "than the text's mean, nats a token", &mut x, Ink::Muted);
}

#[cfg(test)]
mod tests {
    use super::super::drawing::Shape;
    use super::super::sample;
    use super::*;

    #[test]
    fn every_scored_pair_has_a_cell_with_its_value_and_no_other() {
        let record = sample::record();
        let drawing = plain(&record, &Order::new(&record)).expect("measured");
        let titles: Vec<&str> = drawing
            .shapes
            .iter()
            .filter_map(|s| match s {
                Shape::Rect { title, .. } => title.as_deref(),
                _ => None,
            })
            .collect();
        let likelihood = record.likelihood.as_ref().expect("measured");
        assert_eq!(titles.len(), likelihood.design.cells);
        assert!(titles.len() < likelihood.design.cells_total);
        let own = likelihood.matrix.cells[0][0].expect("its own text");
        let id = &likelihood.matrix.labels[0];
        let wanted = format!("text of {id} under {id}: {} nats a token", figure(own));
        assert!(titles.contains(&wanted.as_str()), "{wanted}");
        assert!(plain(&sample::bare(), &Order::new(&sample::bare())).is_none());
    }
}
