//! Reliability: whether a score from 0 to 1 is the share of cases that have what it speaks of.

use serde::{Deserialize, Serialize};

use super::summary::check_finite;
use crate::error::{Error, Result};

/// The cases whose score lies above `low` and up to `high`; the first bin holds 0 too.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Lower edge.
    pub low: f64,
    /// Upper edge.
    pub high: f64,
    /// Cases.
    pub n: usize,
    /// Their mean score.
    pub score: f64,
    /// Share of them that have what the score speaks of.
    pub share: f64,
}

/// Bins of equal width that hold a case, from low to high (DeGroot & Fienberg 1983).
///
/// # Errors
/// No cases, as many scores as labels not given, no bins, or a score outside 0..=1.
pub fn reliability(scores: &[f64], labels: &[bool], bins: usize) -> Result<Vec<ReliabilityBin>> {
    check_finite("reliability", scores)?;
    let outside = scores.iter().find(|score| !(0.0..=1.0).contains(*score));
    if scores.is_empty() || scores.len() != labels.len() || bins == 0 || outside.is_some() {
        return Err(Error::input(format!(
            "reliability of {} scores and {} labels in {bins} bins",
            scores.len(),
            labels.len()
        ))
        .expected("as many labels as scores, which lie from 0 to 1, and a bin or more"));
    }
    let width = 1.0 / bins as f64;
    let edge = |i: usize| i as f64 * width;
    let mut sums = vec![(0usize, 0.0, 0usize); bins];
    for (&score, &label) in scores.iter().zip(labels) {
        let bin = (1..bins).find(|i| score <= edge(*i)).unwrap_or(bins) - 1;
        sums[bin] = (sums[bin].0 + 1, sums[bin].1 + score, sums[bin].2 + usize::from(label));
    }
    let filled = sums.into_iter().enumerate().filter(|(_, (n, ..))| *n > 0);
    let bin = |(i, (n, sum, with)): (usize, (usize, f64, usize))| ReliabilityBin {
        low: edge(i),
        high: edge(i + 1),
        n,
        score: sum / n as f64,
        share: with as f64 / n as f64,
    };
    Ok(filled.map(bin).collect())
}

/// Expected calibration error, 0..=1: the mean distance of score and share over the bins, each by its cases (Naeini et al.
/// 2015). 0 for no bins.
pub fn calibration_error(bins: &[ReliabilityBin]) -> f64 {
    let all: usize = bins.iter().map(|bin| bin.n).sum();
    let gap = |bin: &ReliabilityBin| bin.n as f64 * (bin.share - bin.score).abs();
    bins.iter().map(gap).sum::<f64>() / all.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edge_belongs_to_the_bin_below_and_empty_bins_are_left_out() {
        let bins = reliability(&[0.0, 0.5, 0.6, 1.0], &[false, true, false, true], 2).expect("scores");
        assert_eq!(bins.iter().map(|b| (b.n, b.share)).collect::<Vec<_>>(), [(2, 0.5), (2, 0.5)]);
        assert!((calibration_error(&bins) - (0.25 + 0.3) / 2.0).abs() < 1e-12);
        assert_eq!(reliability(&[0.9], &[true], 10).expect("a score").len(), 1);
        assert!(reliability(&[1.5], &[true], 10).is_err() && reliability(&[], &[], 10).is_err());
    }
}
