//! The threshold of a score: where it parts best those that have a trait from those that do not.

use serde::{Deserialize, Serialize};

/// Thresholds that are tried: 0.05, 0.10 … 1.
const STEPS: u16 = 20;

/// How a threshold parts cases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Parting {
    /// Share of those with the trait whose score reaches the threshold, 0..=1.
    pub sensitivity: f64,
    /// Share of those without it whose score does not, 0..=1.
    pub specificity: f64,
}

impl Parting {
    /// Mean of the two, 0..=1; 0.5 by chance.
    pub fn balanced_accuracy(&self) -> f64 {
        (self.sensitivity + self.specificity) / 2.0
    }

    /// Of decisions, each with whether the trait is there. Both kinds must be among them.
    pub(super) fn of(cases: impl Iterator<Item = (bool, bool)>) -> Self {
        let mut counts = [[0usize; 2]; 2];
        cases.for_each(|(hit, has)| counts[usize::from(has)][usize::from(hit)] += 1);
        let share = |part: usize, has: usize| part as f64 / (counts[has][0] + counts[has][1]) as f64;
        Self { sensitivity: share(counts[1][1], 1), specificity: share(counts[0][0], 0) }
    }
}

/// The threshold with the largest balanced accuracy, in steps of 0.05; the middle one of equals.
pub(super) fn best_threshold(cases: &[(f32, bool)]) -> f32 {
    let tried: Vec<(f32, f64)> = (1..=STEPS)
        .map(|step| {
            let threshold = f32::from(step) / f32::from(STEPS);
            let parting = Parting::of(cases.iter().map(|(score, has)| (*score >= threshold, *has)));
            (threshold, parting.balanced_accuracy())
        })
        .collect();
    let most = tried.iter().map(|(_, accuracy)| *accuracy).fold(0.0, f64::max);
    let best: Vec<f32> = tried.iter().filter(|(_, a)| *a >= most - 1e-12).map(|(t, _)| *t).collect();
    best[best.len() / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_threshold_lies_in_the_middle_of_the_gap() {
        let cases = [(0.1, false), (0.2, false), (0.41, true), (0.6, true), (0.05, true)];
        assert_eq!(best_threshold(&cases), 0.35);
        let parting = Parting::of(cases.iter().map(|(score, has)| (*score >= 0.35, *has)));
        assert_eq!((parting.sensitivity, parting.specificity), (2.0 / 3.0, 1.0));
    }
}
