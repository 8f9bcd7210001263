//! Units before and after, with interval and p of their difference.

use super::between::Between;
use super::matched::Unit;
use crate::error::Result;
use crate::stats::{Estimate, Resampling, mean, sign_flip, student_upper_tail};

/// A figure before and after, paired by unit.
pub(super) struct Paired {
    pub before: f64,
    pub after: f64,
    pub difference: Estimate,
    /// Two-sided sign-flip p.
    pub p: f64,
}

impl Paired {
    /// None where fewer than two units are common. `noise` is what two runs differ by as wholes: the interval is stretched
    /// to it, and p allows for it, since prompts alone do not show it.
    pub(super) fn new(
        name: &str,
        units: &[Unit],
        unit: &str,
        noise: Option<Between>,
        resampling: &Resampling,
    ) -> Result<Option<Self>> {
        let Some(difference) = difference(name, units, unit, resampling)? else { return Ok(None) };
        // The same answers again are no draw of the noise.
        let noise = noise.filter(|_| units.iter().any(|u| u.after != u.before));
        let difference = match noise {
            Some(noise) => difference.widened_to(noise.deviation, noise.degrees),
            None => difference,
        };
        let seed = resampling.seed(&format!("{name} sign flip"));
        let each: Vec<f64> = units.iter().map(|u| u.after - u.before).collect();
        let mut p = sign_flip(&each, resampling.permutations, seed)?;
        if let (Some(_), Some(error)) = (noise, difference.standard_error.filter(|e| *e > 0.0)) {
            let t = difference.point.abs() / error;
            p = p.max(2.0 * student_upper_tail(t, difference.freedom() as f64)).min(1.0);
        }
        let side = |score: fn(&Unit) -> f64| mean(&units.iter().map(score).collect::<Vec<_>>());
        Ok(Some(Self { before: side(|u| u.before), after: side(|u| u.after), difference, p }))
    }
}

/// After less before with its paired interval; none where fewer than two units are common.
///
/// # Errors
/// Bad `resampling`.
pub fn difference(
    name: &str,
    units: &[Unit],
    unit: &str,
    resampling: &Resampling,
) -> Result<Option<Estimate>> {
    if units.len() < 2 {
        return Ok(None);
    }
    let (before, after): (Vec<f64>, Vec<f64>) = units.iter().map(|u| (u.before, u.after)).unzip();
    let mut bootstrap = resampling.bootstrap(name);
    if unit == "share" {
        bootstrap = bootstrap.within(0.0, 1.0);
    }
    bootstrap.difference(&before, &after, unit, true).map(Some)
}

/// The unit in which a metric with raw scores is told.
pub fn unit_of(metric: &str) -> &'static str {
    match metric {
        "likelihood.own" | "likelihood.margin" => "nats/token",
        "answers.length" => "ln words",
        m if m.ends_with(".margin") => "cosine",
        _ => "share",
    }
}
