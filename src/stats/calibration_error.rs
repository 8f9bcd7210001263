//! How far stated probabilities lie from what happens.

use rand::Rng;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::seed::Seed;

/// Bins of equal width over 0..=1.
const BINS: usize = 10;
/// Draws of what a calibrated forecaster would show.
const DRAWS: usize = 2000;

/// Expected calibration error with the reliability curve behind it.
///
/// ECE = Σ_b n_b/n · |share right in b − mean confidence in b| over ten bins of equal width (Naeini et al. 2015; Guo et al.
/// 2017). It is above 0 by chance alone: `by_chance` is what a forecaster whose every probability is true would show on so many
/// forecasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationError {
    /// ECE, 0..=1.
    pub error: f64,
    /// Its mean if every confidence were the true probability.
    pub by_chance: f64,
    /// Share of such draws whose error is at least as large: (hits + 1)/(draws + 1).
    pub p: f64,
    /// Number of forecasts.
    pub n: usize,
    /// Bins that hold a forecast, from low to high.
    pub bins: Vec<ReliabilityBin>,
}

/// One bin of a reliability curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Lower end.
    pub low: f64,
    /// Upper end; belongs to the bin only where it is 1.
    pub high: f64,
    /// Forecasts in it.
    pub n: usize,
    /// Their mean confidence.
    pub confidence: f64,
    /// Share of them that came true.
    pub happened: f64,
}

/// Holds probabilities against what happened, both in the same order.
///
/// # Errors
/// No forecast, lists of different lengths, or a confidence outside 0..=1.
pub fn calibration_error(confidences: &[f64], happened: &[bool], seed: Seed) -> Result<CalibrationError> {
    if confidences.is_empty() || confidences.len() != happened.len() {
        return Err(Error::input(format!(
            "{} confidences and {} outcomes make no calibration",
            confidences.len(),
            happened.len()
        )));
    }
    if let Some(bad) = confidences.iter().find(|c| !(0.0..=1.0).contains(*c)) {
        return Err(Error::input(format!("a confidence is {bad}")).expected("a probability, from 0 to 1"));
    }
    let bins = bins(confidences, happened);
    let error = error(&bins, confidences.len());
    let mut rng = seed.rng();
    let drawn: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let came: Vec<bool> = confidences.iter().map(|c| rng.random::<f64>() < *c).collect();
            self::error(&self::bins(confidences, &came), confidences.len())
        })
        .collect();
    let hits = drawn.iter().filter(|e| **e >= error - 1e-12).count();
    Ok(CalibrationError {
        error,
        by_chance: drawn.iter().sum::<f64>() / DRAWS as f64,
        p: (hits + 1) as f64 / (DRAWS + 1) as f64,
        n: confidences.len(),
        bins,
    })
}

fn bins(confidences: &[f64], happened: &[bool]) -> Vec<ReliabilityBin> {
    let mut sums = [(0usize, 0.0f64, 0usize); BINS];
    for (confidence, came) in confidences.iter().zip(happened) {
        let sum = &mut sums[((confidence * BINS as f64) as usize).min(BINS - 1)];
        *sum = (sum.0 + 1, sum.1 + confidence, sum.2 + usize::from(*came));
    }
    let filled = sums.iter().enumerate().filter(|(_, (n, _, _))| *n > 0);
    filled
        .map(|(i, (n, confidence, came))| ReliabilityBin {
            low: i as f64 / BINS as f64,
            high: (i + 1) as f64 / BINS as f64,
            n: *n,
            confidence: confidence / *n as f64,
            happened: *came as f64 / *n as f64,
        })
        .collect()
}

fn error(bins: &[ReliabilityBin], n: usize) -> f64 {
    bins.iter().map(|b| b.n as f64 / n as f64 * (b.happened - b.confidence).abs()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By scikit-learn's `calibration_curve(y, p, n_bins=10, strategy="uniform")`, weighted by the bins' counts:
    /// `fixtures/golden/metrics/calibration.py`.
    #[test]
    fn the_error_is_that_of_scikit_learns_curve() {
        let golden: serde_json::Value =
            serde_json::from_str(include_str!("../../fixtures/golden/metrics/calibration.json")).unwrap();
        for case in golden["cases"].as_array().unwrap() {
            let list = |key: &str| -> Vec<f64> {
                case[key].as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
            };
            let happened: Vec<bool> = list("happened").iter().map(|v| *v > 0.5).collect();
            let found = calibration_error(&list("confidence"), &happened, Seed(1)).unwrap();
            assert!((found.error - case["ece"].as_f64().unwrap()).abs() < 1e-12);
            for (bin, (p, y)) in
                found.bins.iter().zip(list("bin_confidence").iter().zip(list("bin_happened")))
            {
                assert!((bin.confidence - p).abs() < 1e-12 && (bin.happened - y).abs() < 1e-12);
            }
            assert_eq!(found.bins.len(), list("bin_happened").len());
        }
    }

    #[test]
    fn sure_and_wrong_is_no_chance_and_true_forecasts_are() {
        let sure = calibration_error(&[0.95; 60], &[false; 60], Seed(1)).unwrap();
        assert!(sure.error > 0.9 && sure.p < 0.001 && sure.by_chance < 0.1, "{sure:?}");
        let fair: Vec<bool> = (0..60).map(|i| i % 2 == 0).collect();
        let fair = calibration_error(&[0.5; 60], &fair, Seed(1)).unwrap();
        assert!(fair.error < 1e-12 && fair.p > 0.9);
        assert!(calibration_error(&[], &[], Seed(1)).is_err());
        assert!(calibration_error(&[1.5], &[true], Seed(1)).unwrap_err().to_string().contains("1.5"));
    }
}
