//! Two principal components, for a map of the responses.

use ndarray::{Array1, Array2, Axis, s};
use serde::{Deserialize, Serialize};

use super::Points;

/// Directions kept during the iteration: more than the two wanted, so that a close third does not slow it down.
const BLOCK: usize = 8;

/// Most iterations; the two leading directions settle far sooner unless variances are nearly equal.
const ITERATIONS: usize = 300;

/// Coordinates of each row on the first two principal components.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Map {
    /// One pair a row, in the unit of the vectors.
    pub coordinates: Vec<[f64; 2]>,
    /// Share of the total variance on each component, 0..=1.
    pub explained: [f64; 2],
    /// The components: two unit vectors of d entries, the entry of largest size positive.
    pub components: [Vec<f64>; 2],
    /// Mean of the rows: the map's origin.
    pub mean: Vec<f64>,
}

impl Map {
    /// Where other rows of the same d entries lie on this map.
    pub fn place(&self, points: &Points) -> Vec<[f64; 2]> {
        let along = |row: usize, axis: &[f64]| -> f64 {
            let entries = points.row(row).into_iter().zip(&self.mean).zip(axis);
            entries.map(|((x, mean), a)| (f64::from(*x) - mean) * a).sum()
        };
        let place = |row: usize| [along(row, &self.components[0]), along(row, &self.components[1])];
        (0..points.rows()).map(place).collect()
    }
}

/// First two principal components by subspace iteration on the d × d covariance (Golub & Van Loan §8.2).
///
/// Deterministic: fixed start, sign fixed by the largest entry. In one dimension, or without variance, what does
/// not exist is 0. Cost: O(n·d² + iterations · d²).
pub fn principal_components(points: &Points) -> Map {
    let mut matrix = points.view().mapv(f64::from);
    let mean = matrix.mean_axis(Axis(0)).unwrap_or_else(|| Array1::zeros(matrix.ncols()));
    matrix -= &mean;
    let covariance = matrix.t().dot(&matrix);
    let total: f64 = covariance.diag().sum();
    let d = matrix.ncols();
    let mut basis = start(d, BLOCK.min(d));
    let mut previous = f64::INFINITY;
    for _ in 0..ITERATIONS {
        basis = covariance.dot(&basis);
        orthonormalise(&mut basis);
        let projected = basis.t().dot(&covariance.dot(&basis));
        let rotation = rotate(projected);
        basis = basis.dot(&rotation);
        let two = basis.slice(s![.., ..2.min(basis.ncols())]);
        let residual = covariance.dot(&two) - two.dot(&two.t().dot(&covariance.dot(&two)));
        let error = residual.iter().map(|v| v * v).sum::<f64>().sqrt();
        if error <= 1e-10 * total || (previous - error).abs() <= 1e-14 * total {
            break;
        }
        previous = error;
    }
    let mut map = Map {
        coordinates: vec![[0.0; 2]; points.rows()],
        explained: [0.0; 2],
        components: [vec![0.0; d], vec![0.0; d]],
        mean: mean.to_vec(),
    };
    for axis in 0..2.min(basis.ncols()) {
        let mut component = basis.column(axis).to_owned();
        let variance = component.dot(&covariance.dot(&component));
        if total <= 0.0 || variance <= 1e-12 * total {
            continue;
        }
        let largest =
            component.iter().copied().fold(0.0, |m: f64, v| if v.abs() > m.abs() + 1e-9 { v } else { m });
        component *= largest.signum();
        for (place, value) in map.coordinates.iter_mut().zip(matrix.dot(&component)) {
            place[axis] = value;
        }
        map.explained[axis] = variance / total;
        map.components[axis] = component.to_vec();
    }
    map
}

/// A fixed full-rank start that no natural data is orthogonal to.
fn start(d: usize, width: usize) -> Array2<f64> {
    let mut basis =
        Array2::from_shape_fn((d, width), |(i, j)| ((i * (2 * j + 3) + j) as f64 * 0.754_877_666).sin());
    orthonormalise(&mut basis);
    basis
}

/// Modified Gram–Schmidt, twice; a column that vanishes is replaced by an axis.
fn orthonormalise(basis: &mut Array2<f64>) {
    for j in 0..basis.ncols() {
        let mut column = basis.column(j).to_owned();
        for attempt in 0..=basis.nrows() {
            for _ in 0..2 {
                for earlier in 0..j {
                    let along = column.dot(&basis.column(earlier));
                    column.scaled_add(-along, &basis.column(earlier));
                }
            }
            let length = column.dot(&column).sqrt();
            if length > 1e-12 && length.is_finite() {
                column /= length;
                // A second pass after scaling removes what rounding left when the column had nearly vanished.
                for earlier in 0..j {
                    let along = column.dot(&basis.column(earlier));
                    column.scaled_add(-along, &basis.column(earlier));
                }
                let length = column.dot(&column).sqrt();
                column /= length;
                break;
            }
            column = Array1::zeros(basis.nrows());
            if let Some(entry) = column.get_mut(attempt) {
                *entry = 1.0;
            }
        }
        basis.column_mut(j).assign(&column);
    }
}

/// Eigenvectors of a small symmetric matrix by Jacobi rotations, largest eigenvalue first.
fn rotate(mut matrix: Array2<f64>) -> Array2<f64> {
    let n = matrix.nrows();
    let mut vectors = Array2::<f64>::eye(n);
    for _ in 0..30 {
        for p in 0..n {
            for q in p + 1..n {
                if matrix[[p, q]].abs() < 1e-300 {
                    continue;
                }
                let theta = (matrix[[q, q]] - matrix[[p, p]]) / (2.0 * matrix[[p, q]]);
                let t = theta.signum() / (theta.abs() + (theta * theta + 1.0).sqrt());
                let c = 1.0 / (t * t + 1.0).sqrt();
                let sine = t * c;
                for k in 0..n {
                    let (a, b) = (matrix[[k, p]], matrix[[k, q]]);
                    (matrix[[k, p]], matrix[[k, q]]) = (c * a - sine * b, sine * a + c * b);
                }
                for k in 0..n {
                    let (a, b) = (matrix[[p, k]], matrix[[q, k]]);
                    (matrix[[p, k]], matrix[[q, k]]) = (c * a - sine * b, sine * a + c * b);
                    let (a, b) = (vectors[[k, p]], vectors[[k, q]]);
                    (vectors[[k, p]], vectors[[k, q]]) = (c * a - sine * b, sine * a + c * b);
                }
            }
        }
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|&a, &b| matrix[[b, b]].total_cmp(&matrix[[a, a]]));
    vectors.select(Axis(1), &order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn the_longest_axis_comes_first_and_its_sign_is_fixed() {
        let rows = array![[-4.0, 0.0, 1.0], [4.0, 0.0, 1.0], [0.0, -1.0, 1.0], [0.0, 1.0, 1.0]];
        let points = Points::new(rows).expect("finite");
        let map = principal_components(&points);
        for (placed, own) in map.place(&points).iter().zip(&map.coordinates) {
            assert!((placed[0] - own[0]).abs() < 1e-9 && (placed[1] - own[1]).abs() < 1e-9);
        }
        assert!((map.components[0][0] - 1.0).abs() < 1e-9 && (map.components[1][1] - 1.0).abs() < 1e-9);
        assert!((map.explained[0] - 32.0 / 34.0).abs() < 1e-9);
        assert!((map.coordinates[1][0] - 4.0).abs() < 1e-9 && (map.coordinates[2][1] + 1.0).abs() < 1e-9);
    }

    #[test]
    fn one_dimension_and_no_variance_give_zeros() {
        let line = principal_components(&Points::new(array![[1.0], [3.0]]).expect("finite"));
        assert_eq!(line.explained, [1.0, 0.0]);
        let dot = principal_components(&Points::new(array![[1.0, 1.0], [1.0, 1.0]]).expect("finite"));
        assert_eq!(dot.coordinates, vec![[0.0; 2]; 2]);
    }
}
