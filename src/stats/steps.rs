//! Step changes: where the level of a series of estimates moved by more than their errors explain.

use super::distribution::normal_upper_tail;
use super::summary::{check_finite, quantile_of_sorted};
use crate::error::{Error, Result};

/// A stretch of a series over which its level stayed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// Its first point, counted from 0.
    pub from: usize,
    /// The point after its last.
    pub to: usize,
    /// Mean of its points, weighted by 1/standard error², in the unit of the points.
    pub mean: f64,
}

/// Points from which the noise between neighbours is measured; fewer say too little of it.
const MEASURED: usize = 9;

/// The levels of a series of `(value, standard error)` in the order of time; more than one where it has steps.
///
/// The partition of least cost, exactly, by dynamic programming (Jackson et al. 2005): the sum over levels of
/// Σ ((value − mean)/error)², and a penalty β for every step. Binary segmentation would miss a level that comes
/// and goes. A partition at m given places lowers pure noise's sum by χ² with m degrees of freedom, so the chance
/// of any step in a series of n points of noise is at most Σₘ C(n−1, m)·P(χ²ₘ > m·β); β is where this is `alpha`.
///
/// Noise between neighbours beyond their errors (every training ends a little elsewhere) raises all errors alike:
/// from nine points on by the median of |difference|/error over 0.6745 (Hampel 1974), where that is above 1.
/// A point without error takes the largest error of the series; where no point has one, no step is found.
///
/// # Errors
/// A value or error that is not finite, a negative error, or an `alpha` that is not between 0 and 1.
pub fn levels(series: &[(f64, f64)], alpha: f64) -> Result<Vec<Level>> {
    let (values, errors): (Vec<f64>, Vec<f64>) = series.iter().copied().unzip();
    check_finite("steps", &values)?;
    check_finite("steps", &errors)?;
    if !(alpha > 0.0 && alpha < 1.0) || errors.iter().any(|e| *e < 0.0) {
        return Err(Error::input(format!(
            "steps are not defined at a level of {alpha}, or for negative errors"
        ))
        .expected("a level between 0 and 1, and errors of at least 0"));
    }
    let n = series.len();
    let largest = errors.iter().copied().fold(0.0, f64::max);
    let errors: Vec<f64> = errors.into_iter().map(|e| if e > 0.0 { e } else { largest }).collect();
    let cost = Cost::new(&values, &errors);
    let penalty = if n < 2 || largest == 0.0 { f64::INFINITY } else { penalty(n, alpha) };
    let noise = noise(&values, &errors).powi(2);
    // best[j]: the least cost of the first j points; last[j]: where its last level starts.
    let (mut best, mut last) = (vec![0.0; n + 1], vec![0; n + 1]);
    for j in 1..=n {
        best[j] = cost.of(0, j) / noise;
        for i in 1..j {
            let with_step = best[i] + cost.of(i, j) / noise + penalty;
            if with_step < best[j] {
                (best[j], last[j]) = (with_step, i);
            }
        }
    }
    let (mut levels, mut to) = (Vec::new(), n);
    while to > 0 {
        let from = last[to];
        levels.push(Level { from, to, mean: cost.mean(from, to) });
        to = from;
    }
    levels.reverse();
    Ok(levels)
}

/// How much wider neighbours differ than their errors explain; 1 where they do not.
fn noise(values: &[f64], errors: &[f64]) -> f64 {
    if values.len() < MEASURED {
        return 1.0;
    }
    let differences =
        (1..values.len()).map(|i| (values[i] - values[i - 1]).abs() / errors[i].hypot(errors[i - 1]));
    let mut sorted: Vec<f64> = differences.filter(|d| d.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    if sorted.is_empty() { 1.0 } else { (quantile_of_sorted(&sorted, 0.5) / 0.674_489_75).max(1.0) }
}

/// Running sums that give the cost of any stretch.
struct Cost {
    /// Values are taken from here, so that sums of squares do not cancel.
    origin: f64,
    /// Σ w, Σ w·x and Σ w·x² of the first i points.
    sums: Vec<[f64; 3]>,
}

impl Cost {
    fn new(values: &[f64], errors: &[f64]) -> Self {
        let origin = values.first().copied().unwrap_or(0.0);
        let mut sums = vec![[0.0; 3]];
        let mut sum = [0.0; 3];
        for (value, error) in values.iter().zip(errors) {
            // Without any error only means are asked for.
            let weight = if *error > 0.0 { error.powi(-2) } else { 1.0 };
            let x = value - origin;
            sum = [sum[0] + weight, sum[1] + weight * x, sum[2] + weight * x * x];
            sums.push(sum);
        }
        Self { origin, sums }
    }

    fn stretch(&self, from: usize, to: usize) -> [f64; 3] {
        std::array::from_fn(|k| self.sums[to][k] - self.sums[from][k])
    }

    fn of(&self, from: usize, to: usize) -> f64 {
        let [w, wx, wxx] = self.stretch(from, to);
        (wxx - wx * wx / w).max(0.0)
    }

    fn mean(&self, from: usize, to: usize) -> f64 {
        let [w, wx, _] = self.stretch(from, to);
        self.origin + wx / w
    }
}

/// The least penalty at which noise of `n` ≥ 2 points shows a step with a chance of at most `alpha`.
fn penalty(n: usize, alpha: f64) -> f64 {
    let (mut low, mut high) = (1.0, 4.0);
    while false_steps(n, high) > alpha {
        high *= 2.0;
    }
    for _ in 0..40 {
        let middle = 0.5 * (low + high);
        if false_steps(n, middle) > alpha { low = middle } else { high = middle }
    }
    high
}

/// An upper bound of the chance that noise of `n` points shows a step at the penalty `beta` > 1.
fn false_steps(n: usize, beta: f64) -> f64 {
    const COUNTED: usize = 12;
    let places = (n - 1) as f64;
    let (mut sum, mut ways) = (0.0, 1.0);
    for m in 1..=COUNTED.min(n - 1) {
        ways *= (places - (m - 1) as f64) / m as f64;
        sum += ways * chi_square_upper_tail(m, m as f64 * beta);
    }
    if n - 1 > COUNTED {
        // The rest by Chernoff's bound, P(χ²ₘ > m·β) ≤ (β·e^(1−β))^(m/2), and C(n, m) ≤ nᵐ/m!: a geometric series.
        let a = places * (beta * (1.0 - beta).exp()).sqrt();
        let next = (COUNTED + 1) as f64;
        let first = (1..=COUNTED + 1).fold(1.0, |product, m| product * a / m as f64);
        sum += if a < next { first / (1.0 - a / next) } else { f64::INFINITY };
    }
    sum
}

/// P(χ² > x) with `freedom` ≥ 1 degrees, by the recurrence of the incomplete gamma function
/// Q(a+1, y) = Q(a, y) + yᵃe⁻ʸ/Γ(a+1) (Abramowitz & Stegun 1964, 6.5.21 and 26.4.4).
fn chi_square_upper_tail(freedom: usize, x: f64) -> f64 {
    let y = 0.5 * x;
    let odd = freedom % 2 == 1;
    // At a = 1/2 and 1; `term` is yᵃe⁻ʸ/Γ(a+1) for the next.
    let (mut a, mut tail, mut term) = if odd {
        (0.5, 2.0 * normal_upper_tail(x.sqrt()), (2.0 * x / std::f64::consts::PI).sqrt() * (-y).exp())
    } else {
        (1.0, (-y).exp(), y * (-y).exp())
    };
    while 2.0 * a + 0.5 < freedom as f64 {
        tail += term;
        a += 1.0;
        term *= y / a;
    }
    tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed::Seed;
    use crate::stats::normal_quantile;
    use rand::Rng;
    use rand_chacha::ChaCha8Rng;

    const RUNS: usize = 20;

    fn normal(rng: &mut ChaCha8Rng) -> f64 {
        normal_quantile(rng.random_range(1e-12..1.0))
    }

    /// Share of 1,000 seeded series in which `found` holds; noise of `spread` standard errors, which differ by run,
    /// around what `level` gives each run, in standard errors of 0.02.
    fn share(name: &str, spread: f64, level: impl Fn(usize) -> f64, found: impl Fn(&[Level]) -> bool) -> f64 {
        let mut rng = Seed(20).child(name).rng();
        let hits = (0..1000).filter(|_| {
            let point = |i| {
                let error = 0.02 * rng.random_range(0.8..1.25);
                (0.6 + 0.02 * level(i) + spread * error * normal(&mut rng), error)
            };
            let series: Vec<(f64, f64)> = (0..RUNS).map(point).collect();
            found(&levels(&series, 0.05).expect("finite"))
        });
        hits.count() as f64 / 1000.0
    }

    #[test]
    fn noise_alone_shows_a_step_in_at_most_one_series_of_twenty() {
        let wrong = share("noise", 1.0, |_| 0.0, |l| l.len() > 1);
        assert!(wrong <= 0.05, "{wrong}");
        let wide = share("wide", 2.0, |_| 0.0, |l| l.len() > 1);
        // Here the spread itself is measured on 19 differences; taken as the errors say, most series would show one.
        assert!(wide <= 0.1, "noise of twice the errors, as after every training: {wide}");
    }

    #[test]
    fn a_step_of_three_standard_errors_is_found_at_its_place() {
        let near = |at: usize| move |l: &[Level]| l.len() == 2 && l[1].from.abs_diff(at) <= 1;
        let middle = share("middle", 1.0, |i| if i < 10 { 0.0 } else { 3.0 }, near(10));
        assert!(middle > 0.9, "{middle}");
        let late = share("late", 1.0, |i| if i < 17 { 0.0 } else { -3.0 }, near(17));
        assert!(late > 0.75, "three runs after it: {late}");
        let last = share("last", 1.0, |i| if i < 19 { 0.0 } else { -6.0 }, near(19));
        assert!(last > 0.9, "the last run alone, by six: {last}");
        let bump = share(
            "bump",
            1.0,
            |i| if i == 9 { -8.0 } else { 0.0 },
            |l| l.len() == 3 && l[1].from == 9 && l[1].to == 10,
        );
        assert!(bump > 0.85, "one bad run between good ones: {bump}");
    }

    #[test]
    fn levels_cover_the_series_and_means_are_weighted() {
        let mut series = vec![(0.5, 0.01); 6];
        series.extend([(0.8, 0.01), (0.86, 0.02)]);
        let found = levels(&series, 0.05).expect("finite");
        assert_eq!(found.iter().map(|l| (l.from, l.to)).collect::<Vec<_>>(), [(0, 6), (6, 8)]);
        assert!((found[0].mean - 0.5).abs() < 1e-12 && (found[1].mean - 0.812).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn what_says_nothing_of_its_error_shows_no_step() {
        assert_eq!(levels(&[], 0.05).expect("nothing"), []);
        let one = levels(&[(0.4, 0.1)], 0.05).expect("one");
        assert_eq!(one, [Level { from: 0, to: 1, mean: 0.4 }]);
        assert_eq!(levels(&[(0.2, 0.0), (0.9, 0.0)], 0.05).expect("no errors").len(), 1);
        assert_eq!(levels(&[(0.2, 0.0), (0.9, 0.1)], 0.05).expect("one error").len(), 2);
        assert!(levels(&[(f64::NAN, 0.1)], 0.05).is_err() && levels(&[(0.1, -0.1)], 0.05).is_err());
        assert!(levels(&[], 0.0).is_err());
    }

    #[test]
    fn the_tail_of_chi_square_matches_the_tables() {
        for (freedom, x) in
            [(1, 3.841_458_8), (2, 5.991_464_5), (3, 7.814_727_9), (4, 9.487_729), (7, 14.067_14)]
        {
            assert!((chi_square_upper_tail(freedom, x) - 0.05).abs() < 1e-7, "{freedom}");
        }
        assert!((penalty(2, 0.05) - 3.841_458_8).abs() < 1e-6, "two points: the usual test");
        assert!(penalty(20, 0.05) > 9.0 && penalty(20, 0.05) < 11.0 && penalty(1000, 0.05).is_finite());
    }
}
