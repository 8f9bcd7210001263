//! Confusion matrix.

use serde::{Deserialize, Serialize};

use super::Labels;
use crate::error::{Error, Result};

/// Counts of true against predicted labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    /// Label names, sorted; the order of rows and columns.
    pub labels: Vec<String>,
    /// `counts[true][predicted]`.
    pub counts: Vec<Vec<usize>>,
}

/// One cell off the diagonal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mistake {
    /// The true label.
    pub actual: String,
    /// What it was taken for.
    pub predicted: String,
    /// How often.
    pub count: usize,
    /// Share of the true label's rows.
    pub share: f64,
}

impl Confusion {
    /// Counts predictions, given as indices into `labels.names()`.
    ///
    /// # Errors
    /// Another number of predictions than labels, or an index out of range.
    pub fn new(labels: &Labels, predicted: &[usize]) -> Result<Self> {
        labels.check_rows(predicted.len(), "predictions")?;
        let mut counts = vec![vec![0; labels.count()]; labels.count()];
        for (&actual, &guess) in labels.index().iter().zip(predicted) {
            let cell = counts[actual].get_mut(guess);
            *cell.ok_or_else(|| {
                Error::input(format!("label {guess} of {} was predicted", labels.count()))
            })? += 1;
        }
        Ok(Self { labels: labels.names().to_vec(), counts })
    }

    /// Share of each label's rows that were named right, in label order.
    pub fn recalls(&self) -> Vec<f64> {
        let share = |(i, row): (usize, &Vec<usize>)| row[i] as f64 / row.iter().sum::<usize>().max(1) as f64;
        self.counts.iter().enumerate().map(share).collect()
    }

    /// Mean of the recalls, 0..=1: every label counts alike (Brodersen et al. 2010).
    pub fn balanced_accuracy(&self) -> f64 {
        crate::stats::mean(&self.recalls())
    }

    /// Share of all rows that were named right, 0..=1.
    pub fn accuracy(&self) -> f64 {
        let right: usize = self.counts.iter().enumerate().map(|(i, row)| row[i]).sum();
        right as f64 / self.counts.iter().flatten().sum::<usize>().max(1) as f64
    }

    /// The `most` most frequent mistakes, by share of the true label's rows, then by name.
    pub fn mistakes(&self, most: usize) -> Vec<Mistake> {
        let mut found = Vec::new();
        for (i, row) in self.counts.iter().enumerate() {
            let size = row.iter().sum::<usize>().max(1) as f64;
            for (j, &count) in row.iter().enumerate().filter(|&(j, &c)| j != i && c > 0) {
                let (actual, predicted) = (self.labels[i].clone(), self.labels[j].clone());
                found.push(Mistake { actual, predicted, count, share: count as f64 / size });
            }
        }
        found.sort_by(|a, b| {
            let names = (&a.actual, &a.predicted).cmp(&(&b.actual, &b.predicted));
            b.share.total_cmp(&a.share).then(names)
        });
        found.truncate(most);
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recalls_weigh_labels_alike_and_mistakes_come_largest_first() {
        let labels = Labels::new("persona", &["a", "a", "a", "a", "b", "c"]).expect("three labels");
        let confusion = Confusion::new(&labels, &[0, 0, 1, 2, 0, 2]).expect("six predictions");
        assert_eq!(confusion.recalls(), [0.5, 0.0, 1.0]);
        assert_eq!(confusion.balanced_accuracy(), 0.5);
        assert_eq!(confusion.accuracy(), 0.5);
        let worst = &confusion.mistakes(1)[0];
        assert_eq!((worst.actual.as_str(), worst.predicted.as_str(), worst.share), ("b", "a", 1.0));
        assert!(Confusion::new(&labels, &[9; 6]).is_err());
    }
}
