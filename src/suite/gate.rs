//! Gates: what a run must reach to pass.

use serde::{Deserialize, Serialize};

use super::metric::{METRICS, Metric};
use crate::document::Field;
use crate::error::Result;

/// The threshold that the whole interval of an estimate must lie beyond.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Passed when the lower end of the interval is greater than this.
    Min(f64),
    /// Passed when the upper end of the interval is less than this.
    Max(f64),
}

/// One condition of a suite.
///
/// Both bounds are strict, so that a difference of exactly 0 does not pass `min = 0`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Name of the gate, in JUnit and in the report.
    pub name: String,
    /// Dotted name of the metric: one of [`METRICS`].
    pub metric: String,
    /// The threshold.
    pub bound: Bound,
    /// Why this threshold, written before the run that it judges.
    pub reason: String,
}

const KEYS: [&str; 5] = ["name", "metric", "min", "max", "reason"];

impl Gate {
    /// Reads a checked `[[gate]]`.
    pub(super) fn read(item: &Field) -> Result<Self> {
        let section = item.section(&KEYS)?;
        let field = section.need("metric", "the dotted name of a metric")?;
        let name = field.text()?;
        let metric = Metric::named(name).ok_or_else(|| {
            field
                .error(format!("unknown metric `{name}`"))
                .expected("a metric that a run estimates")
                .known(name, METRICS.iter().map(|m| m.name))
        })?;
        let threshold = |field: &Field| field.number_in(metric.range.0..=metric.range.1);
        let bound = match (section.get("min"), section.get("max")) {
            (Some(min), None) => Bound::Min(threshold(min)?),
            (None, Some(max)) => Bound::Max(threshold(max)?),
            (Some(_), Some(max)) => {
                return Err(max
                    .error("a gate has one threshold")
                    .expected("`min` or `max`; write two gates for both"));
            }
            (None, None) => {
                return Err(section
                    .error("the gate has no threshold")
                    .expected("`min` (for the lower end of the interval) or `max` (for the upper end)"));
            }
        };
        Ok(Self {
            name: section.need("name", "a name for the report")?.text()?.to_owned(),
            metric: metric.name.to_owned(),
            bound,
            reason: section.need("reason", "why this threshold")?.text()?.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::document::parse;

    const GOOD: &str = "name = \"g\"\nmetric = \"task.score\"\nmin = 0.5\nreason = \"because\"\n";

    fn read(text: &str) -> Result<Gate> {
        Gate::read(&parse(Path::new("s.toml"), text).unwrap())
    }

    #[test]
    fn a_gate_has_one_metric_one_threshold_and_a_reason() {
        let gate = read(GOOD).unwrap();
        assert_eq!(gate.bound, Bound::Min(0.5));
        assert_eq!(read(&GOOD.replace("min", "max")).unwrap().bound, Bound::Max(0.5));
    }

    #[test]
    fn bad_gates_are_refused() {
        for (from, to, wanted) in [
            ("task.score", "task.scores", "s.toml:2 `metric`|did you mean: task.score?"),
            ("min = 0.5", "", "no threshold"),
            ("min = 0.5", "min = 0.5\nmax = 0.6", "one threshold"),
            ("min = 0.5", "min = 50", "from 0 to 1"),
            ("min = 0.5", "mim = 0.5", "s.toml:3 `mim`|did you mean: min?"),
            ("reason = \"because\"", "", "`reason` is missing"),
            ("because", " ", "empty"),
            ("name = \"g\"", "", "`name` is missing"),
        ] {
            let err = read(&GOOD.replace(from, to)).unwrap_err().to_string();
            for part in wanted.split('|') {
                assert!(err.contains(part), "`{to}` should say `{part}`:\n{err}");
            }
        }
    }
}
