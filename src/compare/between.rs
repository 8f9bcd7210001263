//! What two runs differ by when nothing has changed, for one figure.

use super::matched::{Matched, Part};
use crate::record::Noise;
use crate::suite::Metric;

/// A standard deviation and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Between {
    /// Standard deviation of the difference between two runs, in the unit of the metric.
    pub deviation: f64,
    /// Its degrees of freedom: repeats less one, for each persona or group that it is pooled over.
    pub degrees: usize,
}

/// What two runs differ by on `units` prompts; none where it was not measured.
///
/// Larger by √(prompts measured/prompts here) where fewer prompts are compared.
pub fn noise_between(
    noise: &Noise,
    metric: &str,
    part: Part<'_>,
    units: usize,
    matched: &Matched<'_>,
) -> Option<Between> {
    let (table, pooled) = match part {
        Part::Whole | Part::Pair(..) => (&noise.metrics, 1),
        Part::Persona(_) => (&noise.personas, matched.personas().len()),
        Part::Group(_) => (&noise.groups, matched.groups().len()),
    };
    let fewer = if Metric::is_of_answers(metric) {
        (noise.prompts as f64 / units.max(1) as f64).max(1.0).sqrt()
    } else {
        1.0
    };
    Some(Between { deviation: table.get(metric)? * fewer, degrees: noise.degrees(pooled) })
}
