//! The temperature that makes probabilities true: one number that divides all scores.

use super::training::HeldOut;

/// Temperatures lie between e^-2 and e^3.
const RANGE: (f64, f64) = (-2.0, 3.0);
/// Halvings of the range, to below a thousandth.
const STEPS: usize = 40;

/// The temperature with the least mean negative logarithm of the true category's probability, every source counting alike
/// (Guo et al. 2017); 1 without predictions. The loss has one minimum in 1/T; golden-section search finds it.
pub(super) fn best_temperature(held_out: &[HeldOut]) -> f32 {
    if held_out.is_empty() {
        return 1.0;
    }
    let sources = held_out.iter().map(|h| h.source).max().unwrap_or(0) + 1;
    let mut sizes = vec![0usize; sources];
    held_out.iter().for_each(|h| sizes[h.source] += 1);
    let loss = |ln: f64| -> f64 {
        let one = |h: &HeldOut| {
            let scaled = h.scores.map(|s| f64::from(s) / ln.exp());
            let most = scaled.iter().copied().fold(f64::MIN, f64::max);
            let sum: f64 = scaled.iter().map(|s| (s - most).exp()).sum();
            (sum.ln() + most - scaled[h.category]) / sizes[h.source] as f64
        };
        held_out.iter().map(one).sum()
    };
    let ratio = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = RANGE;
    for _ in 0..STEPS {
        let (left, right) = (high - ratio * (high - low), low + ratio * (high - low));
        if loss(left) < loss(right) { high = right } else { low = left }
    }
    ((low + high) / 2.0).exp() as f32
}

#[cfg(test)]
mod tests {
    use super::super::classifier::CATEGORIES;
    use super::*;

    #[test]
    fn scores_that_claim_too_much_are_cooled_to_the_share_that_is_right() {
        // Right three times in four, each time with a score of 8 against 0: p = 3/4 wants e^(8/T) / (e^(8/T) + 7) = 3/4.
        let mut scores = [0f32; CATEGORIES];
        scores[0] = 8.0;
        let held = |category| HeldOut { sample: 0, source: 0, category, scores };
        let found = best_temperature(&[held(0), held(0), held(0), held(1)]);
        assert!((f64::from(found) - 8.0 / 21f64.ln()).abs() < 0.01, "{found}");
        assert_eq!(best_temperature(&[]), 1.0);
    }
}
