//! How many examples each persona gives to a phase.
//!
//! A persona with a weight `w` has the target share `w`, as cap and as floor. The others share what is left in proportion
//! to `u·A`: their real examples times their upsampling factor, or all that they have where that is more. A phase renormalises over its personas. Weighted ones give
//! `min(A, g·N)`; the others fill the rest by water-filling, `min(A, λ·g)`, which is the I-projection of the shares `g` on
//! what is available: with Lagrange's multiplier of the sum, and each bound active where its share would pass it (Csiszár
//! 1975; Boyd & Vandenberghe 2004, §5.5.3). Where the others cannot fill the rest, the phase shrinks to the largest size
//! at which no weighted persona passes its share: nobody's cap is raised, and no example is taken twice.

use std::collections::BTreeMap;

use super::config::Config;
use super::supply::Supply;

/// A persona's claim on a phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Claim {
    /// Its share of the phase; all claims of a phase sum to 1, unless nobody has any.
    pub share: f64,
    /// Whether the share is a weight: cap and floor.
    pub weighted: bool,
    /// How many examples it has.
    pub available: u64,
}

/// Target shares of all personas that have a weight, or examples and a phase; they sum to 1 where unweighted examples take up
/// the rest.
pub(super) fn target_shares(config: &Config, supply: &Supply) -> BTreeMap<String, f64> {
    let given: f64 = config.persona_weights.values().sum();
    let in_a_phase = |persona: &str| config.phases.iter().any(|f| f.personas.iter().any(|p| p == persona));
    let others =
        || supply.personas().filter(|p| !config.persona_weights.contains_key(*p)).filter(|p| in_a_phase(p));
    let worth = |persona: &str| supply.grown(persona, config.factor(persona));
    let whole: f64 = others().map(worth).sum();
    let left = (1.0 - given).max(0.0);
    let mut shares = config.persona_weights.clone();
    shares.extend(others().map(|persona| (persona.to_owned(), left * worth(persona) / whole)));
    shares
}

/// Claims with shares that sum to 1.
pub(super) fn renormalised(mut claims: Vec<Claim>) -> Vec<Claim> {
    let sum: f64 = claims.iter().map(|c| c.share).sum();
    if sum > 0.0 {
        claims.iter_mut().for_each(|c| c.share /= sum);
    }
    claims
}

/// What the claims give.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Quota {
    /// The size that can be filled, at most the one wanted.
    pub size: f64,
    /// The persona counts before rounding; they sum to `size`.
    pub counts: Vec<f64>,
}

/// Fills a phase of `wanted` examples from claims that [`renormalised`] made.
pub(super) fn fill(claims: &[Claim], wanted: u64) -> Quota {
    let weighted = |size: f64| {
        let counts = claims.iter().filter(|c| c.weighted).map(|c| (c.available as f64).min(c.share * size));
        counts.sum::<f64>()
    };
    let spare: f64 = claims.iter().filter(|c| !c.weighted && c.share > 0.0).map(|c| c.available as f64).sum();
    let fits = |size: f64| size - weighted(size) <= spare + SLACK * size;
    let wanted = wanted as f64;
    let size = if fits(wanted) { wanted } else { largest(wanted, fits) };
    let rest = (size - weighted(size)).max(0.0);
    let level = water_level(claims, rest);
    let counts = claims.iter().map(|c| {
        let share = if c.weighted { c.share * size } else { c.share * level };
        if c.share > 0.0 { share.min(c.available as f64) } else { 0.0 }
    });
    Quota { size, counts: counts.collect() }
}

/// What is missing to a phase is taken for a slip of floating point up to this share of it.
const SLACK: f64 = 1e-12;
/// Halvings after which two neighbouring numbers are left of any `f64` range that matters here.
const HALVINGS: u32 = 100;

/// The largest size that fits, below one that does not: what must be taken from the others never falls with the size.
fn largest(beyond: f64, fits: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, beyond);
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if fits(middle) { low = middle } else { high = middle }
    }
    low
}

/// The `λ` at which the unweighted claims `min(A, λ·g)` sum to `rest`, or all are full.
fn water_level(claims: &[Claim], rest: f64) -> f64 {
    let mut open: Vec<&Claim> = claims.iter().filter(|c| !c.weighted && c.share > 0.0).collect();
    let full_at = |c: &Claim| c.available as f64 / c.share;
    open.sort_by(|a, b| full_at(a).total_cmp(&full_at(b)));
    let mut shares: Vec<f64> = open.iter().map(|c| c.share).collect();
    for i in (1..shares.len()).rev() {
        shares[i - 1] += shares[i];
    }
    let mut left = rest;
    for (claim, share) in open.iter().zip(shares) {
        let level = left / share;
        if level <= full_at(claim) {
            return level.max(0.0);
        }
        left -= claim.available as f64;
    }
    f64::INFINITY
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(claims: &[(f64, bool, u64)]) -> Vec<Claim> {
        let claim = |&(share, weighted, available)| Claim { share, weighted, available };
        renormalised(claims.iter().map(claim).collect())
    }

    #[test]
    fn a_weight_is_cap_and_floor_and_the_others_fill_the_rest_in_proportion() {
        let quota = fill(&claims(&[(0.2, true, 1000), (0.6, false, 1000), (0.2, false, 1000)]), 100);
        assert_eq!(quota.size, 100.0);
        assert!(quota.counts.iter().zip([20.0, 60.0, 20.0]).all(|(a, b)| (a - b).abs() < 1e-9), "{quota:?}");
    }

    #[test]
    fn a_short_persona_is_filled_up_by_the_others() {
        let quota = fill(&claims(&[(0.5, true, 10), (0.25, false, 20), (0.25, false, 1000)]), 100);
        assert_eq!(quota.counts, [10.0, 20.0, 70.0]);
    }

    #[test]
    fn the_phase_shrinks_where_only_a_broken_cap_would_fill_it() {
        let quota = fill(&claims(&[(0.5, true, 1000), (0.5, false, 20)]), 100);
        assert!((quota.size - 40.0).abs() < 1e-9 && (quota.counts[0] - 20.0).abs() < 1e-9, "{quota:?}");
        assert_eq!(fill(&claims(&[(0.5, true, 0), (0.5, true, 9)]), 100).size, 0.0);
        assert_eq!(fill(&[], 100).size, 0.0);
    }
}
