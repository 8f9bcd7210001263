//! How far blended answers lie from the straight line between the two ends.

use super::blend_response::SweptAnswers;
use crate::error::Result;
use crate::stats::{Bootstrap, Estimate, Interval, mean};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

/// Distance from the straight line between the ends, in units of their distance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Superposition {
    /// The error without what sampling gives: root mean square over the inner weights.
    pub error: Estimate,
    /// The same of the mean vectors as they are.
    pub measured: f64,
    /// What sampling alone would give if the means lay on the line.
    pub by_noise: f64,
    /// The squared error by prompt (jackknife pseudo-values), whose mean is the square of `error`.
    #[serde(skip)]
    pub squares: Vec<f64>,
}

impl Superposition {
    /// Root mean square over inner weights of |x̄(w) − (1 − w)·x̄(0) − w·x̄(1)| / |x̄(1) − x̄(0)|, x̄ the mean over prompts.
    ///
    /// With D_g(w) the deviation of prompt g and A_g = x_g(1) − x_g(0), a mean over few prompts lies off the line by noise
    /// alone; so the squares of both lengths are estimated without it: Σ_{g≠h} D_g·D_h / (G(G − 1)), which no prompt
    /// enters with itself (a U-statistic). Their ratio's interval is the bootstrap-t of its jackknife pseudo-values
    /// (Arvesen 1969); the error is its root, 0 where it is negative. None where that length of A, with all prompts or
    /// without any one, is not above 0: the ends have no distance to measure by.
    ///
    /// # Errors
    /// Settings of the resampling that make no interval.
    pub(super) fn new(answers: &SweptAnswers, bootstrap: &Bootstrap) -> Result<Option<Self>> {
        let (prompts, last) = (answers.prompts(), answers.weights.len() - 1);
        let axis: Vec<Array1<f64>> =
            (0..prompts).map(|p| &answers.cell(p, last) - &answers.cell(p, 0)).collect();
        let bends: Vec<Vec<Array1<f64>>> = (1..last)
            .map(|step| {
                let w = answers.weights[step];
                let off = |p: usize| {
                    let line = &answers.cell(p, 0) * (1.0 - w) + &answers.cell(p, last) * w;
                    &answers.cell(p, step) - &line
                };
                (0..prompts).map(off).collect()
            })
            .collect();
        let axis = Spread::of(&axis);
        let bends: Vec<Spread> = bends.iter().map(|b| Spread::of(b)).collect();
        let ratio = |without: Option<usize>| {
            let length = axis.squared(without);
            let off = mean(&bends.iter().map(|b| b.squared(without)).collect::<Vec<_>>());
            (length > 0.0).then(|| off / length)
        };
        let Some(whole) = ratio(None) else { return Ok(None) };
        let count = prompts as f64;
        let pseudo = |p: usize| Some(count * whole - (count - 1.0) * ratio(Some(p))?);
        let Some(pseudo) = (0..prompts).map(pseudo).collect::<Option<Vec<f64>>>() else { return Ok(None) };
        let bias = mean(&pseudo) - whole;
        let squares: Vec<f64> = pseudo.iter().map(|p| p - bias).collect();
        let length = axis.plain();
        let root =
            |value: fn(&Spread) -> f64| (mean(&bends.iter().map(value).collect::<Vec<_>>()) / length).sqrt();
        Ok(Some(Self {
            error: rooted(&squares, bootstrap)?,
            measured: root(Spread::plain),
            by_noise: root(Spread::noise),
            squares,
        }))
    }
}

/// The root of the mean of squared errors, which may be negative by chance, with its interval.
///
/// # Errors
/// As [`Bootstrap::mean`].
pub fn rooted(squares: &[f64], bootstrap: &Bootstrap) -> Result<Estimate> {
    let square = bootstrap.mean(squares)?;
    let root = |v: f64| v.max(0.0).sqrt();
    let (point, low, high) = (root(mean(squares)), root(square.low), root(square.high));
    // By the delta method; where the point is 0 the interval's own width has to do.
    let standard_error =
        if point > 0.0 { square.standard_error / (2.0 * point) } else { (high - low) / (2.0 * 1.96) };
    let interval = Interval { low, high, standard_error, ..square };
    Ok(Estimate::new(point, &interval, squares.len(), "ends' distance", false))
}

/// Vectors of the prompts, as far as lengths of their mean need them.
struct Spread {
    /// Σ_g v_g · v_g.
    own: f64,
    /// |Σ_g v_g|².
    total: f64,
    /// v_g · v_g of each prompt.
    squares: Vec<f64>,
    /// v_g · Σ_h v_h of each prompt.
    with_sum: Vec<f64>,
}

impl Spread {
    fn of(vectors: &[Array1<f64>]) -> Self {
        let sum = vectors.iter().fold(Array1::zeros(vectors[0].len()), |sum: Array1<f64>, v| sum + v);
        let squares: Vec<f64> = vectors.iter().map(|v| v.dot(v)).collect();
        Self {
            own: squares.iter().sum(),
            total: sum.dot(&sum),
            with_sum: vectors.iter().map(|v| v.dot(&sum)).collect(),
            squares,
        }
    }

    /// The squared length of the true mean, without bias, from all prompts or all but one.
    fn squared(&self, without: Option<usize>) -> f64 {
        let (mut own, mut total, mut n) = (self.own, self.total, self.squares.len() as f64);
        if let Some(p) = without {
            total += self.squares[p] - 2.0 * self.with_sum[p];
            own -= self.squares[p];
            n -= 1.0;
        }
        (total - own) / (n * (n - 1.0))
    }

    /// The squared length of the mean as it is.
    fn plain(&self) -> f64 {
        self.total / (self.squares.len() as f64).powi(2)
    }

    /// What noise adds to it.
    fn noise(&self) -> f64 {
        (self.plain() - self.squared(None)).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{quick, swept};
    use super::*;
    use ndarray::arr1;

    #[test]
    fn lengths_without_noise_are_those_of_pairs_of_prompts() {
        let spread = Spread::of(&[arr1(&[1.0, 0.0]), arr1(&[1.0, 2.0]), arr1(&[3.0, 1.0])]);
        // Pairs: 1, 3 and 5, each twice, over six.
        assert!((spread.squared(None) - 3.0).abs() < 1e-12);
        assert!((spread.squared(Some(2)) - 1.0).abs() < 1e-12);
        assert!((spread.plain() - (25.0 + 9.0) / 9.0).abs() < 1e-12);
        assert!((spread.noise() - (34.0 / 9.0 - 3.0)).abs() < 1e-12);
    }

    #[test]
    fn noise_alone_is_told_and_not_counted() {
        let bootstrap = quick().bootstrap("superposition");
        let found = Superposition::new(&swept(|w| w, 24, 0.5, 5), &bootstrap).unwrap().expect("apart");
        assert!(found.measured > 0.1 && (found.measured - found.by_noise).abs() < 0.1, "{found:?}");
        assert!(found.error.low < 0.01 && found.error.point < found.measured, "{found:?}");
        let by_squares = mean(&found.squares).max(0.0).sqrt();
        assert!((by_squares - found.error.point).abs() < 1e-12);
    }

    #[test]
    fn ends_of_one_voice_have_no_line_to_leave() {
        let bootstrap = quick().bootstrap("superposition");
        let none = (0..20)
            .filter(|s| Superposition::new(&swept(|_| 0.5, 6, 0.3, 90 + s), &bootstrap).unwrap().is_none());
        assert!(none.count() > 10);
    }
}
