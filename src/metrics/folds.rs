//! Folds of a cross-validation, fixed by prompt.

use std::ops::Range;

use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;

use super::Labels;
use crate::error::{Error, Result};
use crate::stats::{balanced_scores, mean};

/// Folds when rows carry no prompt.
const DEALT: usize = 10;

/// Rows grouped into folds, and the strata within which labels are exchangeable under the null.
#[derive(Debug, Clone)]
pub(super) struct Folds {
    /// Fold names in fold order.
    pub names: Vec<String>,
    /// Row numbers, fold by fold.
    pub order: Vec<usize>,
    /// Each fold's range of `order`.
    pub ranges: Vec<Range<usize>>,
    /// Ranges of `order` within which the null permutes labels.
    pub strata: Vec<Range<usize>>,
}

impl Folds {
    /// One fold a prompt, and labels permuted within prompts.
    ///
    /// # Errors
    /// Row counts that differ, a label seen on one prompt only, or no prompt with two labels.
    pub fn by_prompt(labels: &Labels, prompts: &Labels) -> Result<Self> {
        labels.check_rows(prompts.rows(), "prompt labels")?;
        let folds = Self::from_index(prompts.index(), prompts.names().to_vec(), None);
        folds.check(labels, prompts.what())?;
        Ok(folds)
    }

    /// Rows dealt to at most ten folds in turn within each label; labels permuted over all rows.
    ///
    /// # Errors
    /// A label with one row only.
    pub fn dealt(labels: &Labels) -> Result<Self> {
        let smallest = labels.sizes().into_iter().min().unwrap_or(0);
        let count = smallest.clamp(2, DEALT);
        let mut next = vec![0; labels.count()];
        let index: Vec<usize> = labels
            .index()
            .iter()
            .map(|&label| {
                next[label] += 1;
                (next[label] - 1) % count
            })
            .collect();
        let names = (0..count).map(|i| format!("fold {i}")).collect();
        let folds = Self::from_index(&index, names, Some(labels.rows()));
        folds.check(labels, "row")?;
        Ok(folds)
    }

    fn from_index(index: &[usize], names: Vec<String>, one_stratum: Option<usize>) -> Self {
        let mut order: Vec<usize> = (0..index.len()).collect();
        order.sort_by_key(|&row| (index[row], row));
        let mut ranges = Vec::with_capacity(names.len());
        let mut start = 0;
        for fold in 0..names.len() {
            let end = start + order[start..].iter().take_while(|&&row| index[row] == fold).count();
            ranges.push(start..end);
            start = end;
        }
        let strata = one_stratum.map_or_else(|| ranges.clone(), |rows| std::iter::once(0..rows).collect());
        Self { names, order, ranges, strata }
    }

    fn check(&self, labels: &Labels, unit: &str) -> Result<()> {
        let sorted = self.sorted(labels.index());
        let mut seen = vec![0usize; labels.count()];
        let mut crossed = false;
        for range in &self.ranges {
            let mut here = sorted[range.clone()].to_vec();
            here.sort_unstable();
            here.dedup();
            here.iter().for_each(|&label| seen[label] += 1);
        }
        for range in &self.strata {
            crossed |= sorted[range.clone()].windows(2).any(|pair| pair[0] != pair[1]);
        }
        if let Some(lone) = seen.iter().position(|&folds| folds < 2) {
            let (what, name) = (labels.what(), &labels.names()[lone]);
            return Err(Error::input(format!("{what} `{name}` is seen on one {unit} only"))
                .expected(format!("at least two {unit}s of every {what}: one is held out, the others teach"))
                .help("give it more prompts or leave it out"));
        }
        if !crossed {
            return Err(Error::input(format!("no {unit} has two different {} labels", labels.what()))
                .expected(format!("crossed {unit}s: every {} answers the same ones", labels.what()))
                .help("on own prompts topic alone separates personas, so no p-value exists"));
        }
        Ok(())
    }

    /// Number of folds.
    pub fn count(&self) -> usize {
        self.ranges.len()
    }

    /// Values of rows, in fold order.
    pub fn sorted<T: Copy>(&self, rows: &[T]) -> Vec<T> {
        self.order.iter().map(|&row| rows[row]).collect()
    }

    /// Values in fold order, back in row order.
    pub fn unsorted<T: Copy + Default>(&self, sorted: &[T]) -> Vec<T> {
        let mut rows = vec![T::default(); sorted.len()];
        self.order.iter().zip(sorted).for_each(|(&row, &value)| rows[row] = value);
        rows
    }

    /// Permutes labels (in fold order) within every stratum.
    pub fn permute(&self, sorted_labels: &mut [usize], rng: &mut ChaCha8Rng) {
        self.strata.iter().for_each(|range| sorted_labels[range.clone()].shuffle(rng));
    }

    /// Balanced accuracy of hits in fold order: the mean over labels of each one's share of hits.
    pub fn balanced_accuracy(labels: &[usize], hits: &[bool], count: usize) -> f64 {
        mean(&recalls(labels, hits, count))
    }

    /// One score a fold whose plain mean is the balanced accuracy, whatever cells are missing ([`balanced_scores`]).
    pub fn balanced_scores(&self, labels: &[usize], hits: &[bool], count: usize) -> Vec<f64> {
        let values: Vec<f64> = hits.iter().map(|&hit| f64::from(u8::from(hit))).collect();
        let folds: Vec<usize> = self.ranges.iter().enumerate().flat_map(|(i, r)| vec![i; r.len()]).collect();
        balanced_scores(&values, labels, count, &folds, self.count())
    }
}

/// Share of hits of each label.
fn recalls(labels: &[usize], hits: &[bool], count: usize) -> Vec<f64> {
    let (mut right, mut sizes) = (vec![0.0; count], vec![0.0; count]);
    for (&label, &hit) in labels.iter().zip(hits) {
        sizes[label] += 1.0;
        right[label] += f64::from(u8::from(hit));
    }
    right.iter().zip(&sizes).map(|(r, n)| r / f64::max(*n, 1.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(rows: &[&str]) -> Labels {
        Labels::new("persona", rows).expect("two labels")
    }

    #[test]
    fn balanced_scores_average_to_balanced_accuracy_even_with_missing_cells() {
        let personas = labels(&["a", "b", "a", "b", "a"]);
        let prompts = labels(&["p", "p", "q", "q", "r"]);
        let folds = Folds::by_prompt(&personas, &prompts).expect("crossed");
        let hits = [true, false, true, true, false];
        let accuracy = Folds::balanced_accuracy(personas.index(), &hits, 2);
        assert!((accuracy - (2.0 / 3.0 + 0.5) / 2.0).abs() < 1e-12);
        assert!((mean(&folds.balanced_scores(personas.index(), &hits, 2)) - accuracy).abs() < 1e-12);
    }

    #[test]
    fn in_a_complete_design_a_folds_score_is_its_accuracy() {
        let personas = labels(&["a", "b", "a", "b"]);
        let folds = Folds::by_prompt(&personas, &labels(&["p", "p", "q", "q"])).expect("crossed");
        let scores = folds.balanced_scores(personas.index(), &[true, false, true, true], 2);
        assert!((scores[0] - 0.5).abs() < 1e-12 && (scores[1] - 1.0).abs() < 1e-12, "{scores:?}");
    }

    #[test]
    fn a_persona_on_one_prompt_and_prompts_of_one_persona_are_errors() {
        let lone = Folds::by_prompt(&labels(&["a", "a", "b"]), &labels(&["p", "q", "q"]));
        assert!(lone.expect_err("b has one prompt").to_string().contains("`b` is seen on one"));
        let own = Folds::by_prompt(&labels(&["a", "a", "b", "b"]), &labels(&["p", "q", "r", "s"]));
        assert!(own.expect_err("nothing crossed").to_string().contains("crossed"));
    }

    #[test]
    fn fold_order_and_row_order_convert_into_each_other() {
        let personas = labels(&["a", "b", "a", "b"]);
        let folds = Folds::by_prompt(&personas, &labels(&["q", "p", "p", "q"])).expect("crossed");
        let rows = [10, 11, 12, 13];
        assert_eq!(folds.sorted(&rows), [11, 12, 10, 13]);
        assert_eq!(folds.unsorted(&folds.sorted(&rows)), rows);
        assert_eq!(Folds::dealt(&personas).expect("two rows each").count(), 2);
    }
}
