//! What a design can detect.

use super::distribution::{normal_quantile, student_quantile};
use super::summary::{mean, quantile, standard_deviation};
use crate::seed::Seed;
use rand::Rng;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The smallest loss that is found with `power`: margin + (t₁₋α,ᵥ + z_power)·s.
///
/// A loss counts as found when a one-sided test at level `alpha` shows that it exceeds the margin, so the true loss must
/// exceed the margin by what the test asks for and by what chance may take off (Julious 2010, §3; Bloom 1995). Where
/// several tests share a level, `alpha` is this one's part of it. `standard_error` is that of the paired difference, and
/// `degrees` (v) are its degrees of freedom. Infinite below one.
pub fn detectable_loss(margin: f64, standard_error: f64, degrees: usize, alpha: f64, power: f64) -> f64 {
    if degrees < 1 {
        return f64::INFINITY;
    }
    let t = student_quantile(1.0 - alpha, degrees as f64);
    margin + (t + normal_quantile(power)) * standard_error
}

/// Up to so many differences sign patterns are few enough to cost power; above, Student's test says what both find.
const FEW: usize = 16;
/// Made-up samples for one figure.
const SAMPLES: usize = 1_000;

/// Least differences whose sign patterns can reach the level at all: 2⁻ⁿ ≤ α.
pub fn least_units(alpha: f64) -> usize {
    (-alpha.log2()).ceil().max(2.0) as usize
}

/// As [`detectable_loss`], where a loss is found when Student's t *and* the exact sign flips of `n` differences both show it
/// at `alpha`: by simulation of normal differences, 1,000 of them, for 16 or fewer. None where the sign patterns are too few.
pub fn detectable_by_both(margin: f64, standard_error: f64, n: usize, alpha: f64, power: f64) -> Option<f64> {
    /// By n and the bits of α and power.
    static KNOWN: Mutex<BTreeMap<(usize, u64, u64), f64>> = Mutex::new(BTreeMap::new());
    if n < least_units(alpha) {
        return None;
    }
    if n > FEW {
        return Some(detectable_loss(margin, standard_error, n - 1, alpha, power));
    }
    let key = (n, alpha.to_bits(), power.to_bits());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let errors = *known.entry(key).or_insert_with(|| simulated(n, alpha, power));
    Some(margin + errors * standard_error)
}

/// How many standard errors a loss must lie beyond the margin.
fn simulated(n: usize, alpha: f64, power: f64) -> f64 {
    let root = (n as f64).sqrt();
    let t = student_quantile(1.0 - alpha, (n - 1) as f64);
    let most = (alpha * 2f64.powi(n as i32)) as u64;
    let mut rng = Seed(0).child("detectable by both").rng();
    let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
    let needed: Vec<f64> = (0..SAMPLES)
        .map(|_| {
            let mut x: Vec<f64> = (0..n).map(|_| normal()).collect();
            x.sort_by(|a, b| b.total_cmp(a));
            let by_student = t * standard_deviation(&x) + mean(&x) * root;
            let shows = |loss: f64| {
                let shifted: Vec<f64> = x.iter().map(|v| v - loss / root).collect();
                as_low(&shifted, 0.0, most + 1) <= most
            };
            // Once all differences are on one side, no other pattern is as low.
            let (mut low, mut high) = (by_student, by_student.max(x[0] * root + 1e-9));
            if shows(low) {
                return low;
            }
            while high - low > 1e-3 {
                let middle = f64::midpoint(low, high);
                if shows(middle) { high = middle } else { low = middle }
            }
            high
        })
        .collect();
    quantile(&needed, power).unwrap_or(f64::INFINITY)
}

/// Sign patterns whose sum is at least as low as the differences' own, up to `upto`: the sets of differences, largest
/// first, that sum to 0 or more, the empty one included.
fn as_low(differences: &[f64], sum: f64, upto: u64) -> u64 {
    let Some((first, rest)) = differences.split_first() else { return u64::from(sum >= 0.0) };
    let gains: f64 = differences.iter().filter(|d| **d > 0.0).sum();
    if upto == 0 || sum + gains < 0.0 {
        return 0;
    }
    let losses: f64 = differences.iter().filter(|d| **d < 0.0).sum();
    if sum + losses >= 0.0 {
        return (1 << differences.len()).min(upto);
    }
    let with = as_low(rest, sum + first, upto);
    with + as_low(rest, sum, upto - with)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{sign_flip_below, student_upper_tail};

    fn normals(seed: &str) -> impl FnMut() -> f64 {
        let mut rng = Seed(5).child(seed).rng();
        move || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0
    }

    #[test]
    fn a_loss_of_that_size_is_found_about_as_often_as_claimed() {
        let (n, spread, margin) = (16, 0.1, 0.02);
        let loss = detectable_loss(margin, spread / 4.0, n - 1, 0.025, 0.8);
        let t = student_quantile(0.975, 15.0);
        let mut normal = normals("one");
        let found = (0..2_000).filter(|_| {
            let d: Vec<f64> = (0..n).map(|_| spread * normal() - loss).collect();
            mean(&d) + t * standard_deviation(&d) / 4.0 < -margin
        });
        let power = found.count() as f64 / 2_000.0;
        assert!((0.76..0.84).contains(&power), "{power}");
        assert!(detectable_loss(0.0, 0.1, 0, 0.025, 0.8).is_infinite());
    }

    #[test]
    fn both_tests_together_find_what_is_claimed_also_at_the_levels_of_many_parts() {
        for (n, alpha) in [(16, 0.05 / 456.0), (16, 0.05 / 40.0), (10, 0.05 / 40.0), (16, 0.05 / 8.0)] {
            let loss =
                detectable_by_both(0.0, 1.0 / (n as f64).sqrt(), n, alpha, 0.8).expect("patterns enough");
            let mut normal = normals("both");
            let found = (0..400).filter(|_| {
                let d: Vec<f64> = (0..n).map(|_| normal() - loss).collect();
                let t = -mean(&d) / standard_deviation(&d) * (n as f64).sqrt();
                student_upper_tail(t.max(0.0), (n - 1) as f64) <= alpha
                    && sign_flip_below(&d, 0.0, Seed(0)).expect("finite") <= alpha
            });
            let power = found.count() as f64 / 400.0;
            assert!((0.73..0.87).contains(&power), "{n} at {alpha}: {power}");
            let student = detectable_loss(0.0, 1.0 / (n as f64).sqrt(), n - 1, alpha, 0.8);
            assert!(loss > 0.95 * student, "{n} at {alpha}: {loss} {student}");
        }
        assert_eq!((least_units(0.05 / 456.0), least_units(0.05 / 40.0), least_units(0.025)), (14, 10, 6));
        assert_eq!(detectable_by_both(0.0, 0.1, 13, 0.05 / 456.0, 0.8), None);
    }

    #[test]
    fn patterns_are_counted_as_the_test_counts_them() {
        let mut normal = normals("patterns");
        for _ in 0..50 {
            let mut d: Vec<f64> = (0..9).map(|_| normal() - 0.4).collect();
            d.sort_by(|a, b| b.total_cmp(a));
            let p = sign_flip_below(&d, 0.0, Seed(0)).expect("finite");
            assert_eq!(as_low(&d, 0.0, u64::MAX) as f64 / 512.0, p, "{d:?}");
        }
    }
}
