//! Nearest-centroid classification, out of fold.

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, Axis, s};
use rayon::prelude::*;

use super::Points;
use super::folds::Folds;
use crate::seed::Seed;

/// Scores closer than this are a tie; the label that sorts first wins, whatever order a machine sums in.
pub(super) const TIE: f64 = 1e-12;

/// How a row is compared with a centroid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Cosine of row and centroid; rows must have length 1.
    Cosine,
    /// x·c − |c|²/2, which orders centroids as Euclidean distance does.
    Euclidean,
}

/// A nearest-centroid classifier over folds; centroids never see the fold that they judge.
pub(super) struct NearestCentroid<'a> {
    /// Rows in fold order, n × d.
    matrix: Array2<f64>,
    folds: &'a Folds,
    labels: usize,
    rule: Rule,
}

/// Out-of-fold results, in fold order.
pub(super) struct OutOfFold {
    pub predicted: Vec<usize>,
    /// Score of the true label minus the best other one's.
    pub margins: Vec<f64>,
    /// The best of the labels that are not the true one.
    pub others: Vec<usize>,
}

impl OutOfFold {
    pub fn hits(&self, labels: &[usize]) -> Vec<bool> {
        self.predicted.iter().zip(labels).map(|(p, l)| p == l).collect()
    }
}

impl<'a> NearestCentroid<'a> {
    pub fn new(points: &Points, folds: &'a Folds, labels: usize, rule: Rule) -> Self {
        let matrix = points.view().select(Axis(0), &folds.order).mapv(f64::from);
        Self { matrix, folds, labels, rule }
    }

    /// Classifies every row by the centroids of the other folds; `labels` are in fold order.
    ///
    /// The centroid of label c without fold g is (sum over all rows of c) − (rows of c in g), so a whole
    /// cross-validation costs one n × K × d product, n·K·d operations, and G·K·d to form the centroids.
    pub fn classify(&self, labels: &[usize]) -> OutOfFold {
        let shape = (self.labels, self.matrix.ncols());
        let mut sums = Array2::<f64>::zeros(shape);
        let mut sizes = vec![0.0; self.labels];
        for (row, &label) in self.matrix.rows().into_iter().zip(labels) {
            sums.row_mut(label).zip_mut_with(&row, |s, v| *s += v);
            sizes[label] += 1.0;
        }
        let mut result = OutOfFold {
            predicted: Vec::with_capacity(labels.len()),
            margins: Vec::with_capacity(labels.len()),
            others: Vec::with_capacity(labels.len()),
        };
        let mut centroids = Array2::zeros(shape);
        for range in &self.folds.ranges {
            let held_out = self.matrix.slice(s![range.clone(), ..]);
            let held_labels = &labels[range.clone()];
            centroids.assign(&sums);
            let mut left = sizes.clone();
            for (row, &label) in held_out.rows().into_iter().zip(held_labels) {
                centroids.row_mut(label).zip_mut_with(&row, |s, v| *s -= v);
                left[label] -= 1.0;
            }
            let offsets = self.finish(&mut centroids, &left);
            let mut scores = Array2::zeros((held_labels.len(), self.labels));
            general_mat_mul(1.0, &held_out, &centroids.t(), 0.0, &mut scores);
            for (row, &label) in scores.rows().into_iter().zip(held_labels) {
                let score = |c: usize| row[c] - offsets[c];
                let best = best_of((0..self.labels).map(score)).unwrap_or(0);
                let without_own = |c: usize| if c == label { f64::NEG_INFINITY } else { score(c) };
                let other = best_of((0..self.labels).map(without_own)).unwrap_or(0);
                result.predicted.push(best);
                result.margins.push(score(label) - without_own(other));
                result.others.push(other);
            }
        }
        result
    }

    /// Turns sums into centroids; gives what to subtract from each label's dot product.
    fn finish(&self, centroids: &mut Array2<f64>, sizes: &[f64]) -> Vec<f64> {
        let finish_one = |(mut row, &size): (ndarray::ArrayViewMut1<'_, f64>, &f64)| {
            if size < 0.5 {
                return f64::INFINITY;
            }
            let squares = row.dot(&row);
            match self.rule {
                // A sum of unit vectors that cancels has no direction: its cosine with everything is 0.
                Rule::Cosine => {
                    row *= if squares > TIE * size * size { squares.sqrt().recip() } else { 0.0 };
                    0.0
                }
                Rule::Euclidean => {
                    row /= size;
                    squares / (2.0 * size * size)
                }
            }
        };
        centroids.rows_mut().into_iter().zip(sizes).map(finish_one).collect()
    }

    /// Balanced accuracies under the null: labels permuted within strata, the whole cross-validation rerun each time.
    ///
    /// Permutation i draws from its own child generator, so threads do not change the result.
    pub fn null(&self, labels: &[usize], permutations: usize, seed: Seed) -> Vec<f64> {
        let one = |i: usize| {
            let mut permuted = labels.to_vec();
            self.folds.permute(&mut permuted, &mut seed.child(&i.to_string()).rng());
            let hits = self.classify(&permuted).hits(&permuted);
            Folds::balanced_accuracy(&permuted, &hits, self.labels)
        };
        (0..permutations).into_par_iter().map(one).collect()
    }
}

/// Index of the largest score; of scores within [`TIE`], the first.
pub(super) fn best_of(scores: impl Iterator<Item = f64>) -> Option<usize> {
    let mut best: Option<(usize, f64)> = None;
    for (i, score) in scores.enumerate() {
        if best.is_none_or(|(_, top)| score > top + TIE) {
            best = Some((i, score));
        }
    }
    best.map(|(i, _)| i)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Labels;
    use ndarray::array;

    #[test]
    fn a_row_is_judged_by_the_other_folds_only() {
        // Each persona's own row would win if it were its own teacher; without it the other persona is nearer.
        let points = Points::new(array![[1.0, 0.0], [0.0, 1.0], [0.0, 1.0], [1.0, 0.0]]).expect("finite");
        let personas = Labels::new("persona", &["a", "b", "a", "b"]).expect("two labels");
        let prompts = Labels::new("prompt", &["p", "p", "q", "q"]).expect("two labels");
        let folds = Folds::by_prompt(&personas, &prompts).expect("crossed");
        for rule in [Rule::Cosine, Rule::Euclidean] {
            let result = NearestCentroid::new(&points, &folds, 2, rule).classify(personas.index());
            assert_eq!(result.predicted, [1, 0, 1, 0]);
            assert!(result.margins.iter().all(|&m| m < 0.0));
        }
    }

    #[test]
    fn ties_go_to_the_label_that_sorts_first() {
        assert_eq!(best_of([0.3, 0.3 + 1e-14, 0.2].into_iter()), Some(0));
        assert_eq!(best_of([0.3, 0.4].into_iter()), Some(1));
        assert_eq!(best_of(std::iter::empty()), None);
    }
}
