//! Davies–Bouldin index.

use super::{Labels, Points};
use crate::error::Result;

/// Davies–Bouldin index, 0 or more, lower is better; Euclidean, as in scikit-learn (Davies & Bouldin 1979).
///
/// Mean over labels i of max over j ≠ i of (sᵢ + sⱼ)/|cᵢ − cⱼ|, with s the mean distance of a label's rows to
/// its centroid c. 0 when all spreads or all centroid distances are 0; equal centroids do not enter the maximum.
/// Cost: O(n·d + K²·d).
///
/// # Errors
/// Another number of labels than rows, or a label for every row.
pub fn davies_bouldin(points: &Points, labels: &Labels) -> Result<f64> {
    /// NumPy's `allclose` tolerance, which decides scikit-learn's special case.
    const CLOSE: f64 = 1e-8;
    labels.check_clusters(points.rows())?;
    let centroids = points.class_means(labels);
    let mut spreads = vec![0.0; labels.count()];
    for (row, &label) in points.view().rows().into_iter().zip(labels.index()) {
        let squares: f64 =
            row.iter().zip(centroids.row(label)).map(|(&v, c)| (f64::from(v) - c).powi(2)).sum();
        spreads[label] += squares.sqrt();
    }
    spreads.iter_mut().zip(labels.sizes()).for_each(|(spread, size)| *spread /= size as f64);
    let distance = |i: usize, j: usize| {
        let gap = &centroids.row(i) - &centroids.row(j);
        gap.dot(&gap).sqrt()
    };
    let k = labels.count();
    let (mut total, mut farthest) = (0.0, 0f64);
    for i in 0..k {
        let mut worst = 0f64;
        for j in (0..k).filter(|&j| j != i) {
            let apart = distance(i, j);
            farthest = farthest.max(apart);
            if apart > 0.0 {
                worst = worst.max((spreads[i] + spreads[j]) / apart);
            }
        }
        total += worst;
    }
    let no_spread = spreads.iter().all(|&s| s <= CLOSE);
    Ok(if no_spread || farthest <= CLOSE { 0.0 } else { total / k as f64 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn two_pairs_are_scored_by_the_definition() {
        let points = Points::new(array![[0.0], [2.0], [9.0], [11.0]]).expect("finite");
        let labels = Labels::new("persona", &["a", "a", "b", "b"]).expect("two labels");
        assert!((davies_bouldin(&points, &labels).expect("defined") - 2.0 / 9.0).abs() < 1e-12);
    }

    #[test]
    fn duplicates_without_spread_score_zero() {
        let points = Points::new(array![[1.0], [1.0], [5.0], [5.0]]).expect("finite");
        let labels = Labels::new("persona", &["a", "a", "b", "b"]).expect("two labels");
        assert_eq!(davies_bouldin(&points, &labels).expect("defined"), 0.0);
    }
}
