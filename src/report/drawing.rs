//! A picture as a list of shapes, laid out once for SVG and for PNG.

use super::palette::{Ink, Marker};

/// Where a text's position lies in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    /// At its left end.
    Start,
    /// In its middle.
    Middle,
    /// At its right end.
    End,
}

/// A line of text, centred vertically on its position.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Label {
    /// The text.
    pub(super) text: String,
    /// Its position.
    pub(super) at: (f64, f64),
    /// Height of the letters' line.
    pub(super) size: f64,
    /// Its colour.
    pub(super) ink: Ink,
    /// Where `at` lies in it.
    pub(super) anchor: Anchor,
    /// Bold letters.
    pub(super) bold: bool,
    /// Read from bottom to top.
    pub(super) upright: bool,
}

/// One part of a picture; later parts cover earlier ones.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    /// A straight line.
    Line { from: (f64, f64), to: (f64, f64), ink: Ink, width: f64, dashed: bool },
    /// A filled rectangle.
    Rect { at: (f64, f64), size: (f64, f64), ink: Ink, opacity: f64, title: Option<String> },
    /// A marker of radius `radius`.
    Mark { marker: Marker, at: (f64, f64), radius: f64, ink: Ink, opacity: f64, title: Option<String> },
    /// A line of text.
    Label(Label),
    /// What follows belongs to this persona, until [`Shape::Close`].
    Open(String),
    /// Ends [`Shape::Open`].
    Close,
}

/// A picture of `width` × `height` units; one unit is a CSS pixel and two pixels of a PNG.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Drawing {
    /// Units from left to right.
    pub(super) width: f64,
    /// Units from top to bottom.
    pub(super) height: f64,
    /// Its parts.
    pub(super) shapes: Vec<Shape>,
}

/// Size of most text.
pub(super) const TEXT: f64 = 13.0;

impl Drawing {
    /// An empty picture.
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self { width, height, shapes: Vec::new() }
    }

    /// A solid line.
    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink, width: f64) {
        self.shapes.push(Shape::Line { from, to, ink, width, dashed: false });
    }

    /// A dashed line.
    pub(super) fn dashes(&mut self, from: (f64, f64), to: (f64, f64), ink: Ink, width: f64) {
        self.shapes.push(Shape::Line { from, to, ink, width, dashed: true });
    }

    /// A filled rectangle.
    pub(super) fn rect(&mut self, at: (f64, f64), size: (f64, f64), ink: Ink, opacity: f64) {
        self.shapes.push(Shape::Rect { at, size, ink, opacity, title: None });
    }

    /// A marker.
    pub(super) fn mark(&mut self, marker: Marker, at: (f64, f64), radius: f64, ink: Ink) {
        self.shapes.push(Shape::Mark { marker, at, radius, ink, opacity: 1.0, title: None });
    }

    /// Text of the usual size.
    pub(super) fn text(&mut self, text: &str, at: (f64, f64), ink: Ink, anchor: Anchor) {
        self.label(Label { text: text.to_owned(), at, size: TEXT, ink, anchor, bold: false, upright: false });
    }

    /// Any text.
    pub(super) fn label(&mut self, label: Label) {
        self.shapes.push(Shape::Label(label));
    }

    /// Puts another picture's parts into this one, its upper left corner at `at`.
    pub(super) fn place(&mut self, other: &Drawing, at: (f64, f64)) {
        let moved = |p: (f64, f64)| (p.0 + at.0, p.1 + at.1);
        self.shapes.extend(other.shapes.iter().cloned().map(|mut shape| {
            match &mut shape {
                Shape::Line { from, to, .. } => (*from, *to) = (moved(*from), moved(*to)),
                Shape::Rect { at, .. } | Shape::Mark { at, .. } => *at = moved(*at),
                Shape::Label(label) => label.at = moved(label.at),
                Shape::Open(_) | Shape::Close => {}
            }
            shape
        }));
    }

    /// The picture's title, with what it shows in a second, smaller line.
    pub(super) fn title(&mut self, title: &str, about: &str) {
        let line = |text: &str, y: f64, size: f64, ink: Ink, bold: bool| Label {
            text: text.to_owned(),
            at: (20.0, y),
            size,
            ink,
            anchor: Anchor::Start,
            bold,
            upright: false,
        };
        self.label(line(title, 26.0, 19.0, Ink::Text, true));
        self.label(line(about, 49.0, TEXT, Ink::Muted, false));
    }
}
