//! What two runs differ by when nothing has changed, for one figure.

use super::matched::Part;
use crate::record::Noise;

/// Standard deviation of the difference between two runs on `units` prompts; none where it was not measured.
///
/// Larger by √(prompts measured/prompts here) where fewer prompts are compared.
pub fn noise_between(noise: &Noise, metric: &str, part: Part<'_>, units: usize) -> Option<f64> {
    let table = match part {
        Part::Whole | Part::Pair(..) => &noise.metrics,
        Part::Persona(_) => &noise.personas,
        Part::Group(_) => &noise.groups,
    };
    let fewer = if metric.starts_with("task.") || metric.starts_with("likelihood.") {
        1.0
    } else {
        (noise.prompts as f64 / units.max(1) as f64).max(1.0).sqrt()
    };
    Some(table.get(metric)? * fewer)
}
