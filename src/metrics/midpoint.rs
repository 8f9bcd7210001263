//! The weight at which a curve crosses the middle.

use ndarray::Array2;
use rand::Rng;

use crate::error::Result;
use crate::stats::{Bootstrap, Estimate, Interval, Method, mean, quantile, standard_deviation};

/// Where the curve crosses.
const MIDDLE: f64 = 0.5;

/// The weight at which the mean over prompts of `positions` (prompts × weights) crosses 0.5.
///
/// The means are made monotone first (isotonic regression, pool adjacent violators: Ayer et al. 1955), then joined by
/// straight lines. The interval is the percentile bootstrap over prompts; a resample whose curve stays below counts as
/// crossing at the last weight, one that stays above at the first. None where the curve itself does not cross.
///
/// # Errors
/// Resamples that make no interval.
pub(super) fn midpoint(
    weights: &[f64],
    positions: &Array2<f64>,
    bootstrap: &Bootstrap,
) -> Result<Option<Estimate>> {
    let curve = |prompts: &[usize]| -> Vec<f64> {
        let at = |step: usize| mean(&prompts.iter().map(|p| positions[[*p, step]]).collect::<Vec<_>>());
        isotonic(&(0..weights.len()).map(at).collect::<Vec<_>>())
    };
    let prompts = positions.nrows();
    let own = curve(&(0..prompts).collect::<Vec<_>>());
    if own[0] >= MIDDLE || own[own.len() - 1] <= MIDDLE {
        return Ok(None);
    }
    let mut rng = bootstrap.seed.rng();
    let mut draw = || {
        let drawn: Vec<usize> = (0..prompts).map(|_| rng.random_range(0..prompts)).collect();
        crossing(weights, &curve(&drawn))
    };
    let crossings: Vec<f64> = (0..bootstrap.resamples).map(|_| draw()).collect();
    let tail = (1.0 - bootstrap.level) / 2.0;
    let interval = Interval {
        low: quantile(&crossings, tail)?,
        high: quantile(&crossings, 1.0 - tail)?,
        standard_error: standard_deviation(&crossings),
        level: bootstrap.level,
        method: Method::Percentile,
    };
    Ok(Some(Estimate::new(crossing(weights, &own), &interval, prompts, "weight", true)))
}

/// The nearest curve that does not fall (least squares, all points weighing the same).
fn isotonic(values: &[f64]) -> Vec<f64> {
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for value in values {
        let mut block = (*value, 1);
        while let Some((before, n)) = blocks.pop_if(|(before, _)| *before > block.0) {
            block = ((before * n as f64 + block.0 * block.1 as f64) / (n + block.1) as f64, n + block.1);
        }
        blocks.push(block);
    }
    blocks.into_iter().flat_map(|(value, n)| std::iter::repeat_n(value, n)).collect()
}

/// Where a curve that does not fall reaches the middle; its first or last weight where it lies above or below.
fn crossing(weights: &[f64], curve: &[f64]) -> f64 {
    match curve.iter().position(|v| *v >= MIDDLE) {
        None => weights[weights.len() - 1],
        Some(0) => weights[0],
        Some(i) => {
            let share = (MIDDLE - curve[i - 1]) / (curve[i] - curve[i - 1]);
            weights[i - 1] + share * (weights[i] - weights[i - 1])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use ndarray::arr2;

    #[test]
    fn what_falls_is_pooled_and_what_rises_stays() {
        assert_eq!(isotonic(&[0.0, 0.4, 0.2, 1.0]), [0.0, 0.30000000000000004, 0.30000000000000004, 1.0]);
        assert_eq!(isotonic(&[3.0, 2.0, 1.0]), [2.0; 3]);
        assert_eq!(isotonic(&[0.0, 0.5, 1.0]), [0.0, 0.5, 1.0]);
    }

    #[test]
    fn a_curve_crosses_on_the_line_between_two_weights() {
        let weights = [0.0, 0.5, 1.0];
        assert_eq!(crossing(&weights, &[0.0, 0.25, 0.75]), 0.75);
        assert_eq!(crossing(&weights, &[0.6, 0.7, 0.8]), 0.0);
        assert_eq!(crossing(&weights, &[0.0, 0.1, 0.2]), 1.0);
    }

    #[test]
    fn prompts_that_agree_give_a_narrow_interval_and_no_crossing_gives_none() {
        let bootstrap = Bootstrap { resamples: 500, ..Bootstrap::new(Seed(3)) };
        let curves = arr2(&[[0.0, 0.4, 1.0], [0.1, 0.5, 0.9], [0.0, 0.3, 1.0], [0.1, 0.4, 0.9]]);
        let found = midpoint(&[0.0, 0.5, 1.0], &curves, &bootstrap).unwrap().expect("it crosses");
        assert!((found.point - 0.59).abs() < 0.02 && found.contains(found.point), "{found:?}");
        assert!(found.high - found.low < 0.2 && found.method == Method::Percentile, "{found:?}");
        let flat = arr2(&[[0.0, 0.1, 0.2], [0.1, 0.1, 0.3]]);
        assert_eq!(midpoint(&[0.0, 0.5, 1.0], &flat, &bootstrap).unwrap(), None);
    }
}
