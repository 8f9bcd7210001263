//! Calinski–Harabasz index.

use super::{Labels, Points};
use crate::error::Result;

/// Calinski–Harabasz index (variance ratio), 0 or more, higher is better; Euclidean (Calinski & Harabasz 1974).
///
/// [Σ n_k·|c_k − c|²/(K − 1)] / [Σ |x − c_k|²/(n − K)]. 1 when no label has spread, as in scikit-learn.
/// Cost: O(n·d).
///
/// # Errors
/// Another number of labels than rows, or a label for every row.
pub fn calinski_harabasz(points: &Points, labels: &Labels) -> Result<f64> {
    labels.check_clusters(points.rows())?;
    let centroids = points.class_means(labels);
    let mut overall = ndarray::Array1::<f64>::zeros(points.dimensions());
    for (centroid, size) in centroids.rows().into_iter().zip(labels.sizes()) {
        overall.scaled_add(size as f64 / points.rows() as f64, &centroid);
    }
    let mut between = 0.0;
    for (centroid, size) in centroids.rows().into_iter().zip(labels.sizes()) {
        let gap = &centroid - &overall;
        between += size as f64 * gap.dot(&gap);
    }
    let mut within = 0.0;
    for (row, &label) in points.view().rows().into_iter().zip(labels.index()) {
        within += row.iter().zip(centroids.row(label)).map(|(&v, c)| (f64::from(v) - c).powi(2)).sum::<f64>();
    }
    let (n, k) = (points.rows() as f64, labels.count() as f64);
    Ok(if within == 0.0 { 1.0 } else { between * (n - k) / (within * (k - 1.0)) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn two_pairs_are_scored_by_the_definition() {
        let points = Points::new(array![[0.0], [2.0], [9.0], [11.0]]).expect("finite");
        let labels = Labels::new("persona", &["a", "a", "b", "b"]).expect("two labels");
        // Between: 4·4.5² = 81; within: 4·1 = 4; (81/1)/(4/2).
        assert!((calinski_harabasz(&points, &labels).expect("defined") - 40.5).abs() < 1e-12);
    }

    #[test]
    fn duplicates_without_spread_score_one() {
        let points = Points::new(array![[1.0], [1.0], [5.0], [5.0]]).expect("finite");
        let labels = Labels::new("persona", &["a", "a", "b", "b"]).expect("two labels");
        assert_eq!(calinski_harabasz(&points, &labels).expect("defined"), 1.0);
    }
}
