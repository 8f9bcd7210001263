//! Numbers that are kept, and signs that are elected.

use super::method::Majority;
use ndarray::{Array2, Zip};

/// Keeps the share `density` of the numbers that is largest by magnitude, `least` of them at least, as PEFT's
/// `magnitude_based_pruning` (of which 0 may be left) and mergekit's `magnitude` (1).
pub(super) fn largest(x: &Array2<f64>, density: f64, least: usize) -> Array2<f64> {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share of a count, rounded down as there"
    )]
    let keep = ((density * x.len() as f64) as usize).max(least);
    let mut order: Vec<(f64, usize)> = x.iter().enumerate().map(|(i, v)| (v.abs(), i)).collect();
    // Of equals the first ones.
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut kept = vec![false; x.len()];
    order.iter().take(keep).for_each(|(_, i)| kept[*i] = true);
    let mut kept = kept.into_iter();
    x.map(|v| if kept.next().unwrap_or(false) { *v } else { 0.0 })
}

/// Keeps each number with the probability `density`; `keep` draws.
pub(super) fn drawn(x: &Array2<f64>, density: f64, keep: &mut dyn FnMut(f64) -> bool) -> Array2<f64> {
    x.map(|v| if keep(density) { *v } else { 0.0 })
}

/// What was kept of `x`, scaled so that its magnitudes sum to those of `x` (mergekit's `rescaled_masked_tensor`).
pub(super) fn as_large(kept: Array2<f64>, x: &Array2<f64>) -> Array2<f64> {
    const NOTHING: f64 = 1e-7;
    let sum = |x: &Array2<f64>| x.iter().map(|v| v.abs()).sum::<f64>();
    let (before, after) = (sum(x), sum(&kept));
    if before < NOTHING || after < NOTHING { kept } else { kept * (before / after) }
}

/// 1 or −1 where the majority has that sign; 1 where it is a draw.
pub(super) fn elected(tensors: &[Array2<f64>], majority: Majority) -> Array2<f64> {
    let mut sum = Array2::zeros(tensors.first().map_or((0, 0), Array2::dim));
    for x in tensors {
        match majority {
            Majority::Total => sum += x,
            Majority::Frequency => sum += &x.map(sign),
        }
    }
    sum.map(|s: &f64| if *s >= 0.0 { 1.0 } else { -1.0 })
}

/// The sum of the weighted numbers where `held` has the elected sign, divided by the sum of the divisors of those that went in.
pub(super) fn agreeing(
    weighted: &[Array2<f64>],
    held: &[Array2<f64>],
    divisors: &[f64],
    elected: &Array2<f64>,
) -> Array2<f64> {
    let mut sum = Array2::<f64>::zeros(elected.dim());
    let mut divisor = Array2::<f64>::zeros(elected.dim());
    for ((x, held), part) in weighted.iter().zip(held).zip(divisors) {
        Zip::from(&mut sum).and(&mut divisor).and(x).and(held).and(elected).for_each(
            |sum, divisor, x, held, elected| {
                if sign(held) == *elected {
                    *sum += x;
                    *divisor += part;
                }
            },
        );
    }
    Zip::from(&mut sum).and(&divisor).for_each(|sum, divisor| {
        *sum /= if *divisor == 0.0 { 1.0 } else { *divisor };
    });
    sum
}

fn sign(x: &f64) -> f64 {
    match x.total_cmp(&0.0) {
        _ if *x == 0.0 => 0.0,
        std::cmp::Ordering::Less => -1.0,
        _ => 1.0,
    }
}
