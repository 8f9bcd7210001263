//! A number with its uncertainty.

use super::distribution::student_quantile;
use serde::{Deserialize, Serialize};

/// How an interval was made; a fallback is never silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Bootstrap-t over clusters.
    #[default]
    StudentizedBootstrap,
    /// Student's t over clusters: too many resamples had no spread for the bootstrap-t.
    Student,
    /// Wilson's interval with one trial a cluster: all clusters scored alike.
    Wilson,
    /// All clusters scored alike and the score has no known range: the interval is the point.
    NoSpread,
    /// One cluster alone says nothing of the spread: the interval is the whole range of the score.
    WholeRange,
    /// Percentiles of the bootstrap over clusters: for a figure that is no mean.
    Percentile,
    /// Counted or computed, not sampled: the interval is the point.
    Exact,
}

impl Method {
    /// What to say beside the interval where it is not the usual bootstrap-t.
    pub fn note(self) -> Option<&'static str> {
        match self {
            Method::StudentizedBootstrap => None,
            Method::Student => Some("Student's t"),
            Method::Wilson => Some("Wilson"),
            Method::NoSpread => Some("no spread"),
            Method::WholeRange => Some("one item"),
            Method::Percentile => Some("percentile"),
            Method::Exact => Some("counted"),
        }
    }
}

/// A two-sided confidence interval.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end, in the unit of the score.
    pub low: f64,
    /// Upper end, in the unit of the score.
    pub high: f64,
    /// Standard error of the point, in the unit of the score.
    pub standard_error: f64,
    /// Nominal coverage, in (0, 1).
    pub level: f64,
    /// How the interval was made.
    pub method: Method,
}

/// Point, interval, sample size, unit and direction: what every scorer gives and every gate judges.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The best guess.
    pub point: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
    /// How many independent units (usually prompts) the interval rests on.
    pub n: usize,
    /// The unit of `point`, `low` and `high`, for instance `share` or `words`.
    pub unit: String,
    /// Whether more is better.
    pub higher_is_better: bool,
    /// How the interval was made.
    #[serde(default)]
    pub method: Method,
    /// Standard error of the point, in its unit; none where one unit alone says nothing of it, and in records of
    /// earlier versions.
    #[serde(default)]
    pub standard_error: Option<f64>,
    /// Degrees of freedom of the standard error, where it does not come from the `n` units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degrees: Option<usize>,
}

impl Estimate {
    /// Joins a point with its interval; `n` counts the units that were resampled.
    pub fn new(point: f64, interval: &Interval, n: usize, unit: &str, higher_is_better: bool) -> Self {
        let &Interval { low, high, method, standard_error, .. } = interval;
        let standard_error = Some(standard_error).filter(|e| e.is_finite());
        Self {
            point,
            low,
            high,
            n,
            unit: unit.to_owned(),
            higher_is_better,
            method,
            standard_error,
            degrees: None,
        }
    }

    /// A number that is counted or computed, not sampled: the interval is the point.
    pub fn exact(point: f64, n: usize, unit: &str, higher_is_better: bool) -> Self {
        let (method, unit) = (Method::Exact, unit.to_owned());
        Self {
            point,
            low: point,
            high: point,
            n,
            unit,
            higher_is_better,
            method,
            standard_error: Some(0.0),
            degrees: None,
        }
    }

    /// The same with its interval stretched around the point, so that it stands for a standard error of at least
    /// `least`, which has so many `degrees` of freedom: a spread that a few repeats tell asks for more.
    ///
    /// Without any spread of its own the interval is Student's, of 95 %.
    #[must_use]
    pub fn widened_to(self, least: f64, degrees: usize) -> Self {
        let Some(own) = self.standard_error.filter(|own| *own < least && degrees > 0) else { return self };
        let t = |degrees: usize| student_quantile(0.975, degrees as f64);
        let (low, high, method) = if own > 0.0 {
            let by = least / own * (t(degrees) / t(self.freedom().max(1))).max(1.0);
            let (below, above) = (self.point - self.low, self.high - self.point);
            (self.point - by * below, self.point + by * above, self.method)
        } else {
            let half = t(degrees) * least;
            (self.point - half, self.point + half, Method::Student)
        };
        Self { low, high, method, standard_error: Some(least), degrees: Some(degrees), ..self }
    }

    /// Degrees of freedom of the standard error.
    pub fn freedom(&self) -> usize {
        self.degrees.unwrap_or(self.n.saturating_sub(1))
    }

    /// Half the interval's width, in the unit of the estimate.
    pub fn half_width(&self) -> f64 {
        (self.high - self.low) / 2.0
    }

    /// Whether `value` lies inside the interval, ends included.
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_keeps_the_interval_and_survives_json() {
        let interval =
            Interval { low: 0.2, high: 0.6, standard_error: 0.1, level: 0.95, method: Method::Student };
        let estimate = Estimate::new(0.4, &interval, 16, "share", true);
        assert!((estimate.half_width() - 0.2).abs() < 1e-12);
        assert!(estimate.contains(0.2) && !estimate.contains(0.61));
        let json = serde_json::to_string(&estimate).expect("an estimate is plain data");
        assert_eq!(serde_json::from_str::<Estimate>(&json).expect("the same shape"), estimate);
        let earlier = json.replace(",\"method\":\"student\",\"standard_error\":0.1", "");
        assert_ne!(earlier, json);
        let read =
            serde_json::from_str::<Estimate>(&earlier).expect("records of earlier versions have no method");
        assert_eq!((read.method, read.standard_error), (Method::StudentizedBootstrap, None));
        assert_eq!(serde_json::to_string(&interval.method).expect("a word"), "\"student\"");
    }

    #[test]
    fn an_interval_is_stretched_to_a_larger_error_and_never_shrunk() {
        let interval =
            Interval { low: 0.2, high: 0.5, standard_error: 0.1, level: 0.95, method: Method::Student };
        let estimate = Estimate::new(0.4, &interval, 16, "share", true);
        let wide = estimate.clone().widened_to(0.2, 15);
        assert!((wide.low - 0.0).abs() < 1e-12 && (wide.high - 0.6).abs() < 1e-12, "{wide:?}");
        assert_eq!(wide.standard_error, Some(0.2));
        assert_eq!(estimate.clone().widened_to(0.05, 15), estimate);
        // Four repeats tell a spread badly: 3.18 standard errors, not 2.13.
        let badly = estimate.widened_to(0.2, 3);
        assert!((badly.high - (0.4 + 0.2 * 3.182_446 / 2.131_450)).abs() < 1e-6, "{badly:?}");
        assert_eq!((badly.freedom(), badly.method), (3, Method::Student));
        let none =
            Interval { low: 0.4, high: 0.4, standard_error: 0.0, level: 0.95, method: Method::NoSpread };
        let wide = Estimate::new(0.4, &none, 16, "share", true).widened_to(0.1, 7);
        assert!(
            (wide.high - (0.4 + 0.1 * 2.364_624)).abs() < 1e-6 && wide.method == Method::Student,
            "{wide:?}"
        );
    }
}
