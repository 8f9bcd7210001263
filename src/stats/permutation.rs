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

/// Up to so many differences all sign patterns are counted (65,536); above, they are drawn.
const ALL_PATTERNS: usize = 16;
/// Sign patterns drawn where there are too many to count.
const DRAWN: usize = 65_535;

/// One-sided sign-flip p that the mean of paired differences (one a prompt) is below `bound`.
///
/// Under the null, mean `bound`, each difference is as likely to lie as far on the other side of it; p counts the sign
/// patterns whose mean is at least as low. Exact for up to 16 differences: the smallest p is 2⁻ⁿ. Cost: O(65,536 · n).
///
/// # Errors
/// No differences, or one that is not finite.
pub fn sign_flip_below(differences: &[f64], bound: f64, seed: Seed) -> Result<f64> {
    check_finite("sign-flip test", differences)?;
    let n = differences.len();
    if n == 0 {
        return Err(Error::input("a sign-flip test needs at least one difference"));
    }
    let shifted: Vec<f64> = differences.iter().map(|d| d - bound).collect();
    let observed: f64 = shifted.iter().sum();
    let slack = 1e-12 * shifted.iter().map(|d| d.abs()).sum::<f64>();
    if n <= ALL_PATTERNS {
        // Gray code: each pattern differs from the one before in one sign.
        let mut signs = vec![1.0f64; n];
        let (mut sum, mut hits) = (observed, 1usize);
        for pattern in 1..1usize << n {
            let i = pattern.trailing_zeros() as usize;
            signs[i] = -signs[i];
            sum += 2.0 * signs[i] * shifted[i];
            hits += usize::from(sum <= observed + slack);
        }
        return Ok(hits as f64 / (1usize << n) as f64);
    }
    let mut rng = seed.rng();
    let drawn = (0..DRAWN).map(|_| {
        let flips: u64 = rng.random();
        let (mut bits, mut sum) = (flips, 0.0);
        for (i, d) in shifted.iter().enumerate() {
            if i % 64 == 0 && i > 0 {
                bits = rng.random();
            }
            sum += if bits & 1 == 1 { *d } else { -*d };
            bits >>= 1;
        }
        sum
    });
    let hits = drawn.filter(|sum| *sum <= observed + slack).count();
    Ok((hits + 1) as f64 / (DRAWN + 1) as f64)
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

    #[test]
    fn one_sided_patterns_are_counted_exactly_and_drawn_ones_agree() {
        // All four differences lie below the bound: only the observed pattern is as low.
        assert_eq!(sign_flip_below(&[-1.0, -2.0, -0.5, -3.0], 0.0, Seed(0)).expect("finite"), 1.0 / 16.0);
        assert_eq!(sign_flip_below(&[1.0, 2.0], 0.0, Seed(0)).expect("finite"), 1.0);
        // With the bound at the mean, half the patterns and the ties are as low.
        let p = sign_flip_below(&[-1.0, 1.0, -1.0, 1.0], 0.0, Seed(0)).expect("finite");
        assert_eq!(p, 11.0 / 16.0);
        let many: Vec<f64> = (0..16).map(|i| f64::from(i * 7 % 16) - 9.0).collect();
        let counted = sign_flip_below(&many, 0.0, Seed(1)).expect("finite");
        // One more difference, exactly at the bound, changes nothing but the method.
        let drawn = sign_flip_below(&[&many[..], &[0.0]].concat(), 0.0, Seed(1)).expect("finite");
        assert!((counted - drawn).abs() < 0.01, "{counted} {drawn}");
    }
}
