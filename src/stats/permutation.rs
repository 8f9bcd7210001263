//! Permutation p-values.

use rand::Rng;

use super::summary::{check_finite, mean};
use crate::error::{Error, Result};
use crate::seed::Seed;

/// One-sided p = (hits + 1)/(n + 1), where a hit is a null value at least as large as `observed`.
///
/// Never 0: the observed labelling is itself one of the permutations (Phipson & Smyth 2010). Values equal to within
/// 1e-12 count as hits. The smallest p is 1/(n + 1).
pub fn p_value(observed: f64, null: &[f64]) -> f64 {
    let hits = null.iter().filter(|&&v| v >= observed - 1e-12).count();
    (hits + 1) as f64 / (null.len() + 1) as f64
}

/// Two-sided sign-flip test that paired differences (one a prompt) have mean 0.
///
/// Under the null each prompt's difference is as likely to have the other sign; p counts |mean*| ≥ |mean|.
///
/// # Errors
/// No differences, or one that is not finite.
pub fn sign_flip(differences: &[f64], permutations: usize, seed: Seed) -> Result<f64> {
    check_finite("sign-flip test", differences)?;
    if differences.is_empty() {
        return Err(Error::input("a sign-flip test needs at least one difference"));
    }
    let mut rng = seed.rng();
    let null: Vec<f64> = (0..permutations)
        .map(|_| {
            let sum: f64 = differences.iter().map(|&d| if rng.random::<bool>() { d } else { -d }).sum();
            (sum / differences.len() as f64).abs()
        })
        .collect();
    Ok(p_value(mean(differences).abs(), &null))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_is_never_zero_and_counts_ties_as_hits() {
        assert_eq!(p_value(5.0, &[1.0, 2.0, 3.0]), 0.25);
        assert_eq!(p_value(2.0, &[1.0, 2.0, 3.0]), 0.75);
        assert_eq!(p_value(2.0, &[]), 1.0);
    }

    #[test]
    fn a_sign_flip_test_sees_a_shift_and_not_a_balance() {
        let shifted: Vec<f64> = (0..16).map(|i| 1.0 + 0.1 * f64::from(i % 5)).collect();
        assert!(sign_flip(&shifted, 999, Seed(3)).expect("finite") < 0.01);
        let balanced: Vec<f64> = (0..16).map(|i| if i % 2 == 0 { 1.0 } else { -1.0 }).collect();
        assert!(sign_flip(&balanced, 999, Seed(3)).expect("finite") > 0.5);
    }
}
