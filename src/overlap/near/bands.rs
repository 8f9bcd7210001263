//! Into how many bands of how many MinHash values a signature is cut.

/// Longest signature.
const MOST_VALUES: usize = 128;
/// Least Jaccard index that bands can be made for.
#[cfg_attr(not(feature = "data"), allow(dead_code, reason = "only the data commands ask for it"))]
pub(crate) const LEAST: f64 = 0.3;
/// Share of the pairs right at the threshold that may be missed.
const MISSED: f64 = 0.005;

/// Bands of a signature: two texts are compared if all values of some band are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bands {
    /// How many.
    pub count: usize,
    /// Values of each.
    pub rows: usize,
}

impl Bands {
    /// For a Jaccard index of [`LEAST`] or more from which texts count as near-duplicates: the longest bands, which let the fewest others pass, that
    /// miss at most one pair in 200 of those right at it.
    pub(crate) fn of(threshold: f64) -> Self {
        let fitting = |rows: usize| {
            // A band agrees with probability threshold^rows, some of n bands with 1 - (1 - threshold^rows)^n.
            let missing = (-threshold.powi(i32::try_from(rows).unwrap_or(i32::MAX))).ln_1p();
            // The cast is of a positive number; infinity saturates.
            let count = (MISSED.ln() / missing).ceil().max(1.0) as usize;
            (count.saturating_mul(rows) <= MOST_VALUES).then_some(Self { count, rows })
        };
        (1..=16).rev().find_map(fitting).unwrap_or(Self { count: MOST_VALUES, rows: 1 })
    }

    /// MinHash values of a signature.
    pub(super) fn values(self) -> usize {
        self.count * self.rows
    }

    /// Probability that two texts of a Jaccard index are compared.
    #[cfg_attr(not(feature = "data"), allow(dead_code, reason = "only the data commands ask for it"))]
    pub(crate) fn recall(self, jaccard: f64) -> f64 {
        // Both are at most 128.
        1.0 - (1.0 - jaccard.powi(self.rows as i32)).powi(self.count as i32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bands_miss_few_pairs_and_let_few_others_pass() {
        // 17 bands of 6 miss 0.57 % at 0.8, 18 miss 0.42 %.
        assert_eq!(Bands::of(0.8), Bands { count: 18, rows: 6 });
        for threshold in [LEAST, 0.4, 0.5, 0.7, 0.9, 0.95, 1.0] {
            let bands = Bands::of(threshold);
            assert!(bands.values() <= MOST_VALUES && bands.recall(threshold) >= 1.0 - MISSED, "{bands:?}");
        }
        assert!(Bands::of(0.8).recall(0.4) < 0.1);
    }
}
