//! Scores of clusters whose mean gives every label the same weight.

use super::summary::mean;

/// One score a cluster whose plain mean is the mean over labels of each label's own mean, whatever cells are missing.
///
/// `values[i]` belongs to label `labels[i]` (in 0..`count`) and cluster `clusters[i]` (in 0..`cluster_count`). With m_c
/// the mean of label c's N_c values, M the mean of the m_c, K labels and G clusters:
/// `score_g = M + G/K · Σ_c Σ_{i∈g,c} (v_i − m_c)/N_c`. With every label equally often in every cluster this is the
/// cluster's own mean; with missing cells it is the linearised (infinitesimal jackknife) pseudo-value, which can leave
/// the values' range by a little (Efron 1982, ch. 6; Särndal et al. 1992, §5.5). A plain mean over the values that are
/// there would move with *who* is missing.
///
/// A label without values counts as 0: leave it out of `count`. Cost: O(n).
pub fn balanced_scores(
    values: &[f64],
    labels: &[usize],
    count: usize,
    clusters: &[usize],
    cluster_count: usize,
) -> Vec<f64> {
    let (mut means, mut sizes) = (vec![0.0; count], vec![0.0; count]);
    for (&label, &value) in labels.iter().zip(values) {
        sizes[label] += 1.0;
        means[label] += value;
    }
    means.iter_mut().zip(&sizes).for_each(|(m, n)| *m /= f64::max(*n, 1.0));
    let mut surplus = vec![0.0; cluster_count];
    for ((&label, &value), &cluster) in labels.iter().zip(values).zip(clusters) {
        surplus[cluster] += (value - means[label]) / sizes[label];
    }
    let (centre, scale) = (mean(&means), cluster_count as f64 / count as f64);
    surplus.into_iter().map(|s| centre + scale * s).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_every_cell_filled_a_score_is_its_clusters_mean() {
        let scores = balanced_scores(&[1.0, 0.0, 0.5, 0.7], &[0, 1, 0, 1], 2, &[0, 0, 1, 1], 2);
        assert!((scores[0] - 0.5).abs() < 1e-12 && (scores[1] - 0.6).abs() < 1e-12, "{scores:?}");
    }

    #[test]
    fn who_is_missing_does_not_move_the_mean() {
        // Label 0 always scores 1, label 1 always 0; label 1 is missing in half of the clusters.
        let (values, labels) = ([1.0, 0.0, 1.0, 0.0, 1.0, 1.0], [0, 1, 0, 1, 0, 0]);
        let scores = balanced_scores(&values, &labels, 2, &[0, 0, 1, 1, 2, 3], 4);
        assert!(scores.iter().all(|s| (s - 0.5).abs() < 1e-12), "{scores:?}");
    }
}
