//! Interval of a proportion.

use super::estimate::{Interval, Method};
use super::normal_quantile;
use crate::error::{Error, Result};

/// Wilson's score interval of `successes` out of `trials` independent trials (Wilson 1927, no continuity correction).
///
/// With p̂ = s/n and z the normal quantile: (p̂ + z²/2n ± z·√(p̂(1−p̂)/n + z²/4n²)) / (1 + z²/n).
/// For responses that share a prompt use the cluster bootstrap instead.
///
/// # Errors
/// No trials, more successes than trials, or a level outside (0, 1).
pub fn wilson(successes: usize, trials: usize, level: f64) -> Result<Interval> {
    if trials == 0 || successes > trials || !(level > 0.0 && level < 1.0) {
        return Err(Error::input(format!("{successes} of {trials} at level {level} is not a proportion"))
            .expected("1 or more trials, no more successes than trials, a level between 0 and 1"));
    }
    let n = trials as f64;
    let share = successes as f64 / n;
    let (low, high) = wilson_share(share, n, level);
    let standard_error = (share * (1.0 - share) / n).sqrt();
    Ok(Interval { low, high, standard_error, level, method: Method::Wilson })
}

/// Wilson's interval for a share of `n` trials, which need not be whole.
pub(super) fn wilson_share(share: f64, n: f64, level: f64) -> (f64, f64) {
    let z = normal_quantile(0.5 + level / 2.0);
    let z2 = z * z;
    let centre = share + z2 / (2.0 * n);
    let half = z * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z2 / n;
    // Rounding must not keep a perfect score out of its own interval.
    let low = if share <= 0.0 { 0.0 } else { ((centre - half) / scale).max(0.0) };
    let high = if share >= 1.0 { 1.0 } else { ((centre + half) / scale).min(1.0) };
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_extremes_keep_their_own_point_and_nothing_is_refused() {
        let none = wilson(0, 10, 0.95).expect("a proportion");
        assert_eq!(none.low, 0.0);
        assert!((none.high - 0.277_532_799).abs() < 1e-8, "{}", none.high);
        assert_eq!(wilson(10, 10, 0.95).expect("a proportion").high, 1.0);
        assert!(wilson(1, 0, 0.95).is_err() && wilson(2, 1, 0.95).is_err() && wilson(1, 2, 1.0).is_err());
    }
}
