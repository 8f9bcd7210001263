//! Whether answers are named right by somebody else's examples: the centroids of real text.

use super::{Labels, UnitVectors};
use crate::error::{Error, Result};
use crate::stats::mean;

/// Shares of answers named right by somebody else's examples.
#[derive(Debug, Clone, PartialEq)]
pub struct Fidelity {
    /// Label names, sorted.
    pub labels: Vec<String>,
    /// `shares[label][prompt]`: share of that label's answers to that prompt named right; none where it has none.
    pub shares: Vec<Vec<Option<f64>>>,
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
        for i in 0..answers.rows() {
            let (label, prompt) = (labels.index()[i], prompts.index()[i]);
            let (hits, rows) = &mut counts[label][prompt];
            *rows += 1;
            *hits += usize::from(nearest(answers, i, &centroids) == own[label]);
        }
        let share = |(hits, rows): &(usize, usize)| (*rows > 0).then(|| *hits as f64 / *rows as f64);
        let shares = counts.iter().map(|row| row.iter().map(share).collect()).collect();
        Ok(Self { labels: labels.names().to_vec(), shares })
    }

    /// One value a prompt: the mean over the labels that answered it. With every cell filled, the mean over
    /// prompts is the balanced accuracy.
    pub fn by_prompt(&self) -> Vec<f64> {
        let prompts = self.shares.first().map_or(0, Vec::len);
        (0..prompts).map(|p| mean(&self.shares.iter().filter_map(|row| row[p]).collect::<Vec<_>>())).collect()
    }

    /// One label's values, by prompt, where it answered.
    pub fn of_label(&self, label: usize) -> Vec<f64> {
        self.shares[label].iter().flatten().copied().collect()
    }
}

/// Unit direction of each label's rows.
pub(super) fn centroids(vectors: &UnitVectors, labels: &Labels) -> Vec<Vec<f64>> {
    let mut sums = vec![vec![0f64; vectors.dimensions()]; labels.count()];
    for i in 0..vectors.rows() {
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

/// The centroid with the largest cosine, the first among equals.
fn nearest(vectors: &UnitVectors, row: usize, centroids: &[Vec<f64>]) -> usize {
    let cosine = |c: &Vec<f64>| c.iter().zip(vectors.row(row)).map(|(a, b)| a * f64::from(*b)).sum::<f64>();
    let mut best = (0, f64::NEG_INFINITY);
    for (i, centroid) in centroids.iter().enumerate() {
        let value = cosine(centroid);
        if value > best.1 {
            best = (i, value);
        }
    }
    best.0
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
            Fidelity::new(&answers, &labels, &prompts, &reference, &reference_labels).unwrap().by_prompt()
        };
        assert_eq!(score(["a", "b", "a", "b"]), vec![1.0, 0.5]);
        assert_eq!(score(["b", "a", "b", "a"]), vec![0.0, 0.5]);
        let labels = Labels::new("persona", &["a", "c", "a", "c"]).unwrap();
        let error = Fidelity::new(&answers, &labels, &prompts, &reference, &reference_labels);
        assert!(error.unwrap_err().to_string().contains("`c` has no reference text"));
    }
}
