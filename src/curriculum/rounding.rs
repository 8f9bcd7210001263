//! Whole numbers for shares: largest remainders, with the sum kept, no bound passed, and traits held in balance.
//!
//! Hare's method of the largest remainder gives each share its whole part and the missing ones to the largest remainders,
//! which makes Σ (n − x)² least (Balinski & Young 1982). Within a persona the sum of squares also counts how far each
//! trait has drifted over the personas rounded so far, so that sixty personas do not all err to the same side.

/// A share to be rounded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// The share, at least 0.
    pub share: f64,
    /// The most that it may become.
    pub most: u64,
    /// Traits whose drift it bears on; 0 for none.
    pub traits: u32,
}

/// How far the whole numbers stand above the shares, for each trait.
#[derive(Debug, Clone)]
pub(super) struct Drift(Vec<f64>);

impl Drift {
    /// No drift, for so many traits.
    pub fn none(traits: usize) -> Self {
        Self(vec![0.0; traits])
    }

    fn add(&mut self, traits: u32, change: f64) {
        for (bit, drift) in self.0.iter_mut().enumerate() {
            if traits >> bit & 1 == 1 {
                *drift += change;
            }
        }
    }

    /// By how much Σ drift² grows where a part with these traits is raised by `step`.
    fn cost(&self, traits: u32, step: f64) -> f64 {
        let shown = self.0.iter().enumerate().filter(|(bit, _)| traits >> bit & 1 == 1);
        shown.map(|(_, drift)| 2.0 * step * drift + 1.0).sum()
    }
}

/// Rounds the parts so that they sum to `total`; equal claims go to the earlier part.
///
/// Where the bounds leave less than `total`, every part is at its bound.
pub(super) fn round(parts: &[Part], total: u64, drift: &mut Drift) -> Vec<u64> {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share is at least 0")]
    let mut whole: Vec<u64> =
        parts.iter().map(|p| ((p.share + SLACK).floor().max(0.0) as u64).min(p.most)).collect();
    for (part, n) in parts.iter().zip(&whole) {
        drift.add(part.traits, *n as f64 - part.share);
    }
    let mut sum: u64 = whole.iter().sum();
    while sum != total {
        let up = sum < total;
        let step = if up { 1.0 } else { -1.0 };
        let claim = |i: usize| {
            let (part, n) = (&parts[i], whole[i] as f64);
            1.0 + 2.0 * step * (n - part.share) + drift.cost(part.traits, step)
        };
        let free = (0..parts.len()).filter(|&i| if up { whole[i] < parts[i].most } else { whole[i] > 0 });
        let Some(next) = free.min_by(|&a, &b| claim(a).total_cmp(&claim(b))) else { break };
        if up {
            whole[next] += 1
        } else {
            whole[next] -= 1
        }
        if up {
            sum += 1
        } else {
            sum -= 1
        }
        drift.add(parts[next].traits, step);
    }
    whole
}

/// A share this little below a whole number is that number: what floating point leaves of it.
const SLACK: f64 = 1e-7;

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(shares: &[f64], most: u64, total: u64) -> Vec<u64> {
        let parts: Vec<Part> = shares.iter().map(|&share| Part { share, most, traits: 0 }).collect();
        round(&parts, total, &mut Drift::none(0))
    }

    #[test]
    fn the_largest_remainders_get_what_is_missing_and_ties_go_to_the_first() {
        assert_eq!(plain(&[1.2, 2.7, 3.1], 9, 7), [1, 3, 3]);
        assert_eq!(plain(&[0.5, 0.5, 0.5, 0.5], 9, 2), [1, 1, 0, 0]);
        assert_eq!(plain(&[2.999_999_999_9, 1.0], 9, 4), [3, 1]);
    }

    #[test]
    fn no_part_passes_its_bound_and_bounds_that_leave_too_little_are_all_reached() {
        assert_eq!(plain(&[2.9, 1.1], 2, 4), [2, 2]);
        assert_eq!(plain(&[2.9, 1.1], 1, 4), [1, 1]);
    }

    #[test]
    fn a_trait_does_not_drift_to_one_side_over_many_personas() {
        let mut drift = Drift::none(1);
        let parts = [(0.4, 1), (0.6, 0)].map(|(share, traits)| Part { share, most: 5, traits });
        let shown: u64 = (0..100).map(|_| round(&parts, 1, &mut drift)[0]).sum();
        assert!((39..=41).contains(&shown), "{shown} of 100 where 40 are due");
    }
}
