//! Curves over a shared axis: losses over steps, throughput over rows.

use super::canvas::write_png;
use super::drawing::{Anchor, Drawing, Label, TEXT};
use super::number;
use super::palette::{Ink, Marker};
use super::scale::Scale;
use crate::error::{Error, Result};
use std::path::Path;

/// A named curve.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// Its points, in the order in which they are joined.
    pub points: Vec<(f64, f64)>,
}

/// A picture of curves.
#[derive(Debug, Clone, PartialEq)]
pub struct Curves {
    /// Title.
    pub title: String,
    /// What it shows, in one line.
    pub about: String,
    /// What is counted across.
    pub across: String,
    /// What is counted up.
    pub up: String,
    /// The curves.
    pub series: Vec<Series>,
    /// Whether every point is marked, not the last one alone.
    pub marked: bool,
    /// Whether the axis up begins at zero.
    pub from_zero: bool,
    /// How far apart across two points may be to be joined; none joins all.
    pub joined: Option<f64>,
}

/// Left, right, top and bottom of the plot.
const PLOT: (f64, f64, f64, f64) = (72.0, 776.0, 76.0, 420.0);
/// Height of a line of the legend, and curves in one.
const LEGEND: (f64, usize) = (22.0, 3);

impl Curves {
    /// Writes the picture as PNG.
    ///
    /// # Errors
    /// When no series has a point, or the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        write_png(&self.drawing()?, path)
    }

    pub(super) fn drawing(&self) -> Result<Drawing> {
        let points = || self.series.iter().flat_map(|s| &s.points);
        if points().next().is_none() {
            return Err(Error::input(format!("there is nothing to draw for `{}`", self.title)));
        }
        let (left, right, top, bottom) = PLOT;
        let x = Scale::around(points().map(|p| p.0));
        let y = Scale::around(points().map(|p| p.1).chain(self.from_zero.then_some(0.0)));
        let place =
            |p: (f64, f64)| (left + (right - left) * x.place(p.0), bottom - (bottom - top) * y.place(p.1));
        let lines = self.series.len().div_ceil(LEGEND.1);
        let mut drawing = Drawing::new(800.0, bottom + 70.0 + LEGEND.0 * lines as f64);
        drawing.title(&self.title, &self.about);
        drawing.rect((left, top), (right - left, bottom - top), Ink::Paper, 1.0);
        let ticks = y.ticks(6);
        for value in &ticks {
            let at = place((x.low, *value)).1;
            drawing.line((left, at), (right, at), Ink::Grid, 1.0);
            drawing.text(&number::tick(*value, &ticks), (left - 8.0, at), Ink::Muted, Anchor::End);
        }
        let ticks = x.ticks(8);
        for value in &ticks {
            let at = place((*value, y.low)).0;
            drawing.text(&number::tick(*value, &ticks), (at, bottom + 14.0), Ink::Muted, Anchor::Middle);
        }
        drawing.text(&self.across, ((left + right) / 2.0, bottom + 36.0), Ink::Muted, Anchor::Middle);
        drawing.label(Label {
            text: self.up.clone(),
            at: (20.0, (top + bottom) / 2.0),
            size: TEXT,
            ink: Ink::Muted,
            anchor: Anchor::Middle,
            bold: false,
            upright: true,
        });
        for (i, series) in self.series.iter().enumerate() {
            let near = |pair: &&[(f64, f64)]| self.joined.is_none_or(|most| pair[1].0 - pair[0].0 <= most);
            for pair in series.points.windows(2).filter(near) {
                drawing.line(place(pair[0]), place(pair[1]), Ink::Group(i), 1.6);
            }
            // Curves of many points have their mark at the end: the legend's form tells them apart where colours do not.
            let marked = if self.marked { 0 } else { series.points.len().saturating_sub(1) };
            for point in series.points.iter().skip(marked) {
                drawing.mark(Marker::nth(i), place(*point), 4.5, Ink::Group(i));
            }
            let column = (right - left) / LEGEND.1 as f64;
            let at = (
                left + 8.0 + column * (i % LEGEND.1) as f64,
                bottom + 62.0 + LEGEND.0 * (i / LEGEND.1) as f64,
            );
            drawing.mark(Marker::nth(i), at, 5.5, Ink::Group(i));
            drawing.text(&series.name, (at.0 + 14.0, at.1), Ink::Text, Anchor::Start);
        }
        Ok(drawing)
    }
}

/// The running mean of `values` over `window` neighbours; values that are missing are left out.
pub fn smooth(values: &[Option<f64>], window: usize) -> Vec<(f64, f64)> {
    let half = window / 2;
    (0..values.len())
        .filter_map(|i| {
            let near = &values[i.saturating_sub(half)..(i + half + 1).min(values.len())];
            let known: Vec<f64> = near.iter().flatten().copied().collect();
            (!known.is_empty()).then(|| ((i + 1) as f64, known.iter().sum::<f64>() / known.len() as f64))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_running_mean_passes_over_what_is_missing() {
        let values = [Some(1.0), None, Some(3.0), None, None, None];
        assert_eq!(smooth(&values, 3), vec![(1.0, 1.0), (2.0, 2.0), (3.0, 3.0), (4.0, 3.0)]);
    }

    #[test]
    fn curves_are_drawn_and_nothing_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curves.png");
        let series = vec![Series { name: "base".into(), points: vec![(1.0, 40.0), (32.0, 400.0)] }];
        let mut curves = Curves {
            title: "t".into(),
            about: "a".into(),
            across: "rows".into(),
            up: "tokens/s".into(),
            series,
            marked: true,
            from_zero: true,
            joined: None,
        };
        curves.write(&path).unwrap();
        assert!(std::fs::read(&path).unwrap().starts_with(b"\x89PNG"));
        // Two points and their curve; too far apart to be joined, the points alone.
        let shapes = |curves: &Curves| curves.drawing().unwrap().shapes.len();
        let joined = shapes(&curves);
        curves.joined = Some(30.0);
        assert_eq!(shapes(&curves), joined - 1);
        curves.series.clear();
        assert!(curves.write(&path).is_err());
    }
}
