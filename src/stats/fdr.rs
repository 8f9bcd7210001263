//! False-discovery control for long tables of tests.

use crate::error::{Error, Result};

/// Benjamini–Hochberg q-values, in the order given (Benjamini & Hochberg 1995).
///
/// For the i-th smallest of m: min over j ≥ i of min(1, m/j·p₍ⱼ₎). Rejecting those ≤ α keeps the expected share
/// of false rejections ≤ α for independent or positively dependent tests.
///
/// # Errors
/// A p-value that is not in 0..=1.
pub fn benjamini_hochberg(p_values: &[f64]) -> Result<Vec<f64>> {
    let order = ascending("Benjamini-Hochberg", p_values)?;
    let m = p_values.len() as f64;
    let mut adjusted = vec![0.0; p_values.len()];
    let mut smallest = 1f64;
    for (rank, &place) in order.iter().enumerate().rev() {
        smallest = smallest.min(m / (rank + 1) as f64 * p_values[place]);
        adjusted[place] = smallest;
    }
    Ok(adjusted)
}

/// Indices of the p-values from the smallest up, after checking their range; `what` names the method.
pub(super) fn ascending(what: &str, p_values: &[f64]) -> Result<Vec<usize>> {
    if let Some(place) = p_values.iter().position(|p| !(0.0..=1.0).contains(p)) {
        return Err(Error::input(format!("{what}: p-value {place} is {}", p_values[place]))
            .expected("a number between 0 and 1"));
    }
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn q_values_step_up_and_keep_the_order() {
        let q = benjamini_hochberg(&[0.01, 0.04, 0.03, 0.005]).expect("p-values");
        for (found, expected) in q.iter().zip([0.02, 0.04, 0.04, 0.02]) {
            assert!((found - expected).abs() < 1e-12, "{q:?}");
        }
        assert!(benjamini_hochberg(&[-0.1]).is_err());
    }
}
