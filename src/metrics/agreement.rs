//! Agreement of two partitions of the same rows.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How well a clustering agrees with the labels; all figures are invariant to renaming clusters.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Adjusted Rand index, −0.5..=1; 0 by chance (Hubert & Arabie 1985).
    pub ari: f64,
    /// Normalised mutual information, 0..=1, arithmetic mean of the entropies (Vinh et al. 2010).
    pub nmi: f64,
    /// Homogeneity, 0..=1: each cluster holds one label only (Rosenberg & Hirschberg 2007).
    pub homogeneity: f64,
    /// Completeness, 0..=1: each label lies in one cluster only.
    pub completeness: f64,
    /// V-measure: harmonic mean of homogeneity and completeness (β = 1).
    pub v_measure: f64,
}

impl Agreement {
    /// Compares two partitions given as one index a row; indices need not be dense.
    ///
    /// Cost: O(n + K·C) for K labels and C clusters.
    ///
    /// # Errors
    /// No rows, or lengths that differ.
    pub fn between(labels: &[usize], clusters: &[usize]) -> Result<Self> {
        if labels.is_empty() || labels.len() != clusters.len() {
            return Err(Error::input(format!("{} labels against {} clusters", labels.len(), clusters.len()))
                .expected("two partitions of the same rows, at least one"));
        }
        let table = Contingency::new(labels, clusters);
        let (h_labels, h_clusters) = (entropy(&table.row_sums), entropy(&table.column_sums));
        let mutual = table.mutual_information();
        // Below rounding there is no shared information: scikit-learn's rule, else 1e-17 would divide by 1e-17.
        let ratio = |entropy: f64| if entropy == 0.0 { 1.0 } else { (mutual / entropy).clamp(0.0, 1.0) };
        let (homogeneity, completeness) = (ratio(h_labels), ratio(h_clusters));
        let sum = homogeneity + completeness;
        let trivial = table.row_sums.len() == table.column_sums.len() && table.row_sums.len() == 1;
        let nmi = if trivial {
            1.0
        } else if mutual <= f64::EPSILON {
            0.0
        } else {
            (mutual / (0.5 * (h_labels + h_clusters))).clamp(0.0, 1.0)
        };
        let v_measure = if sum == 0.0 { 0.0 } else { 2.0 * homogeneity * completeness / sum };
        Ok(Self { ari: table.adjusted_rand(), nmi, homogeneity, completeness, v_measure })
    }
}

/// Cross table of two partitions, empty rows and columns left out.
struct Contingency {
    cells: Vec<f64>,
    row_sums: Vec<f64>,
    column_sums: Vec<f64>,
}

impl Contingency {
    fn new(labels: &[usize], clusters: &[usize]) -> Self {
        let (rows, columns) = (dense(labels), dense(clusters));
        let width = columns.iter().max().map_or(0, |m| m + 1);
        let height = rows.iter().max().map_or(0, |m| m + 1);
        let mut table = Self {
            cells: vec![0.0; height * width],
            row_sums: vec![0.0; height],
            column_sums: vec![0.0; width],
        };
        for (&row, &column) in rows.iter().zip(&columns) {
            table.cells[row * width + column] += 1.0;
            table.row_sums[row] += 1.0;
            table.column_sums[column] += 1.0;
        }
        table
    }

    /// Σ p(i,j)·ln(p(i,j)/(p(i)·p(j))), in nats, never below 0.
    fn mutual_information(&self) -> f64 {
        let n: f64 = self.row_sums.iter().sum();
        let width = self.column_sums.len();
        let filled = self.cells.iter().enumerate().filter(|(_, c)| **c > 0.0);
        let terms = filled
            .map(|(i, &c)| c / n * (c * n / (self.row_sums[i / width] * self.column_sums[i % width])).ln());
        terms.sum::<f64>().max(0.0)
    }

    /// From the counts of ordered pairs together or apart in each partition, as scikit-learn computes it.
    fn adjusted_rand(&self) -> f64 {
        let squares = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>();
        let n: f64 = self.row_sums.iter().sum();
        let together = squares(&self.cells);
        let (rows, columns) = (squares(&self.row_sums), squares(&self.column_sums));
        let both = together - n;
        let only_clusters = columns - together;
        let only_labels = rows - together;
        let neither = n * n - only_clusters - only_labels - together;
        if only_clusters == 0.0 && only_labels == 0.0 {
            return 1.0;
        }
        2.0 * (both * neither - only_labels * only_clusters)
            / ((both + only_labels) * (only_labels + neither)
                + (both + only_clusters) * (only_clusters + neither))
    }
}

/// Entropy in nats of counts.
fn entropy(counts: &[f64]) -> f64 {
    if counts.len() < 2 {
        return 0.0;
    }
    let n: f64 = counts.iter().sum();
    -counts.iter().map(|c| c / n * (c / n).ln()).sum::<f64>()
}

/// Indices renumbered without gaps.
fn dense(values: &[usize]) -> Vec<usize> {
    let mut seen = values.to_vec();
    seen.sort_unstable();
    seen.dedup();
    values.iter().map(|v| seen.partition_point(|s| s < v)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renamed_clusters_agree_perfectly() {
        let a = Agreement::between(&[0, 0, 1, 1, 2], &[7, 7, 3, 3, 0]).expect("same rows");
        for value in [a.ari, a.nmi, a.homogeneity, a.completeness, a.v_measure] {
            assert!((value - 1.0).abs() < 1e-12, "{a:?}");
        }
    }

    #[test]
    fn one_cluster_is_complete_but_tells_nothing() {
        let a = Agreement::between(&[0, 0, 1, 1], &[0, 0, 0, 0]).expect("same rows");
        assert_eq!((a.ari, a.nmi, a.homogeneity, a.completeness, a.v_measure), (0.0, 0.0, 0.0, 1.0, 0.0));
        assert!(Agreement::between(&[0], &[]).is_err());
    }
}
