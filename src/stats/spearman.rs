//! Rank correlation.

use super::summary::{check_finite, mean};
use crate::error::{Error, Result};

/// Ranks from 1; ties share the mean of their places.
pub fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let same = order[start..].iter().take_while(|&&i| values[i] == values[order[start]]).count();
        let shared = start as f64 + (same as f64 + 1.0) / 2.0;
        order[start..start + same].iter().for_each(|&i| ranks[i] = shared);
        start += same;
    }
    ranks
}

/// Spearman's ρ: Pearson's correlation of the ranks, in −1..=1 (Spearman 1904).
///
/// # Errors
/// Lengths that differ, fewer than two pairs, a value that is not finite, or a side that is constant.
pub fn spearman(x: &[f64], y: &[f64]) -> Result<f64> {
    check_finite("Spearman correlation", x)?;
    check_finite("Spearman correlation", y)?;
    if x.len() != y.len() || x.len() < 2 {
        return Err(Error::input(format!("Spearman correlation of {} and {} values", x.len(), y.len()))
            .expected("two lists of the same length, 2 or more"));
    }
    let (rx, ry) = (ranks(x), ranks(y));
    let (mx, my) = (mean(&rx), mean(&ry));
    let sum =
        |f: &dyn Fn(f64, f64) -> f64| -> f64 { rx.iter().zip(&ry).map(|(a, b)| f(a - mx, b - my)).sum() };
    let (xy, xx, yy) = (sum(&|a, b| a * b), sum(&|a, _| a * a), sum(&|_, b| b * b));
    if xx == 0.0 || yy == 0.0 {
        return Err(Error::input("Spearman correlation of a constant list is not defined"));
    }
    Ok((xy / (xx * yy).sqrt()).clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_a_rank_and_order_alone_decides() {
        assert_eq!(ranks(&[10.0, 20.0, 10.0]), vec![1.5, 3.0, 1.5]);
        assert_eq!(spearman(&[1.0, 2.0, 9.0], &[1.0, 8.0, 9.0]).expect("defined"), 1.0);
        assert_eq!(spearman(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]).expect("defined"), -1.0);
        assert!(spearman(&[1.0, 1.0], &[1.0, 2.0]).is_err());
        assert!(spearman(&[1.0, f64::INFINITY], &[1.0, 2.0]).is_err());
    }
}
