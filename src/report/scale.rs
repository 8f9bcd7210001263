//! From values to places.

use super::number::ticks;
use crate::stats::Estimate;
use serde::Serialize;

/// A linear scale over `low..=high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    /// Value at the left end.
    pub(super) low: f64,
    /// Value at the right end.
    pub(super) high: f64,
}

/// An interval on a scale, in per cent of its width.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Span {
    /// Left end.
    left: f64,
    /// Width.
    width: f64,
    /// Place of the point.
    point: f64,
}

impl Scale {
    /// The smallest scale that holds all finite `values`, with a little room.
    pub(super) fn around(values: impl IntoIterator<Item = f64>) -> Self {
        let finite = values.into_iter().filter(|v| v.is_finite());
        let (low, high) = finite.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
        if low > high {
            return Self { low: 0.0, high: 1.0 };
        }
        let room = if high > low { 0.04 * (high - low) } else { 0.5 };
        Self { low: low - room, high: high + room }
    }

    /// Place of `value`, 0 to 1; values outside are put at the ends.
    pub(super) fn place(self, value: f64) -> f64 {
        if value.is_finite() { ((value - self.low) / (self.high - self.low)).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Place of `value` in per cent, two decimals.
    pub(super) fn percent(self, value: f64) -> f64 {
        (self.place(value) * 1e4).round() / 100.0
    }

    /// Where an estimate lies.
    pub(super) fn span(self, e: &Estimate) -> Span {
        let (left, right) = (self.percent(e.low), self.percent(e.high));
        Span { left, width: ((right - left) * 100.0).round() / 100.0, point: self.percent(e.point) }
    }

    /// Round values on the scale.
    pub(super) fn ticks(self, most: usize) -> Vec<f64> {
        ticks(self.low, self.high, most)
    }
}
