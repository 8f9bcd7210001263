//! Gates: what a run must reach to pass.

use serde::{Deserialize, Serialize};

use super::metric::{METRICS, Metric, Raw};
use crate::document::{Field, Section};
use crate::error::Result;

/// What the whole interval of an estimate must lie beyond.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Passed when the lower end of the interval is greater than this.
    Min(f64),
    /// Passed when the upper end of the interval is less than this.
    Max(f64),
    /// Passed when the lower end of the paired difference to the baseline is greater than −margin (non-inferiority).
    NoLoss {
        /// How much worse than the baseline still counts as the same; none is the noise that the baseline measured.
        margin: Option<f64>,
    },
}

/// Whom a gate judges.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The run as a whole.
    Whole,
    /// Every persona by itself; the gate passes when all do.
    EachPersona,
    /// Every adapter group by itself; the gate passes when all do.
    EachGroup,
    /// One persona.
    Persona(String),
    /// Two personas, against one another.
    Pair(String, String),
}

impl Scope {
    /// Whether the gate is judged part by part.
    pub fn takes_parts(&self) -> bool {
        matches!(self, Scope::EachPersona | Scope::EachGroup)
    }
}

/// One condition of a suite.
///
/// All bounds are strict, so that a difference of exactly 0 does not pass `min = 0`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Name of the gate, in JUnit and in the report.
    pub name: String,
    /// Dotted name of the metric: one of [`METRICS`].
    pub metric: String,
    /// The threshold.
    pub bound: Bound,
    /// Whether a gain beyond the margin counts like a loss: for what should stay as it is, not only not fall.
    #[serde(default)]
    pub two_sided: bool,
    /// Whom it judges.
    pub scope: Scope,
    /// Whether only a shown loss counts: what stays undecided does not hold the run up, and the gate tells what it could
    /// not have seen. For judging many parts on few prompts, where no design proves that each one is kept.
    #[serde(default)]
    pub alarm: bool,
    /// Why this threshold, written before the run that it judges.
    pub reason: String,
}

const KEYS: [&str; 12] = [
    "name",
    "metric",
    "min",
    "max",
    "against",
    "margin",
    "two_sided",
    "alarm",
    "per",
    "persona",
    "pair",
    "reason",
];

impl Gate {
    /// Whether it holds the run against a baseline.
    pub fn against_baseline(&self) -> bool {
        matches!(self.bound, Bound::NoLoss { .. })
    }

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
        let bound = read_bound(&section, metric)?;
        let flag = |key: &str, about: &str| {
            let Some(field) = section.get(key) else { return Ok(false) };
            let set = field.flag()?;
            if set && !matches!(bound, Bound::NoLoss { .. }) {
                return Err(field.error(about).expected(format!("`{key}` beside against = \"baseline\"")));
            }
            Ok(set)
        };
        let alarm = flag("alarm", "an alarm goes off at a loss since a baseline")?;
        let two_sided = flag("two_sided", "a change to either side is one since a baseline")?;
        Ok(Self {
            name: section.need("name", "a name for the report")?.text()?.to_owned(),
            metric: metric.name.to_owned(),
            bound,
            two_sided,
            scope: read_scope(&section, metric)?,
            alarm,
            reason: section.need("reason", "why this threshold")?.text()?.to_owned(),
        })
    }
}

fn read_bound(section: &Section<'_>, metric: &Metric) -> Result<Bound> {
    let threshold = |field: &Field| field.number_in(metric.range.0..=metric.range.1);
    let margin = section.get("margin");
    if let Some(against) = section.get("against") {
        let word = against.text()?;
        if word != "baseline" {
            return Err(against
                .error(format!("a gate cannot be held against `{word}`"))
                .expected("against = \"baseline\""));
        }
        if metric.raw == Raw::None {
            return Err(against
                .error(format!("`{}` has no raw scores that a baseline could hold", metric.name))
                .expected("a metric with scores of single answers, texts or tasks")
                .known(metric.name, METRICS.iter().filter(|m| m.raw != Raw::None).map(|m| m.name)));
        }
        if let Some(other) = section.get("min").or(section.get("max")) {
            return Err(other
                .error("a gate has one threshold")
                .expected("`against` with an optional `margin`, or `min`, or `max`"));
        }
        let margin = margin.map(|m| m.number_in(0.0..=metric.range.1 - metric.range.0)).transpose()?;
        return Ok(Bound::NoLoss { margin });
    }
    if let Some(margin) = margin {
        return Err(margin
            .error("`margin` says how much may be lost since a baseline")
            .expected("`margin` beside against = \"baseline\", or `min` or `max` alone"));
    }
    match (section.get("min"), section.get("max")) {
        (Some(min), None) => Ok(Bound::Min(threshold(min)?)),
        (None, Some(max)) => Ok(Bound::Max(threshold(max)?)),
        (Some(_), Some(max)) => {
            Err(max.error("a gate has one threshold").expected("`min` or `max`; write two gates for both"))
        }
        (None, None) => Err(section.error("the gate has no threshold").expected(
            "`min` (for the lower end of the interval), `max` (for the upper end), or against = \"baseline\"",
        )),
    }
}

fn read_scope(section: &Section<'_>, metric: &Metric) -> Result<Scope> {
    let (per, persona, pair) = (section.get("per"), section.get("persona"), section.get("pair"));
    let scope = match (per, persona, pair) {
        (None, None, None) => Scope::Whole,
        (Some(per), None, None) => match per.text()? {
            "persona" => Scope::EachPersona,
            "group" => Scope::EachGroup,
            other => {
                return Err(per
                    .error(format!("a gate cannot be judged per `{other}`"))
                    .expected("per = \"persona\" or per = \"group\""));
            }
        },
        (None, Some(persona), None) => Scope::Persona(persona.text()?.to_owned()),
        (None, None, Some(pair)) => match &pair.texts()?[..] {
            [a, b] if a != b => Scope::Pair(a.clone(), b.clone()),
            _ => {
                return Err(pair
                    .error("a pair is two personas")
                    .expected("pair = [\"poet\", \"songwriter\"]"));
            }
        },
        _ => {
            return Err(section
                .error("the gate says twice whom it judges")
                .expected("`per`, `persona` or `pair`, or none of them for the run as a whole"));
        }
    };
    match (&scope, metric.raw) {
        (Scope::Pair(..), Raw::Pair) | (Scope::Whole, Raw::None | Raw::Hits | Raw::Scores | Raw::Tasks) => {
            Ok(scope)
        }
        (Scope::EachPersona | Scope::EachGroup | Scope::Persona(_), Raw::Scores) => Ok(scope),
        (_, Raw::Pair) => Err(section
            .error(format!("`{}` judges two personas", metric.name))
            .expected("pair = [\"poet\", \"songwriter\"]")),
        _ => Err(section
            .error(format!("`{}` can only be judged for the run as a whole", metric.name))
            .expected("for a persona, a group or a pair: a metric with a continuous score an answer")
            .known(metric.name, METRICS.iter().filter(|m| m.raw == Raw::Scores).map(|m| m.name))),
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
    fn a_gate_against_the_baseline_may_judge_each_persona_one_or_a_pair() {
        let against = |more: &str, metric: &str| {
            read(
                &GOOD
                    .replace("min = 0.5", &format!("against = \"baseline\"\n{more}"))
                    .replace("task.score", metric),
            )
        };
        assert_eq!(against("", "task.score").unwrap().bound, Bound::NoLoss { margin: None });
        let gate = against("margin = 0.02\nper = \"persona\"", "separability.persona.margin").unwrap();
        assert_eq!((gate.bound, gate.scope), (Bound::NoLoss { margin: Some(0.02) }, Scope::EachPersona));
        let gate = against("pair = [\"poet\", \"bard\"]", "separability.pair.margin").unwrap();
        assert_eq!(gate.scope, Scope::Pair("poet".into(), "bard".into()));
        assert!(!gate.alarm && against("alarm = true", "task.score").unwrap().alarm);
        assert!(!gate.two_sided && against("two_sided = true", "answers.length").unwrap().two_sided);
        let gate = against("persona = \"poet\"", "fidelity.group.margin").unwrap();
        assert_eq!(gate.scope, Scope::Persona("poet".into()));
        for (more, metric, wanted) in [
            ("", "style.minus_floor", "no raw scores|style.hit_rate"),
            (
                "per = \"persona\"",
                "separability.persona.balanced_accuracy",
                "run as a whole|separability.persona.margin",
            ),
            ("", "separability.pair.margin", "judges two personas"),
            ("per = \"prompt\"", "style.hit_rate", "per `prompt`"),
            ("per = \"persona\"\npersona = \"a\"", "style.hit_rate", "twice whom"),
            ("pair = [\"a\"]", "separability.pair.margin", "a pair is two personas"),
            ("min = 0.1", "style.hit_rate", "one threshold"),
            ("margin = -0.1", "style.hit_rate", "from 0 to 1"),
        ] {
            let err = against(more, metric).unwrap_err().to_string();
            for part in wanted.split('|') {
                assert!(err.contains(part), "`{more}` should say `{part}`:\n{err}");
            }
        }
    }

    #[test]
    fn bad_gates_are_refused() {
        for (from, to, wanted) in [
            ("task.score", "task.scores", "s.toml:2 `metric`|did you mean: task.score?"),
            ("min = 0.5", "", "no threshold"),
            ("min = 0.5", "min = 0.5\nmax = 0.6", "one threshold"),
            ("min = 0.5", "min = 50", "from 0 to 1"),
            ("min = 0.5", "mim = 0.5", "s.toml:3 `mim`|did you mean: min?"),
            ("min = 0.5", "min = 0.5\nmargin = 0.1", "since a baseline"),
            ("min = 0.5", "against = \"last\"", "against `last`"),
            ("min = 0.5", "min = 0.5\nalarm = true", "loss since a baseline"),
            ("min = 0.5", "min = 0.5\ntwo_sided = true", "one since a baseline|against"),
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
