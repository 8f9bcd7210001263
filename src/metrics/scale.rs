//! Mean and spread of columns, taken from one set of vectors and applied to others.

use super::Points;
use crate::error::{Error, Result};

/// How columns are brought to one unit: less the mean, over the standard deviation, of the vectors it was taken from.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    means: Vec<f64>,
    /// 1/standard deviation; 0 for a column that does not vary.
    factors: Vec<f64>,
}

impl Scale {
    /// The scale of n × d vectors (standard deviation with divisor n).
    pub fn of(points: &Points) -> Self {
        let n = points.rows() as f64;
        let (mut means, mut factors) = (Vec::new(), Vec::new());
        for column in points.view().columns() {
            let mean = column.iter().map(|v| f64::from(*v)).sum::<f64>() / n;
            let squares: f64 = column.iter().map(|v| (f64::from(*v) - mean).powi(2)).sum();
            let spread = (squares / n).sqrt();
            means.push(mean);
            factors.push(if spread > 1e-9 * (1.0 + mean.abs()) { 1.0 / spread } else { 0.0 });
        }
        Self { means, factors }
    }

    /// This scale, and the other's spread for columns that do not vary here.
    #[must_use]
    pub fn filled(mut self, other: &Scale) -> Self {
        for (factor, other) in self.factors.iter_mut().zip(&other.factors).filter(|(f, _)| **f == 0.0) {
            *factor = *other;
        }
        self
    }

    /// Vectors in this scale, n × d; a column that did not vary where the scale was taken is 0.
    ///
    /// # Errors
    /// Another number of columns than the scale's.
    pub fn apply(&self, points: &Points) -> Result<Points> {
        if points.dimensions() != self.means.len() {
            return Err(Error::input(format!(
                "the scale has {} columns, the vectors {}",
                self.means.len(),
                points.dimensions()
            )));
        }
        let mut matrix = points.view().mapv(f64::from);
        for ((mut column, mean), factor) in
            matrix.columns_mut().into_iter().zip(&self.means).zip(&self.factors)
        {
            column.mapv_inplace(|v| (v - mean) * factor);
        }
        Points::new(matrix.mapv(|v| v as f32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn others_are_measured_by_the_first_ones_mean_and_spread() {
        let points = Points::new(array![[1.0, 7.0], [3.0, 7.0]]).expect("finite");
        let scale = Scale::of(&points);
        assert_eq!(scale.apply(&points).expect("two columns").view(), array![[-1.0, 0.0], [1.0, 0.0]]);
        let others = Points::new(array![[4.0, 9.0]]).expect("finite");
        assert_eq!(scale.apply(&others).expect("two columns").view(), array![[2.0, 0.0]]);
        let filled =
            scale.clone().filled(&Scale::of(&Points::new(array![[0.0, 7.0], [0.0, 11.0]]).expect("finite")));
        assert_eq!(filled.apply(&others).expect("two columns").view(), array![[2.0, 1.0]]);
        let narrow = Points::new(array![[4.0]]).expect("finite");
        assert!(scale.apply(&narrow).expect_err("one column").to_string().contains("2 columns"));
    }
}
