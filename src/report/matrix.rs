//! The frame of a matrix of personas: names, colours and borders of groups.

use super::drawing::{Anchor, Drawing, Label, Shape};
use super::font;
use super::order::Order;
use super::palette::Ink;

/// Height of the room for the scale under a matrix.
const SCALE_HEIGHT: f64 = 46.0;

/// A square matrix with the same labels on rows and columns.
pub(super) struct Matrix<'a> {
    /// The drawing, with names and an empty field.
    pub(super) drawing: Drawing,
    /// The labels' places in the order in which they stand.
    pub(super) places: Vec<usize>,
    labels: &'a [String],
    corner: (f64, f64),
    cell: f64,
}

impl<'a> Matrix<'a> {
    /// An empty matrix, `top` below the drawing's upper edge.
    pub(super) fn new(labels: &'a [String], order: &Order<'_>, top: f64) -> Self {
        let places = order.arrange(labels);
        let n = places.len() as f64;
        let letters = (620.0 / n * 0.86).clamp(8.2, 12.0);
        let longest = labels.iter().map(|l| font::width(l, letters)).fold(0.0, f64::max).min(170.0);
        let head = longest + 14.0;
        let cell = ((800.0 - head - 32.0) / n).min(44.0);
        let (left, upper) = (head + 12.0, top + head + 6.0);
        let side = cell * n;
        let mut drawing = Drawing::new(800.0, upper + side + SCALE_HEIGHT);
        drawing.rect((left, upper), (side, side), Ink::Paper, 1.0);
        for (row, &i) in places.iter().enumerate() {
            let (name, middle) = (&labels[i], cell * (row as f64 + 0.5));
            names(&mut drawing, name, letters, (left, upper), middle, longest);
            let ink = order.look(name).0;
            drawing.rect((left - 5.0, upper + cell * row as f64), (3.0, cell), ink, 1.0);
            drawing.rect((left + cell * row as f64, upper - 5.0), (cell, 3.0), ink, 1.0);
        }
        Self { drawing, places, labels, corner: (left, upper), cell }
    }

    /// Fills one cell.
    pub(super) fn fill(&mut self, (row, column): (usize, usize), ink: Ink, opacity: f64, title: String) {
        let (left, upper) = self.corner;
        let (x, y) = (left + self.cell * column as f64, upper + self.cell * row as f64);
        self.drawing.shapes.push(Shape::Rect {
            at: (x + 0.3, y + 0.3),
            size: (self.cell - 0.6, self.cell - 0.6),
            ink,
            opacity,
            title: Some(title),
        });
    }

    /// Draws the lines between groups, right across; the drawing and where its scale begins.
    pub(super) fn finish(self, order: &Order<'_>) -> (Drawing, (f64, f64)) {
        let Self { mut drawing, places, labels, corner: (left, top), cell } = self;
        let side = cell * places.len() as f64;
        let group = |i: usize| order.find(&labels[places[i]]).map(|row| row.group.as_str());
        for i in (1..places.len()).filter(|i| group(*i) != group(i - 1)) {
            let offset = cell * i as f64;
            drawing.line((left, top + offset), (left + side, top + offset), Ink::Muted, 0.6);
            drawing.line((left + offset, top), (left + offset, top + side), Ink::Muted, 0.6);
        }
        (drawing, (left, top + side + 24.0))
    }
}

/// A persona's name beside its row and over its column.
fn names(drawing: &mut Drawing, name: &str, letters: f64, corner: (f64, f64), middle: f64, most: f64) {
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
