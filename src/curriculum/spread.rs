//! One persona's examples over its cells: in proportion to their weights, as far as they go.

/// Cells of one persona, and how many examples they are to give together.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// Examples to take; at most the sum of what is available.
    pub count: f64,
    /// Traits and examples of each cell, one example at least.
    pub kinds: Vec<(u32, f64)>,
}

/// What one cell gives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Given {
    /// Examples, from 0 to what is available.
    pub count: f64,
    /// Whether a little more weight would bring a little more.
    pub free: bool,
}

impl Group {
    /// `n_c = min(A_c, A_c·exp(μ + Σ_{t∈c} λ_t))`, with the `μ` at which they sum to `count`.
    ///
    /// In logarithms throughout: multipliers of some hundreds would overflow. A cell is full from `μ = −Σ λ_t` on, so the
    /// cells fill in the order of that sum, and between two of them `μ` is a difference of logarithms: no search.
    pub fn spread(&self, multipliers: &[f64]) -> Vec<Given> {
        // All of everything: a sum that is reached by a hair leaves no cell free.
        if self.count >= self.kinds.iter().map(|(_, a)| a).sum::<f64>() * (1.0 - 1e-12) {
            return self.kinds.iter().map(|(_, a)| Given { count: *a, free: false }).collect();
        }
        let lift: Vec<f64> = self.kinds.iter().map(|(traits, _)| sum_over(*traits, multipliers)).collect();
        let weight = |i: usize| self.kinds[i].1.ln() + lift[i];
        let mut order: Vec<usize> = (0..lift.len()).collect();
        order.sort_by(|&a, &b| lift[b].total_cmp(&lift[a]).then(a.cmp(&b)));
        // After this, `open[k]` is the logarithm of the weights of the cells from the k-th on.
        let mut open: Vec<f64> = order.iter().map(|&i| weight(i)).collect();
        for k in (1..open.len()).rev() {
            open[k - 1] = log_add(open[k - 1], open[k]);
        }
        let mut given = vec![Given { count: 0.0, free: false }; lift.len()];
        let mut left = self.count;
        for (k, &i) in order.iter().enumerate() {
            if left <= 0.0 {
                break;
            }
            let level = left.ln() - open[k];
            if level + lift[i] >= 0.0 {
                given[i].count = self.kinds[i].1;
                left -= self.kinds[i].1;
                continue;
            }
            for &i in &order[k..] {
                given[i] = Given { count: (level + weight(i)).exp().min(self.kinds[i].1), free: true };
            }
            break;
        }
        given
    }
}

/// The sum of `values` over the bits that are set.
fn sum_over(traits: u32, values: &[f64]) -> f64 {
    values.iter().enumerate().filter(|(bit, _)| traits >> bit & 1 == 1).map(|(_, v)| v).sum()
}

fn log_add(a: f64, b: f64) -> f64 {
    let (high, low) = if a >= b { (a, b) } else { (b, a) };
    high + (low - high).exp().ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(count: f64, kinds: &[(u32, f64)], multipliers: &[f64]) -> Vec<f64> {
        Group { count, kinds: kinds.to_vec() }.spread(multipliers).iter().map(|g| g.count).collect()
    }

    #[test]
    fn without_multipliers_the_proportions_stay() {
        let n = counts(10.0, &[(0, 30.0), (1, 10.0)], &[0.0]);
        assert!((n[0] - 7.5).abs() < 1e-9 && (n[1] - 2.5).abs() < 1e-9, "{n:?}");
    }

    #[test]
    fn a_full_cell_leaves_the_rest_to_the_others_however_large_the_multiplier() {
        for multiplier in [5.0, 200.0, 2000.0] {
            let n = counts(20.0, &[(0, 30.0), (1, 10.0), (2, 30.0)], &[multiplier, 0.0]);
            assert!(n.iter().zip([5.0, 10.0, 5.0]).all(|(a, b)| (a - b).abs() < 1e-9), "{n:?}");
        }
        assert_eq!(counts(40.0, &[(0, 30.0), (1, 10.0)], &[-3.0]), [30.0, 10.0]);
        assert_eq!(counts(0.0, &[(0, 30.0)], &[]), [0.0]);
    }
}
