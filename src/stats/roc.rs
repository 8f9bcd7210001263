//! Area under the ROC curve.

use super::spearman::ranks;
use super::summary::check_finite;
use crate::error::{Error, Result};

/// Chance that a score of `with` is above one of `without`, ties counting half, 0..=1: the area under the ROC curve, which
/// is Mann & Whitney's U over the number of pairs (Hanley & McNeil 1982). Cost: O(n log n).
///
/// # Errors
/// No scores on one side, or one that is not finite.
pub fn roc_auc(with: &[f64], without: &[f64]) -> Result<f64> {
    check_finite("ROC curve", with)?;
    check_finite("ROC curve", without)?;
    if with.is_empty() || without.is_empty() {
        return Err(Error::input(format!("a ROC curve of {} and {} scores", with.len(), without.len()))
            .expected("one score or more on either side"));
    }
    let all: Vec<f64> = with.iter().chain(without).copied().collect();
    let sum: f64 = ranks(&all)[..with.len()].iter().sum();
    let (m, n) = (with.len() as f64, without.len() as f64);
    Ok((sum - m * (m + 1.0) / 2.0) / (m * n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_the_share_of_pairs_in_order() {
        assert_eq!(roc_auc(&[3.0, 4.0], &[1.0, 2.0]).expect("scores"), 1.0);
        assert_eq!(roc_auc(&[1.0, 1.0], &[1.0]).expect("scores"), 0.5);
        assert_eq!(roc_auc(&[1.0, 3.0], &[2.0, 1.0]).expect("scores"), 2.5 / 4.0);
        assert!(roc_auc(&[], &[1.0]).is_err() && roc_auc(&[f64::NAN], &[1.0]).is_err());
    }
}
