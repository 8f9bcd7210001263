//! How far stated probabilities lie from what happens.

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::mean;
use super::reliability::{ReliabilityBin, calibration_error, reliability};
use crate::error::Result;
use crate::seed::Seed;

/// Bins of the reliability curve.
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

impl CalibrationError {
    /// Of probabilities and what happened, both in the same order.
    ///
    /// # Errors
    /// No forecast, lists of different lengths, or a confidence outside 0..=1.
    pub fn of(confidences: &[f64], happened: &[bool], seed: Seed) -> Result<Self> {
        let bins = reliability(confidences, happened, BINS)?;
        let error = calibration_error(&bins);
        let mut rng = seed.rng();
        let mut drawn = Vec::with_capacity(DRAWS);
        for _ in 0..DRAWS {
            let came: Vec<bool> = confidences.iter().map(|c| rng.random::<f64>() < *c).collect();
            drawn.push(calibration_error(&reliability(confidences, &came, BINS)?));
        }
        let hits = drawn.iter().filter(|e| **e >= error - 1e-12).count();
        Ok(Self {
            error,
            by_chance: mean(&drawn),
            p: (hits + 1) as f64 / (DRAWS + 1) as f64,
            n: confidences.len(),
            bins,
        })
    }
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
            let found = CalibrationError::of(&list("confidence"), &happened, Seed(1)).unwrap();
            assert!((found.error - case["ece"].as_f64().unwrap()).abs() < 1e-12);
            for (bin, (p, y)) in
                found.bins.iter().zip(list("bin_confidence").iter().zip(list("bin_happened")))
            {
                assert!((bin.score - p).abs() < 1e-12 && (bin.share - y).abs() < 1e-12);
            }
            assert_eq!(found.bins.len(), list("bin_happened").len());
        }
    }

    #[test]
    fn sure_and_wrong_is_no_chance_and_true_forecasts_are() {
        let sure = CalibrationError::of(&[0.95; 60], &[false; 60], Seed(1)).unwrap();
        assert!(sure.error > 0.9 && sure.p < 0.001 && sure.by_chance < 0.1, "{sure:?}");
        let fair: Vec<bool> = (0..60).map(|i| i % 2 == 0).collect();
        let fair = CalibrationError::of(&[0.5; 60], &fair, Seed(1)).unwrap();
        assert!(fair.error < 1e-12 && fair.p > 0.9);
        assert!(CalibrationError::of(&[], &[], Seed(1)).is_err());
        assert!(
            CalibrationError::of(&[1.5], &[true], Seed(1)).unwrap_err().to_string().contains("from 0 to 1")
        );
    }
}
