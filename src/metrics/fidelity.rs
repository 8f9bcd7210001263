//! Whether answers are named right by somebody else's examples: the centroids of real text.

use super::{Labels, UnitVectors};
use crate::error::{Error, Result};
use crate::stats::balanced_scores;

/// Shares of answers named right by somebody else's examples.
#[derive(Debug, Clone, PartialEq)]
pub struct Fidelity {
    /// Label names, sorted.
    pub labels: Vec<String>,
    /// `shares[label][prompt]`: share of that label's answers to that prompt named right; none where it has none.
    pub shares: Vec<Vec<Option<f64>>>,
    /// Each answer's cosine with its own label's reference centroid less the best other's, in row order.
    pub margins: Vec<f64>,
}

impl Fidelity {
    /// Names every answer by the nearest centroid (cosine) of *reference* rows.
    ///
    /// `answers` is n × d with a label and a prompt a row; `reference` is m × d with labels of the same names, on
    /// other prompts. Unlike a classifier taught by the answers themselves, this falls when two adapters are
    /// swapped: each still speaks in one voice, but not in its own. Cost: O(n·K·d).
    ///
    /// # Errors
    /// Dimensions that differ, or an answer's label without reference rows.
    pub fn new(
        answers: &UnitVectors,
        labels: &Labels,
        prompts: &Labels,
        reference: &UnitVectors,
        reference_labels: &Labels,
    ) -> Result<Self> {
        labels.check_rows(answers.rows(), "answers")?;
        prompts.check_rows(answers.rows(), "answers")?;
        reference_labels.check_rows(reference.rows(), "reference vectors")?;
        if answers.dimensions() != reference.dimensions() {
            return Err(Error::input(format!(
                "answers have {} dimensions, the reference {}",
                answers.dimensions(),
                reference.dimensions()
            )));
        }
        let centroids = centroids(reference, reference_labels);
        let own: Vec<usize> = labels
            .names()
            .iter()
            .map(|name| {
                reference_labels.names().iter().position(|n| n == name).ok_or_else(|| {
                    Error::input(format!("`{name}` has no reference text"))
                        .known(name, reference_labels.names())
                        .help("add held-out examples, or leave the persona out of the suite")
                })
            })
            .collect::<Result<_>>()?;
        let mut counts = vec![vec![(0usize, 0usize); prompts.count()]; labels.count()];
        let mut margins = Vec::with_capacity(answers.rows());
        for i in 0..answers.rows() {
            let (label, prompt) = (labels.index()[i], prompts.index()[i]);
            let cosines = cosines(answers, i, &centroids);
            let own = own[label];
            let others = cosines.iter().enumerate().filter(|(c, _)| *c != own).map(|(_, v)| *v);
            margins.push(cosines[own] - others.fold(f64::NEG_INFINITY, f64::max));
            let (hits, rows) = &mut counts[label][prompt];
            *rows += 1;
            *hits += usize::from(largest(&cosines) == own);
        }
        let share = |(hits, rows): &(usize, usize)| (*rows > 0).then(|| *hits as f64 / *rows as f64);
        let shares = counts.iter().map(|row| row.iter().map(share).collect()).collect();
        Ok(Self { labels: labels.names().to_vec(), shares, margins })
    }

    /// One value a prompt, whose mean over prompts is the mean over labels of each one's mean share, so that a label
    /// counts alike whichever prompts it answered ([`balanced_scores`]). With every cell filled a value is the mean
    /// over the labels, and their mean the balanced accuracy.
    pub fn by_prompt(&self) -> Vec<f64> {
        let prompts = self.shares.first().map_or(0, Vec::len);
        let (mut values, mut labels, mut clusters) = (Vec::new(), Vec::new(), Vec::new());
        for (label, row) in self.shares.iter().enumerate() {
            for (prompt, share) in row.iter().enumerate().filter_map(|(p, s)| Some((p, (*s)?))) {
                values.push(share);
                labels.push(label);
                clusters.push(prompt);
            }
        }
        balanced_scores(&values, &labels, self.shares.len(), &clusters, prompts)
    }

    /// One label's values, by prompt, where it answered.
    pub fn of_label(&self, label: usize) -> Vec<f64> {
        self.shares[label].iter().flatten().copied().collect()
    }
}

/// Unit direction of each label's rows.
pub(super) fn centroids(vectors: &UnitVectors, labels: &Labels) -> Vec<Vec<f64>> {
    centroids_among(vectors, labels, 0..vectors.rows())
}

/// The same of the given rows alone.
pub(super) fn centroids_among(
    vectors: &UnitVectors,
    labels: &Labels,
    rows: impl Iterator<Item = usize>,
) -> Vec<Vec<f64>> {
    let mut sums = vec![vec![0f64; vectors.dimensions()]; labels.count()];
    for i in rows {
        for (sum, value) in sums[labels.index()[i]].iter_mut().zip(vectors.row(i)) {
            *sum += f64::from(*value);
        }
    }
    for sum in &mut sums {
        let norm = sum.iter().map(|v| v * v).sum::<f64>().sqrt();
        if norm > 0.0 {
            sum.iter_mut().for_each(|v| *v /= norm);
        }
    }
    sums
}

/// The label whose centroid has the largest cosine with a row; the first among equals.
pub(super) fn nearest(vectors: &UnitVectors, row: usize, centroids: &[Vec<f64>]) -> usize {
    largest(&cosines(vectors, row, centroids))
}

/// Cosine of a row with each centroid.
fn cosines(vectors: &UnitVectors, row: usize, centroids: &[Vec<f64>]) -> Vec<f64> {
    let row = vectors.row(row);
    centroids.iter().map(|c| c.iter().zip(row).map(|(a, b)| a * f64::from(*b)).sum()).collect()
}

/// Place of the largest value, the first among equals.
fn largest(values: &[f64]) -> usize {
    let better = |best: usize, i: usize| if values[i] > values[best] { i } else { best };
    (1..values.len()).fold(0, better)
}

#[cfg(test)]
mod tests {
    use super::super::Points;
    use super::*;
    use ndarray::arr2;

    #[test]
    fn swapped_voices_lose_their_fidelity() {
        let unit = |m| Points::new(m).unwrap().normalised().unwrap();
        let reference = unit(arr2(&[[1.0, 0.1], [0.1, 1.0]]));
        let reference_labels = Labels::new("persona", &["a", "b"]).unwrap();
        let answers = unit(arr2(&[[1.0, 0.2], [0.0, 1.0], [0.9, 0.0], [0.8, 0.1]]));
        let prompts = Labels::new("prompt", &["p", "p", "q", "q"]).unwrap();
        let score = |names: [&str; 4]| {
            let labels = Labels::new("persona", &names).unwrap();
            Fidelity::new(&answers, &labels, &prompts, &reference, &reference_labels).unwrap()
        };
        let (right, swapped) = (score(["a", "b", "a", "b"]), score(["b", "a", "b", "a"]));
        assert_eq!((right.by_prompt(), swapped.by_prompt()), (vec![1.0, 0.5], vec![0.0, 0.5]));
        // A margin is above 0 where the answer is named right, and turns its sign where voices are swapped.
        assert!(right.margins[..3].iter().all(|m| *m > 0.0) && right.margins[3] < 0.0, "{right:?}");
        assert!(right.margins.iter().zip(&swapped.margins).all(|(a, b)| (a + b).abs() < 1e-12));
        let labels = Labels::new("persona", &["a", "c", "a", "c"]).unwrap();
        let error = Fidelity::new(&answers, &labels, &prompts, &reference, &reference_labels);
        assert!(error.unwrap_err().to_string().contains("`c` has no reference text"));
    }
}
