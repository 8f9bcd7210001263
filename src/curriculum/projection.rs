//! Trait shares, met jointly within the persona counts: an I-projection, computed in its dual.
//!
//! Of all `n` with `0 ≤ n_c ≤ A_c`, `Σ_{c of p} n_c = n_p` for each persona and `Σ_{c shows t} n_c = q_t·N` for each trait,
//! the one nearest to the personas' own proportions `a_c = A_c·n_p/A_p` is taken: it minimises `Σ n_c ln(n_c/a_c)`. This is
//! Csiszár's I-projection (1975), and without bounds what raking computes (Deming & Stephan 1940). By Lagrange
//! `n_c = min(A_c, a_c·exp(μ_p + Σ_{t∈c} λ_t))`. `μ_p` follows from `λ` in closed form ([`super::spread`]), so that a concave
//! function of `λ` alone is left to maximise: its gradient is `q_t·N − Σ_{c shows t} n_c`, its Hessian the negative
//! covariance of the traits within the personas over the cells that are not full.
//!
//! The multipliers are held to `|λ_t| ≤ Λ`. That is the dual of the penalty `Λ·Σ_t |violation_t|` in place of the equalities
//! (Boyd & Vandenberghe 2004, §5.1.6 and §5.7): where the demands can be met, the same point; where not, the point nearest
//! to `a` among those of the least sum of violations, up to `exp(−Λ·r)` with `r` a reduced cost of the linear programme
//! behind it. Those are ratios of small determinants of zeros and ones, and `Λ = 200` leaves nothing of them. The maximum is
//! found by Newton's method projected on the box (Bertsekas 1982) with a search along each line. Raking, one multiplier at a
//! time, would reach the same point, but needs of the order of `exp(λ)` rounds where a share can hardly be met.

use super::spread::{Given, Group};

/// Λ, the largest multiplier.
const BOUND: f64 = 200.0;
/// Newton steps, at most; some dozen are usual.
const STEPS: usize = 400;
/// A trait is met where it misses by less than this share of all examples.
pub(super) const MET: f64 = 1e-7;
/// The search goes on until every multiplier that is not held has a gradient below this share of all examples.
const STOP: f64 = 1e-11;
/// Added to the Hessian's diagonal, as a share of all examples: where traits depend on each other it has no inverse.
const RIDGE: f64 = 1e-13;

/// The projection of the groups' proportions on the demands.
#[derive(Debug, Clone)]
pub(super) struct Projection {
    /// Counts of each group's cells, before rounding.
    pub counts: Vec<Vec<f64>>,
    /// The reached count of each trait.
    pub reached: Vec<f64>,
    /// How far the best point may still be: the largest gradient of a multiplier that its bound does not hold.
    pub residue: f64,
}

/// Projects on `targets`: how many examples are to show each trait.
pub(super) fn project(groups: &[Group], targets: &[f64]) -> Projection {
    let whole: f64 = groups.iter().map(|g| g.count).sum();
    let dual = Dual { groups, targets, whole: whole.max(f64::MIN_POSITIVE) };
    let mut at = dual.point(vec![0.0; targets.len()]);
    for _ in 0..STEPS {
        let Some(next) = dual.step(&at) else { break };
        at = next;
    }
    let reached = targets.iter().zip(&at.gradient).map(|(t, g)| t - g).collect();
    let counts = at.given.iter().map(|cells| cells.iter().map(|c| c.count).collect()).collect();
    let open = (0..targets.len()).filter(|&t| !at.held(t, at.gradient[t]));
    let residue = open.map(|t| at.gradient[t].abs()).fold(0.0, f64::max);
    Projection { counts, reached, residue }
}

struct Dual<'a> {
    groups: &'a [Group],
    targets: &'a [f64],
    whole: f64,
}

/// Multipliers, and what follows from them.
struct Point {
    multipliers: Vec<f64>,
    given: Vec<Vec<Given>>,
    gradient: Vec<f64>,
}

impl Point {
    /// Whether its bound keeps a multiplier from going that way.
    fn held(&self, t: usize, way: f64) -> bool {
        way != 0.0 && self.multipliers[t] * way.signum() >= BOUND
    }
}

impl Dual<'_> {
    fn point(&self, multipliers: Vec<f64>) -> Point {
        let given: Vec<Vec<Given>> = self.groups.iter().map(|g| g.spread(&multipliers)).collect();
        let mut gradient = self.targets.to_vec();
        for (group, cells) in self.groups.iter().zip(&given) {
            for ((traits, _), cell) in group.kinds.iter().zip(cells) {
                for (bit, g) in gradient.iter_mut().enumerate() {
                    *g -= shown(*traits, bit) * cell.count;
                }
            }
        }
        Point { multipliers, given, gradient }
    }

    /// A better point; none where this is the best one.
    fn step(&self, at: &Point) -> Option<Point> {
        let open: Vec<usize> = (0..at.gradient.len()).filter(|&t| !at.held(t, at.gradient[t])).collect();
        if open.iter().all(|&t| at.gradient[t].abs() <= STOP * self.whole) {
            return None;
        }
        let direction = self.direction(at, open);
        let slope = |p: &Point| p.gradient.iter().zip(&direction).map(|(g, d)| g * d).sum::<f64>();
        let start = slope(at);
        let room = (0..direction.len()).filter(|&t| direction[t] != 0.0);
        let most = room
            .map(|t| (BOUND - at.multipliers[t] * direction[t].signum()) / direction[t].abs())
            .fold(f64::INFINITY, f64::min);
        let along = |length: f64| {
            let moved = at.multipliers.iter().zip(&direction);
            self.point(moved.map(|(m, d)| (m + length * d).clamp(-BOUND, BOUND)).collect())
        };
        let found = search(start, most, |length| {
            let point = along(length);
            (slope(&point), point)
        })?;
        let moved = found.multipliers.iter().zip(&at.multipliers).any(|(a, b)| a.to_bits() != b.to_bits());
        moved.then_some(found)
    }

    /// Newton's direction among the open multipliers, without those that it would push out of the box.
    fn direction(&self, at: &Point, open: Vec<usize>) -> Vec<f64> {
        let hessian = self.covariance(at);
        let mut among = open.clone();
        let mut direction = vec![0.0; at.gradient.len()];
        loop {
            let matrix: Vec<Vec<f64>> = among
                .iter()
                .map(|&s| {
                    among
                        .iter()
                        .map(|&t| hessian[s][t] + if s == t { RIDGE * self.whole } else { 0.0 })
                        .collect()
                })
                .collect();
            let solved = solve(matrix, among.iter().map(|&t| at.gradient[t]).collect());
            let before = among.len();
            let kept: Vec<(usize, f64)> =
                among.iter().copied().zip(solved).filter(|&(t, d)| !at.held(t, d)).collect();
            if kept.len() == before {
                kept.iter().for_each(|&(t, d)| direction[t] = d);
                break;
            }
            among = kept.iter().map(|&(t, _)| t).collect();
        }
        let ascends: f64 = at.gradient.iter().zip(&direction).map(|(g, d)| g * d).sum();
        if ascends > 0.0 {
            return direction;
        }
        direction.fill(0.0);
        open.iter().for_each(|&t| direction[t] = at.gradient[t] / self.whole);
        direction
    }

    /// The covariance of the traits over the free cells, within each group.
    fn covariance(&self, at: &Point) -> Vec<Vec<f64>> {
        let size = at.gradient.len();
        let mut sum = vec![vec![0.0; size]; size];
        for (group, cells) in self.groups.iter().zip(&at.given) {
            let free = || group.kinds.iter().zip(cells).filter(|(_, cell)| cell.free);
            let whole: f64 = free().map(|(_, cell)| cell.count).sum();
            if whole <= 0.0 {
                continue;
            }
            let mut mean = vec![0.0; size];
            for ((traits, _), cell) in free() {
                for (bit, m) in mean.iter_mut().enumerate() {
                    *m += shown(*traits, bit) * cell.count / whole;
                }
            }
            for ((traits, _), cell) in free() {
                for s in 0..size {
                    let far = (shown(*traits, s) - mean[s]) * cell.count;
                    for t in 0..size {
                        sum[s][t] += far * (shown(*traits, t) - mean[t]);
                    }
                }
            }
        }
        sum
    }
}

fn shown(traits: u32, bit: usize) -> f64 {
    f64::from(traits >> bit & 1)
}

/// Looks along a line for where the slope, which falls from `start`, is nearly 0, or for the end of the line at `most`.
fn search<P>(start: f64, most: f64, at: impl Fn(f64) -> (f64, P)) -> Option<P> {
    /// The part of the slope that may be left.
    const NEAR: f64 = 0.01;
    const TRIES: usize = 100;
    let (mut low, mut low_slope) = (0.0, start);
    let mut length = most.min(1.0);
    let mut high: Option<(f64, f64)> = None;
    let mut best = None;
    for _ in 0..TRIES {
        let (slope, point) = at(length);
        if slope.abs() <= NEAR * start || (slope >= 0.0 && length >= most) {
            return Some(point);
        }
        if slope > 0.0 {
            (low, low_slope) = (length, slope);
            best = Some(point);
        } else {
            high = Some((length, slope));
        }
        length = match high {
            // The slope is nearly a step where cells fill or empty: the secant is kept away from the ends.
            Some((high, slope)) => {
                let secant = low_slope / (low_slope - slope);
                low + (high - low) * secant.clamp(0.1, 0.9)
            }
            None => (2.0 * length).min(most),
        };
    }
    best
}

/// Solves a linear system by elimination with pivots; a pivot of 0 leaves that unknown at 0.
fn solve(mut matrix: Vec<Vec<f64>>, mut right: Vec<f64>) -> Vec<f64> {
    let size = right.len();
    for k in 0..size {
        let pivot = (k..size).max_by(|&a, &b| matrix[a][k].abs().total_cmp(&matrix[b][k].abs())).unwrap_or(k);
        matrix.swap(k, pivot);
        right.swap(k, pivot);
        if matrix[k][k] == 0.0 {
            continue;
        }
        let (done, below) = matrix.split_at_mut(k + 1);
        for (row, equation) in below.iter_mut().enumerate() {
            let factor = equation[k] / done[k][k];
            for (cell, above) in equation.iter_mut().zip(&done[k]).skip(k) {
                *cell -= factor * above;
            }
            right[k + 1 + row] -= factor * right[k];
        }
    }
    for k in (0..size).rev() {
        let known: f64 = (k + 1..size).map(|column| matrix[k][column] * right[column]).sum();
        right[k] = if matrix[k][k] == 0.0 { 0.0 } else { (right[k] - known) / matrix[k][k] };
    }
    right
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Groups with random cells of up to four traits, and demands that may be met or not.
    fn problems() -> impl Strategy<Value = (Vec<Group>, Vec<f64>)> {
        let kinds = prop::collection::btree_map(0u32..16, 1u32..100_000, 1..12);
        let group = (kinds, 0.0f64..1.0).prop_map(|(kinds, part)| {
            let kinds: Vec<(u32, f64)> = kinds.into_iter().map(|(t, a)| (t, f64::from(a))).collect();
            let count = (kinds.iter().map(|k| k.1).sum::<f64>() * part).round();
            Group { count, kinds }
        });
        (prop::collection::vec(group, 1..30), prop::collection::vec(0.0f64..1.0, 4)).prop_map(
            |(groups, shares)| {
                let whole: f64 = groups.iter().map(|g| g.count).sum();
                (groups, shares.iter().map(|q| q * whole).collect())
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn the_point_is_the_best_one_and_keeps_sums_and_bounds((groups, targets) in problems()) {
            let whole: f64 = groups.iter().map(|g| g.count).sum();
            let found = project(&groups, &targets);
            // The counts have the dual's form by construction, so that a gradient of 0 proves the optimum.
            prop_assert!(found.residue <= 1e-9 * whole, "residue {} of {whole}", found.residue);
            for (group, counts) in groups.iter().zip(&found.counts) {
                prop_assert!((counts.iter().sum::<f64>() - group.count).abs() <= 1e-9 * whole.max(1.0));
                prop_assert!(counts.iter().zip(&group.kinds).all(|(n, (_, most))| (0.0..=*most).contains(n)));
            }
        }

        #[test]
        fn ten_times_the_examples_give_ten_times_the_counts((groups, targets) in problems()) {
            let whole: f64 = groups.iter().map(|g| g.count).sum();
            let times = |g: &Group| Group {
                count: 10.0 * g.count,
                kinds: g.kinds.iter().map(|(t, a)| (*t, 10.0 * a)).collect(),
            };
            let (one, ten) = (
                project(&groups, &targets),
                project(&groups.iter().map(times).collect::<Vec<_>>(), &targets.iter().map(|t| 10.0 * t).collect::<Vec<_>>()),
            );
            for (a, b) in one.counts.iter().flatten().zip(ten.counts.iter().flatten()) {
                prop_assert!((10.0 * a - b).abs() <= 1e-5 * whole.max(1.0), "{a} and {b}");
            }
        }
    }

    #[test]
    fn sixty_personas_and_ten_traits_are_no_trouble() {
        // A linear congruence (Knuth's MMIX) in place of chance.
        let mut state = 1u64;
        let mut next = move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f64 / f64::from(1 << 24)
        };
        for wide in [0.2, 0.5, 1.0] {
            let groups: Vec<Group> = (0..60)
                .map(|_| {
                    let kinds: Vec<(u32, f64)> = (0..1024)
                        .map(|t| (t, next(), (12.0 * next()).exp().ceil()))
                        .filter(|(_, chance, _)| *chance < 0.1)
                        .map(|(t, _, n)| (t, n))
                        .collect();
                    let all: f64 = kinds.iter().map(|k| k.1).sum();
                    Group { count: (all * next()).round(), kinds }
                })
                .collect();
            let whole: f64 = groups.iter().map(|g| g.count).sum();
            let targets: Vec<f64> = (0..10).map(|_| whole * (0.5 + wide * (next() - 0.5))).collect();
            let found = project(&groups, &targets);
            assert!(found.residue <= 1e-9 * whole, "{wide}: {} of {whole}", found.residue);
        }
    }

    #[test]
    fn without_demands_the_proportions_stay_and_demands_that_depend_on_each_other_do_no_harm() {
        let group = Group { count: 10.0, kinds: vec![(1, 30.0), (2, 10.0)] };
        assert!((project(std::slice::from_ref(&group), &[]).counts[0][0] - 7.5).abs() < 1e-9);
        // Every example shows one of two traits: the demands sum to all of them, or cannot be met.
        let met = project(std::slice::from_ref(&group), &[5.0, 5.0]);
        assert!((met.counts[0][0] - 5.0).abs() < 1e-9, "{met:?}");
        let unmet = project(&[group], &[9.0, 9.0]);
        assert!((unmet.reached.iter().sum::<f64>() - 10.0).abs() < 1e-9, "{unmet:?}");
        assert_eq!(project(&[], &[0.0]).reached, [0.0]);
    }
}
