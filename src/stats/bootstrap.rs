//! Studentized cluster bootstrap over prompts.

use rand::Rng;

use super::estimate::{Estimate, Interval, Method};
use super::proportion::wilson_share;
use super::student_quantile;
use super::summary::{check_finite, mean, quantile_of_sorted, standard_deviation};
use crate::error::{Error, Result};
use crate::seed::Seed;

/// With fewer clusters the resamples are so few different ones that the tails of t* are single draws.
const FEWEST_RESAMPLED: usize = 8;
/// Above this share of resamples without spread the bootstrap-t's tails are not to be trusted.
const MOST_WITHOUT_SPREAD: f64 = 0.01;

/// Bootstrap-t for the mean of one score a cluster (a cluster is a prompt).
///
/// With scores z₁…z_G, mean z̄ and standard error s = sd/√G, each resample of G clusters gives
/// t* = (z̄* − z̄)/s*; the interval is [z̄ − t*₍₁₋α∕₂₎·s, z̄ − t*₍α∕₂₎·s]. It is second-order accurate and
/// follows skew, which a normal interval over 16 prompts does not
/// (Efron & Tibshirani 1993, §12.5; Davison & Hinkley 1997, §5.2).
///
/// Fallbacks, named in [`Interval::method`]: with fewer than eight clusters, and when over 1 % of the resamples have no
/// spread (scores that are nearly all equal), Student's t with G − 1 degrees of freedom; when all scores are equal and a range is given,
/// Wilson's interval with one trial a cluster, else the point itself; one cluster alone, where a range is given: the
/// whole range.
/// Cost: O(resamples · G).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bootstrap {
    /// Number of resamples.
    pub resamples: usize,
    /// Nominal coverage, in (0, 1).
    pub level: f64,
    /// Smallest and largest possible score, if there are any: the interval is cut to them.
    pub range: Option<(f64, f64)>,
    /// Seed of the resampling.
    pub seed: Seed,
}

impl Bootstrap {
    /// 10,000 resamples, 95 %, no range.
    pub fn new(seed: Seed) -> Self {
        Self { resamples: 10_000, level: 0.95, range: None, seed }
    }

    /// The same with scores known to lie in `low..=high`.
    #[must_use]
    pub fn within(self, low: f64, high: f64) -> Self {
        Self { range: Some((low, high)), ..self }
    }

    /// Interval of the mean of `scores`, one a cluster.
    ///
    /// # Errors
    /// Fewer than two clusters (one, where a range is given), a score that is not finite, no resamples or a level outside (0, 1).
    pub fn mean(&self, scores: &[f64]) -> Result<Interval> {
        check_finite("bootstrap", scores)?;
        if let (&[_], Some((low, high))) = (scores, self.range) {
            let (standard_error, level) = (f64::INFINITY, self.level);
            return Ok(Interval { low, high, standard_error, level, method: Method::WholeRange });
        }
        if scores.len() < 2 {
            return Err(Error::input(format!("an interval cannot be made from {} prompt(s)", scores.len()))
                .expected("at least 2 prompts; 16 or more give useful intervals"));
        }
        if self.resamples == 0 || !(self.level > 0.0 && self.level < 1.0) {
            return Err(Error::input(format!(
                "{} resamples at level {} make no interval",
                self.resamples, self.level
            ))
            .expected("at least 1 resample and a level between 0 and 1"));
        }
        let (centre, spread) = (mean(scores), standard_deviation(scores));
        let standard_error = spread / (scores.len() as f64).sqrt();
        let largest = scores.iter().fold(0f64, |m, v| m.max(v.abs()));
        if spread <= 1e-12 * largest {
            return Ok(self.without_spread(centre, scores.len()));
        }
        let standardised: Vec<f64> = scores.iter().map(|v| (v - centre) / spread).collect();
        let few = scores.len() < FEWEST_RESAMPLED;
        let mut ratios = if few { Vec::new() } else { self.studentized(&standardised) };
        let without_spread = 1.0 - ratios.len() as f64 / self.resamples as f64;
        let tail = (1.0 - self.level) / 2.0;
        let (low_t, high_t, method) = if without_spread > MOST_WITHOUT_SPREAD {
            let t = student_quantile(1.0 - tail, (scores.len() - 1) as f64);
            (-t, t, Method::Student)
        } else {
            ratios.sort_by(f64::total_cmp);
            let q = |p| quantile_of_sorted(&ratios, p);
            (q(tail), q(1.0 - tail), Method::StudentizedBootstrap)
        };
        let cut = |v: f64| self.range.map_or(v, |(low, high)| v.clamp(low, high));
        Ok(Interval {
            low: cut(centre - high_t * standard_error),
            high: cut(centre - low_t * standard_error),
            standard_error,
            level: self.level,
            method,
        })
    }

    /// Interval of the mean of `after − before`, paired by cluster: entry i of both is the same prompt.
    ///
    /// # Errors
    /// As [`Bootstrap::mean`], and when the lengths differ.
    pub fn paired_difference(&self, before: &[f64], after: &[f64]) -> Result<Interval> {
        if before.len() != after.len() {
            return Err(Error::input(format!(
                "a paired difference needs the same prompts on both sides, not {} and {}",
                before.len(),
                after.len()
            ))
            .help("keep only the prompts that both runs answered"));
        }
        let differences: Vec<f64> = after.iter().zip(before).map(|(a, b)| a - b).collect();
        let width = self.range.map(|(low, high)| high - low);
        // A constant difference is a fact about two given runs (usually: identical answers), so no Wilson here.
        let mut interval = Self { range: None, ..*self }.mean(&differences)?;
        if let Some(width) = width {
            interval.low = interval.low.max(-width);
            interval.high = interval.high.min(width);
        }
        Ok(interval)
    }

    /// Mean of `scores` with its interval, as an [`Estimate`] over `scores.len()` clusters.
    ///
    /// # Errors
    /// As [`Bootstrap::mean`].
    pub fn estimate(&self, scores: &[f64], unit: &str, higher_is_better: bool) -> Result<Estimate> {
        let interval = self.mean(scores)?;
        Ok(Estimate::new(mean(scores), &interval, scores.len(), unit, higher_is_better))
    }

    /// Mean of `after − before` with its paired interval, as an [`Estimate`].
    ///
    /// # Errors
    /// As [`Bootstrap::paired_difference`].
    pub fn difference(
        &self,
        before: &[f64],
        after: &[f64],
        unit: &str,
        higher_is_better: bool,
    ) -> Result<Estimate> {
        let interval = self.paired_difference(before, after)?;
        Ok(Estimate::new(mean(after) - mean(before), &interval, before.len(), unit, higher_is_better))
    }

    /// The t* of every resample that has spread; the input has mean 0.
    fn studentized(&self, standardised: &[f64]) -> Vec<f64> {
        let n = standardised.len();
        let count = n as f64;
        let mut rng = self.seed.rng();
        let mut ratios = Vec::with_capacity(self.resamples);
        for _ in 0..self.resamples {
            let (mut sum, mut squares) = (0.0, 0.0);
            for _ in 0..n {
                let value = standardised[rng.random_range(0..n)];
                sum += value;
                squares += value * value;
            }
            let variance = (squares - sum * sum / count) / (count - 1.0);
            if variance > 1e-10 {
                ratios.push(sum / count / (variance / count).sqrt());
            }
        }
        ratios
    }

    fn without_spread(&self, centre: f64, clusters: usize) -> Interval {
        let (low, high, method) = match self.range {
            Some((low, high)) if high > low => {
                let (from, to) = wilson_share((centre - low) / (high - low), clusters as f64, self.level);
                (low + from * (high - low), low + to * (high - low), Method::Wilson)
            }
            _ => (centre, centre, Method::NoSpread),
        };
        Interval { low, high, standard_error: 0.0, level: self.level, method }
    }
}

/// One score a cluster whose plain mean is the mean over all *rows*, however unequal the clusters are.
///
/// `score_g = v̄ + G/N · Σ_{i∈g} (v_i − v̄)`, the linearised ratio estimator (Särndal et al. 1992, §5.6); with equal
/// clusters it is each cluster's mean. `clusters[i]` is row i's cluster, in `0..count`.
///
/// # Errors
/// No rows, lengths that differ, a value that is not finite, a cluster out of range or without rows.
pub fn cluster_scores(values: &[f64], clusters: &[usize], count: usize) -> Result<Vec<f64>> {
    check_finite("cluster scores", values)?;
    if values.is_empty() || values.len() != clusters.len() {
        return Err(Error::input(format!("{} values with {} clusters", values.len(), clusters.len()))
            .expected("one cluster a value and at least one value"));
    }
    let centre = mean(values);
    let mut scores = vec![0.0; count];
    let mut sizes = vec![0usize; count];
    for (value, &cluster) in values.iter().zip(clusters) {
        if cluster >= count {
            return Err(Error::input(format!("cluster {cluster} of {count} does not exist")));
        }
        scores[cluster] += value - centre;
        sizes[cluster] += 1;
    }
    if let Some(empty) = sizes.iter().position(|&s| s == 0) {
        return Err(Error::input(format!("cluster {empty} has no rows")).help("leave it out of the count"));
    }
    let scale = count as f64 / values.len() as f64;
    Ok(scores.into_iter().map(|sum| centre + scale * sum).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bootstrap() -> Bootstrap {
        Bootstrap { resamples: 2_000, ..Bootstrap::new(Seed(1)) }
    }

    #[test]
    fn the_interval_covers_the_true_mean_about_as_often_as_it_says() {
        // Skewed scores (squares of uniforms, mean 1/3) on 16 prompts: the setting of the smallest suites.
        let (mut covered, trials) = (0, 600);
        let mut rng = Seed(20).rng();
        for trial in 0..trials {
            let scores: Vec<f64> = (0..16).map(|_| rng.random::<f64>().powi(2)).collect();
            let interval =
                Bootstrap { resamples: 500, ..Bootstrap::new(Seed(trial)) }.mean(&scores).expect("spread");
            covered += usize::from(interval.low <= 1.0 / 3.0 && 1.0 / 3.0 <= interval.high);
        }
        let coverage = covered as f64 / trials as f64;
        assert!((0.92..=0.98).contains(&coverage), "coverage {coverage}");
    }

    #[test]
    fn symmetric_scores_give_nearly_students_interval() {
        let scores: Vec<f64> = (0..40).map(|i| normalish(i, 40)).collect();
        let interval = bootstrap().mean(&scores).expect("spread");
        assert_eq!(interval.method, Method::StudentizedBootstrap);
        let t = student_quantile(0.975, 39.0) * interval.standard_error;
        assert!((interval.high - t).abs() < 0.12 * t && (interval.low + t).abs() < 0.12 * t);
    }

    fn normalish(i: usize, n: usize) -> f64 {
        super::super::normal_quantile((i as f64 + 0.5) / n as f64)
    }

    #[test]
    fn equal_scores_fall_back_to_wilson_or_to_the_point_and_say_so() {
        let all_right = [1.0; 16];
        let bounded = bootstrap().within(0.0, 1.0).mean(&all_right).expect("defined");
        assert_eq!(bounded.method, Method::Wilson);
        assert!(bounded.high == 1.0 && bounded.low > 0.75 && bounded.low < 0.85, "{bounded:?}");
        let unbounded = bootstrap().mean(&all_right).expect("defined");
        assert_eq!((unbounded.low, unbounded.high, unbounded.method), (1.0, 1.0, Method::NoSpread));
    }

    #[test]
    fn one_cluster_says_nothing_but_the_range() {
        let alone = bootstrap().within(0.0, 1.0).mean(&[0.7]).expect("a range");
        assert_eq!((alone.low, alone.high, alone.method), (0.0, 1.0, Method::WholeRange));
        assert!(bootstrap().mean(&[0.7]).is_err());
        assert!(bootstrap().within(0.0, 1.0).mean(&[]).is_err());
    }

    #[test]
    fn nearly_equal_scores_fall_back_to_students_t() {
        let mut scores = [1.0; 16];
        scores[3] = 0.0;
        let interval = bootstrap().within(0.0, 1.0).mean(&scores).expect("defined");
        assert_eq!(interval.method, Method::Student);
        assert!(interval.low > 0.7 && interval.high == 1.0, "{interval:?}");
    }

    #[test]
    fn few_clusters_have_students_interval() {
        let scores = [0.1, 0.4, 0.2, 0.9, 0.5, 0.3, 0.6];
        let seven = bootstrap().mean(&scores).expect("defined");
        assert_eq!(seven.method, Method::Student);
        let half = student_quantile(0.975, 6.0) * seven.standard_error;
        assert!((seven.high - seven.low - 2.0 * half).abs() < 1e-12);
        let eight = bootstrap().mean(&[&scores[..], &[0.7]].concat()).expect("defined");
        assert_eq!(eight.method, Method::StudentizedBootstrap);
    }

    #[test]
    fn a_paired_difference_is_narrower_than_the_scores_and_needs_equal_lengths() {
        let before: Vec<f64> = (0..20).map(|i| f64::from(i) / 20.0).collect();
        let after: Vec<f64> =
            before.iter().enumerate().map(|(i, b)| b + 0.1 + 0.01 * (i % 3) as f64).collect();
        let paired = bootstrap().difference(&before, &after, "share", true).expect("paired");
        assert!(paired.low > 0.09 && paired.high < 0.13, "{paired:?}");
        assert!(bootstrap().paired_difference(&before, &after[1..]).is_err());
    }

    #[test]
    fn the_same_seed_gives_the_same_interval_and_bad_scores_are_refused() {
        let scores = [0.1, 0.4, 0.2, 0.9, 0.5, 0.3, 0.8, 0.2];
        assert_eq!(bootstrap().mean(&scores).expect("ok"), bootstrap().mean(&scores).expect("ok"));
        assert!(bootstrap().mean(&[0.1, f64::NAN]).is_err());
        assert!(bootstrap().mean(&[0.1]).is_err());
    }

    #[test]
    fn cluster_scores_average_to_the_mean_over_rows() {
        let scores = cluster_scores(&[1.0, 0.0, 1.0, 1.0], &[0, 1, 1, 1], 2).expect("two clusters");
        assert!((mean(&scores) - 0.75).abs() < 1e-12);
        let equal = cluster_scores(&[1.0, 0.0, 1.0, 1.0], &[0, 0, 1, 1], 2).expect("two clusters");
        assert_eq!(equal, vec![0.5, 1.0]);
        assert!(cluster_scores(&[1.0], &[0], 2).is_err());
    }
}
