//! Family-wise error control for short families of tests.

use super::fdr::ascending;
use crate::error::Result;

/// Holm's step-down adjusted p-values, in the order given (Holm 1979).
///
/// For the i-th smallest of m: max over j ≤ i of min(1, (m − j + 1)·p₍ⱼ₎). Rejecting those ≤ α keeps the chance
/// of any false rejection ≤ α under every dependence. For long tables use [`super::benjamini_hochberg`].
///
/// # Errors
/// A p-value that is not in 0..=1.
pub fn holm(p_values: &[f64]) -> Result<Vec<f64>> {
    let order = ascending("Holm", p_values)?;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut largest = 0f64;
    for (rank, &place) in order.iter().enumerate() {
        largest = largest.max(((p_values.len() - rank) as f64 * p_values[place]).min(1.0));
        adjusted[place] = largest;
    }
    Ok(adjusted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjusted_values_step_down_and_never_fall() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]).expect("p-values");
        for (found, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-12, "{adjusted:?}");
        }
        assert!(holm(&[]).expect("nothing to adjust").is_empty());
        assert!(holm(&[0.5, f64::NAN]).is_err());
    }
}
