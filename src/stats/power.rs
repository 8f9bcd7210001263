//! What a design can detect.

use super::distribution::{normal_quantile, student_quantile};

/// The smallest loss that is found with `power`: margin + (t₁₋α,ₙ₋₁ + z_power)·s.
///
/// A loss counts as found when a one-sided test at level `alpha` shows that it exceeds the margin, so the true loss must
/// exceed the margin by what the test asks for and by what chance may take off (Julious 2010, §3; Bloom 1995). Where
/// several tests share a level, `alpha` is this one's part of it. `standard_error` is that of the paired difference over
/// `n` prompts. Infinite below two prompts.
pub fn detectable_loss(margin: f64, standard_error: f64, n: usize, alpha: f64, power: f64) -> f64 {
    if n < 2 {
        return f64::INFINITY;
    }
    let t = student_quantile(1.0 - alpha, (n - 1) as f64);
    margin + (t + normal_quantile(power)) * standard_error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::stats::{mean, standard_deviation};
    use rand::Rng;

    #[test]
    fn a_loss_of_that_size_is_found_about_as_often_as_claimed() {
        let (n, spread, margin) = (16, 0.1, 0.02);
        let loss = detectable_loss(margin, spread / 4.0, n, 0.025, 0.8);
        let t = student_quantile(0.975, 15.0);
        let mut rng = Seed(5).rng();
        let mut normal = || (0..12).map(|_| rng.random::<f64>()).sum::<f64>() - 6.0;
        let found = (0..2_000).filter(|_| {
            let d: Vec<f64> = (0..n).map(|_| spread * normal() - loss).collect();
            mean(&d) + t * standard_deviation(&d) / 4.0 < -margin
        });
        let power = found.count() as f64 / 2_000.0;
        assert!((0.76..0.84).contains(&power), "{power}");
        assert!(detectable_loss(0.0, 0.1, 1, 0.025, 0.8).is_infinite());
    }
}
