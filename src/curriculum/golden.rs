//! The mathematics held against scipy and cvxpy: `fixtures/golden/mix`.

use serde::Deserialize;

use super::projection::{self, project};
use super::quota::{Claim, fill};
use super::spread::Group;

/// Agreement asked for, as a share of all examples of an instance.
const NEAR: f64 = 1e-4;

#[derive(Deserialize)]
struct Golden {
    quotas: Vec<GoldenQuota>,
    projections: Vec<GoldenProjection>,
}

#[derive(Deserialize)]
struct GoldenQuota {
    claims: Vec<(f64, bool, u64)>,
    wanted: u64,
    size: f64,
    counts: Vec<f64>,
}

#[derive(Deserialize)]
struct GoldenProjection {
    groups: Vec<GoldenGroup>,
    targets: Vec<f64>,
    violation: f64,
    counts: Vec<f64>,
}

#[derive(Deserialize)]
struct GoldenGroup {
    count: f64,
    kinds: Vec<(u32, f64)>,
}

fn golden() -> Golden {
    serde_json::from_str(include_str!("../../fixtures/golden/mix/mix.json")).unwrap()
}

#[test]
fn sizes_and_persona_counts_are_those_of_scipy() {
    let mut worst = 0f64;
    for (i, q) in golden().quotas.iter().enumerate() {
        let claim = |&(share, weighted, available): &_| Claim { share, weighted, available };
        let claims: Vec<Claim> = q.claims.iter().map(claim).collect();
        let ours = fill(&claims, q.wanted);
        let whole = q.size.max(1.0);
        let off = ours.counts.iter().zip(&q.counts).map(|(a, b)| (a - b).abs() / whole);
        let off = off.fold((ours.size - q.size).abs() / whole, f64::max);
        assert!(off < NEAR, "quota {i} is {off:.1e} off: {ours:?} for {} {:?}", q.size, q.counts);
        worst = worst.max(off);
    }
    println!("persona counts: {worst:.1e} of N at most");
}

#[test]
fn trait_shares_are_met_or_missed_as_by_scipy_and_cvxpy() {
    let (mut met, mut unmet, mut missed) = (0f64, 0f64, 0f64);
    for (i, p) in golden().projections.iter().enumerate() {
        let groups: Vec<Group> =
            p.groups.iter().map(|g| Group { count: g.count, kinds: g.kinds.clone() }).collect();
        let whole: f64 = groups.iter().map(|g| g.count).sum();
        let ours = project(&groups, &p.targets);
        let violation: f64 = ours.reached.iter().zip(&p.targets).map(|(a, b)| (a - b).abs()).sum();
        let off = ours.counts.iter().flatten().zip(&p.counts).map(|(a, b)| (a - b).abs() / whole);
        let off = off.fold(0f64, f64::max);
        let miss = (violation - p.violation).abs() / whole;
        println!("{i}: violation {violation:.6} of {:.6}, cells {off:.1e} off", p.violation);
        assert!(miss < 1e-6, "projection {i} misses by {violation}, the programme by {}", p.violation);
        assert!(off < NEAR, "projection {i} is {off:.1e} off: {:?} for {:?}", ours.counts, p.counts);
        assert_eq!(p.violation > 0.0, violation > projection::MET * whole, "projection {i}");
        missed = missed.max(miss);
        if p.violation > 0.0 { unmet = unmet.max(off) } else { met = met.max(off) }
    }
    println!("cells: {met:.1e} of N at most where met, {unmet:.1e} where not; violations {missed:.1e}");
}
