//! Multinomial logistic regression on sparse features, with weights of the examples: L-BFGS.
//!
//! Its own solver, for linfa's takes a dense table and no weights: 3,500 rows (rare categories repeated) of 8,192 buckets are
//! 229 MB in f64, of which 3 % are not zero, and every step multiplies all of it. This one touches what is there, which makes
//! eighteen fits a matter of seconds. Both minimise the same function; a test holds this one against scikit-learn's figures.

use std::collections::VecDeque;

use crate::error::{Error, Result};

/// Steps that the solver remembers.
const MEMORY: usize = 10;
/// Halvings of a step, at most.
const HALVINGS: usize = 40;
/// Share of the expected descent that a step must bring (Armijo).
const ENOUGH: f64 = 1e-4;
/// The solver ends where no slope is larger than this, per weight of all cases.
const FLAT: f64 = 1e-6;
/// Bias of a class that has no case.
const NEVER: f64 = -1e3;

/// A row of features, its class, and how much it counts.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// Columns with their values.
    pub features: &'a [(u16, f32)],
    /// Its class.
    pub class: usize,
    /// How much it counts, above 0.
    pub weight: f64,
}

/// Scores are `bias[class] + Σ value · weights[column · classes + class]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// A bias a class.
    pub bias: Vec<f64>,
    /// A row a column.
    pub weights: Vec<f64>,
}

impl Fitted {
    /// The score of a class.
    pub fn score(&self, features: &[(u16, f32)], class: usize) -> f64 {
        let weight = |column: u16| self.weights[usize::from(column) * self.bias.len() + class];
        self.bias[class]
            + features.iter().map(|(column, value)| f64::from(*value) * weight(*column)).sum::<f64>()
    }
}

/// Minimises −Σ weight·ln p(class) + α/2·‖weights‖², the bias left free: scikit-learn's with C = 1/α.
///
/// A class without a case is never likely. Cost: iterations · features that are there · classes.
///
/// # Errors
/// No cases, a class or a column out of range, a weight that is not above 0, or numbers that overflow.
pub fn fit(
    cases: &[Case<'_>],
    columns: usize,
    classes: usize,
    alpha: f64,
    iterations: usize,
) -> Result<Fitted> {
    let wild = |c: &Case<'_>| {
        c.class >= classes
            || !(c.weight > 0.0 && c.weight.is_finite())
            || c.features.iter().any(|(column, _)| usize::from(*column) >= columns)
    };
    if cases.is_empty() || cases.iter().any(wild) {
        return Err(Error::input(format!("{} cases cannot teach {classes} classes", cases.len()))
            .expected("a case or more, with known classes and columns, and weights above 0"));
    }
    let there: Vec<bool> = (0..classes).map(|class| cases.iter().any(|c| c.class == class)).collect();
    let problem = Problem { cases, columns, there: &there, alpha };
    let solution = problem.solve(iterations)?;
    let (weights, bias) = solution.split_at(columns * classes);
    let bias = bias.iter().zip(&there).map(|(bias, there)| if *there { *bias } else { NEVER }).collect();
    Ok(Fitted { bias, weights: weights.to_vec() })
}

struct Problem<'a> {
    cases: &'a [Case<'a>],
    columns: usize,
    there: &'a [bool],
    alpha: f64,
}

impl Problem<'_> {
    /// Value, and into `slope` its gradient; weights column by column, then the bias.
    fn value(&self, at: &[f64], slope: &mut [f64]) -> f64 {
        let classes = self.there.len();
        let (weights, bias) = at.split_at(self.columns * classes);
        slope.fill(0.0);
        let mut value = 0.0;
        for (slope, weight) in slope.iter_mut().zip(weights) {
            *slope = self.alpha * weight;
            value += 0.5 * self.alpha * weight * weight;
        }
        let (by_weight, by_bias) = slope.split_at_mut(self.columns * classes);
        let mut scores = vec![0.0; classes];
        for case in self.cases {
            let absent = |there: &bool| if *there { 0.0 } else { NEVER };
            scores.iter_mut().zip(bias).zip(self.there).for_each(|((s, b), t)| *s = b + absent(t));
            for &(column, x) in case.features {
                let row = &weights[usize::from(column) * classes..][..classes];
                scores.iter_mut().zip(row).for_each(|(score, weight)| *score += f64::from(x) * weight);
            }
            let most = scores.iter().copied().fold(f64::MIN, f64::max);
            let sum: f64 = scores.iter().map(|s| (s - most).exp()).sum();
            value += case.weight * (sum.ln() + most - scores[case.class]);
            for (class, score) in scores.iter_mut().enumerate() {
                let share = (*score - most).exp() / sum;
                *score = case.weight * (share - f64::from(u8::from(class == case.class)));
                by_bias[class] += *score;
            }
            for &(column, x) in case.features {
                let row = &mut by_weight[usize::from(column) * classes..][..classes];
                row.iter_mut().zip(&scores).for_each(|(slope, off)| *slope += f64::from(x) * off);
            }
        }
        value
    }

    /// L-BFGS with halved steps (Nocedal & Wright 2006, algorithm 7.5). The function is convex, so any descent will do.
    fn solve(&self, iterations: usize) -> Result<Vec<f64>> {
        let size = (self.columns + 1) * self.there.len();
        let (mut at, mut slope) = (vec![0.0; size], vec![0.0; size]);
        let mut value = self.value(&at, &mut slope);
        let flat = FLAT * self.cases.iter().map(|c| c.weight).sum::<f64>();
        let mut memory: VecDeque<(Vec<f64>, Vec<f64>, f64)> = VecDeque::with_capacity(MEMORY);
        let (mut next, mut next_slope) = (vec![0.0; size], vec![0.0; size]);
        for _ in 0..iterations {
            let steepest = slope.iter().fold(0f64, |most, s| most.max(s.abs()));
            if steepest <= flat {
                break;
            }
            let direction = direction(&slope, &memory);
            let descent = dot(&slope, &direction);
            let mut step = if memory.is_empty() { 1.0 / steepest } else { 1.0 };
            let mut found = None;
            for _ in 0..HALVINGS {
                next.iter_mut().zip(at.iter().zip(&direction)).for_each(|(n, (a, d))| *n = a + step * d);
                let reached = self.value(&next, &mut next_slope);
                if reached <= value + ENOUGH * step * descent {
                    found = Some(reached);
                    break;
                }
                step /= 2.0;
            }
            // No smaller step brings anything: this is as low as f64 can tell.
            let Some(reached) = found else { break };
            let moved: Vec<f64> = next.iter().zip(&at).map(|(n, a)| n - a).collect();
            let bent: Vec<f64> = next_slope.iter().zip(&slope).map(|(n, s)| n - s).collect();
            let curvature = dot(&moved, &bent);
            if curvature > 1e-12 {
                if memory.len() == MEMORY {
                    memory.pop_front();
                }
                memory.push_back((moved, bent, curvature));
            }
            std::mem::swap(&mut at, &mut next);
            std::mem::swap(&mut slope, &mut next_slope);
            value = reached;
        }
        if value.is_finite() { Ok(at) } else { Err(Error::cannot_run("the regression's numbers overflow")) }
    }
}

/// The slope times the inverse curvature that the remembered steps tell, downwards.
fn direction(slope: &[f64], memory: &VecDeque<(Vec<f64>, Vec<f64>, f64)>) -> Vec<f64> {
    let mut down: Vec<f64> = slope.iter().map(|s| -s).collect();
    let mut shares = Vec::with_capacity(memory.len());
    for (moved, bent, curvature) in memory.iter().rev() {
        let share = dot(moved, &down) / curvature;
        down.iter_mut().zip(bent).for_each(|(d, b)| *d -= share * b);
        shares.push(share);
    }
    if let Some((_, bent, curvature)) = memory.back() {
        let scale = curvature / dot(bent, bent);
        down.iter_mut().for_each(|d| *d *= scale);
    }
    for ((moved, bent, curvature), share) in memory.iter().zip(shares.into_iter().rev()) {
        let back = dot(bent, &down) / curvature;
        down.iter_mut().zip(moved).for_each(|(d, m)| *d += (share - back) * m);
    }
    down
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_without_cases_is_never_likely_and_one_class_alone_is_certain() {
        let (a, b) = ([(0u16, 1f32)], [(1u16, 1f32)]);
        let case = |features, class| Case { features, class, weight: 1.0 };
        let fitted = fit(&[case(&a, 0), case(&b, 2)], 2, 3, 0.1, 100).unwrap();
        assert!(fitted.score(&a, 0) > fitted.score(&a, 2) + 1.0, "{fitted:?}");
        assert!(fitted.score(&a, 1) < -900.0);
        let alone = fit(&[case(&a, 1)], 2, 2, 0.1, 100).unwrap();
        assert!(alone.score(&a, 1) > alone.score(&a, 0) + 900.0);
        assert!(fit(&[], 2, 2, 0.1, 100).is_err() && fit(&[case(&a, 2)], 2, 2, 0.1, 100).is_err());
        assert!(fit(&[Case { weight: 0.0, ..case(&a, 1) }], 2, 2, 0.1, 100).is_err());
    }

    #[derive(serde::Deserialize)]
    struct Golden {
        alpha: f64,
        rows: Vec<[f32; 6]>,
        classes: Vec<usize>,
        times: Vec<f64>,
        probabilities: Vec<[f64; 3]>,
    }

    #[test]
    fn probabilities_are_scikit_learns() {
        let golden: Golden =
            serde_json::from_str(include_str!("../../../fixtures/golden/tagger/regression.json")).unwrap();
        let features: Vec<Vec<(u16, f32)>> =
            golden.rows.iter().map(|row| (0..6u16).zip(*row).collect()).collect();
        let cases: Vec<Case<'_>> = features
            .iter()
            .zip(golden.classes.iter().zip(&golden.times))
            .map(|(features, (&class, &weight))| Case { features, class, weight })
            .collect();
        let fitted = fit(&cases, 6, 3, golden.alpha, 1000).unwrap();
        for (row, wanted) in features.iter().zip(&golden.probabilities) {
            let shares: Vec<f64> = (0..3).map(|class| fitted.score(row, class).exp()).collect();
            for (share, wanted) in shares.iter().zip(wanted) {
                let found = share / shares.iter().sum::<f64>();
                // Ours ends at a slope of 1e-6 a case, which leaves some 1e-5 here.
                assert!((found - wanted).abs() < 1e-4, "{found} {wanted}");
            }
        }
    }
}
