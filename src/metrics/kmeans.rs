//! k-means, by linfa; the only file that knows linfa.

use linfa::DatasetBase;
use linfa::traits::{Fit, Predict};
use linfa_clustering::KMeansInit;
use ndarray::{Array1, Array2, ArrayView1, Axis};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::Points;
use crate::error::{Error, Result};
use crate::seed::Seed;

/// Lloyd's algorithm from several k-means++ starts (Lloyd 1982; Arthur & Vassilvitskii 2007).
///
/// Starts are drawn here and run one by one: linfa takes its generator from another version of `rand`, and its
/// cluster counts come from the last restart rather than the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KMeans {
    /// Number of clusters.
    pub clusters: usize,
    /// Number of starts; the one with the smallest inertia is kept.
    pub restarts: usize,
    /// Most iterations a start.
    pub iterations: u64,
    /// Seed of the starts.
    pub seed: Seed,
}

/// A partition into clusters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Clustering {
    /// Each row's cluster, in `0..clusters`.
    pub clusters: Vec<usize>,
    /// Rows in each cluster.
    pub sizes: Vec<usize>,
    /// Sum over rows of the squared Euclidean distance to the mean of their cluster, lower is better.
    pub inertia: f64,
}

impl KMeans {
    /// `clusters` clusters, 10 starts of at most 300 iterations (scikit-learn's classic settings).
    pub fn new(clusters: usize, seed: Seed) -> Self {
        Self { clusters, restarts: 10, iterations: 300, seed }
    }

    /// Partitions the rows, n × d, by Euclidean distance. Cost: O(restarts · iterations · n·K·d).
    ///
    /// # Errors
    /// No clusters or no starts, more clusters than rows, or a failure inside linfa.
    pub fn fit(&self, points: &Points) -> Result<Clustering> {
        if self.clusters == 0 || self.clusters > points.rows() || self.restarts == 0 {
            return Err(Error::input(format!(
                "{} clusters from {} starts for {} vectors",
                self.clusters,
                self.restarts,
                points.rows()
            ))
            .expected("between 1 and as many clusters as vectors, and at least 1 start"));
        }
        let data = DatasetBase::from(points.view().to_owned());
        // scikit-learn's tolerance: a squared shift of 1e-4 times the mean column variance.
        let variance = f64::from(points.view().var_axis(Axis(0), 0.0).mean().unwrap_or(0.0));
        let tolerance = (1e-4 * variance).sqrt().max(1e-9) as f32;
        let mut best: Option<Clustering> = None;
        for start in 0..self.restarts {
            let mut rng = self.seed.child(&start.to_string()).rng();
            let model = linfa_clustering::KMeans::params(self.clusters)
                .init_method(KMeansInit::Precomputed(self.start(points, &mut rng)))
                .n_runs(1)
                .max_n_iterations(self.iterations)
                .tolerance(tolerance)
                .fit(&data)
                .map_err(|e| Error::cannot_run("k-means failed").because(e))?;
            let memberships: Array1<usize> = model.predict(data.records());
            let found = self.clustering(points, memberships.to_vec());
            if best.as_ref().is_none_or(|b| found.inertia < b.inertia) {
                best = Some(found);
            }
        }
        best.ok_or_else(|| Error::cannot_run("k-means found no clustering"))
    }

    /// k-means++: each next centre is a row drawn in proportion to its squared distance from the nearest so far.
    fn start(&self, points: &Points, rng: &mut ChaCha8Rng) -> Array2<f32> {
        let n = points.rows();
        let mut chosen = vec![rng.random_range(0..n)];
        let mut nearest = vec![f64::INFINITY; n];
        while chosen.len() < self.clusters {
            let last = points.row(chosen[chosen.len() - 1]);
            let rows = points.view();
            for (distance, row) in nearest.iter_mut().zip(rows.rows()) {
                *distance = distance.min(squared_distance(row, last));
            }
            let total: f64 = nearest.iter().sum();
            // Fewer distinct rows than clusters: any row does, its cluster stays empty.
            let mut left = if total > 0.0 { rng.random_range(0.0..total) } else { 0.0 };
            let drawn = nearest.iter().position(|&d| {
                left -= d;
                left < 0.0
            });
            chosen.push(drawn.unwrap_or_else(|| rng.random_range(0..n)));
        }
        points.view().select(Axis(0), &chosen)
    }

    /// Sizes and inertia about the clusters' own means, which linfa's centroids only approach.
    fn clustering(&self, points: &Points, clusters: Vec<usize>) -> Clustering {
        let mut sizes = vec![0usize; self.clusters];
        let mut sums = Array2::<f64>::zeros((self.clusters, points.dimensions()));
        for (row, &cluster) in points.view().rows().into_iter().zip(&clusters) {
            sizes[cluster] += 1;
            sums.row_mut(cluster).zip_mut_with(&row, |s, &v| *s += f64::from(v));
        }
        for (mut sum, &size) in sums.rows_mut().into_iter().zip(&sizes) {
            sum /= size.max(1) as f64;
        }
        let squares = |(row, &c): (ArrayView1<'_, f32>, &usize)| -> f64 {
            row.iter().zip(sums.row(c)).map(|(&v, m)| (f64::from(v) - m).powi(2)).sum()
        };
        let inertia = points.view().rows().into_iter().zip(&clusters).map(squares).sum();
        Clustering { clusters, sizes, inertia }
    }
}

fn squared_distance(a: ArrayView1<'_, f32>, b: ArrayView1<'_, f32>) -> f64 {
    a.iter().zip(b).map(|(x, y)| f64::from(x - y).powi(2)).sum()
}

#[cfg(test)]
mod tests {
    use super::super::testing::crossed;
    use super::*;
    use crate::metrics::Agreement;

    #[test]
    fn clear_clusters_are_found_and_the_seed_decides_the_rest() {
        let (points, personas, prompts) = crossed(5, 12, 10, 4.0, 9);
        let centred = points.centred(&prompts).expect("labels");
        let found = KMeans::new(5, Seed(1)).fit(&centred).expect("five clusters");
        assert_eq!(found, KMeans::new(5, Seed(1)).fit(&centred).expect("five clusters"));
        assert!(Agreement::between(personas.index(), &found.clusters).expect("rows").ari > 0.99);
        assert_eq!(found.sizes.iter().sum::<usize>(), 60);
    }

    #[test]
    fn duplicates_and_too_many_clusters_are_handled() {
        let same = Points::new(Array2::from_elem((6, 3), 0.5)).expect("finite");
        let found = KMeans::new(3, Seed(1)).fit(&same).expect("duplicates");
        assert!(found.inertia < 1e-9);
        assert!(KMeans::new(7, Seed(1)).fit(&same).is_err());
    }
}
