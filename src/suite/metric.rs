//! The metrics that a gate may judge.

use super::outcome::Outcome;

/// What a suite must hold before a metric can be estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// `measures` with `separability`.
    Separability,
    /// Separability, with personas of at least two adapter groups.
    Groups,
    /// Separability and a `[heldout]` corpus.
    Heldout,
    /// `measures` with `style`.
    Style,
    /// `measures` with `likelihood`.
    Likelihood,
    /// At least one task of any kind.
    Tasks,
    /// At least one persona's own prompt.
    OwnPrompts,
    /// At least one item of an outcome.
    Outcome(Outcome),
}

/// A number that a run estimates with an interval, by its dotted name.
///
/// This table is the one place where a gate's metric is named: a metric that is not here cannot gate, and
/// an evaluation must estimate everything that is here or refuse the gate. Higher is better for all.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// The dotted name.
    pub name: &'static str,
    /// What it is, in one line.
    pub about: &'static str,
    /// Smallest and largest possible value.
    pub range: (f64, f64),
    /// What the suite must hold.
    pub needs: Needs,
}

const SHARE: (f64, f64) = (0.0, 1.0);
const DIFFERENCE: (f64, f64) = (-1.0, 1.0);
/// Of a mean log-probability a token, and of a difference of two.
const LOG_PROBABILITY: (f64, f64) = (f64::NEG_INFINITY, 0.0);
const LOG_RATIO: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

const fn metric(name: &'static str, about: &'static str, range: (f64, f64), needs: Needs) -> Metric {
    Metric { name, about, range, needs }
}

/// All metrics, in the order of the report.
pub const METRICS: &[Metric] = &[
    metric(
        "separability.persona.balanced_accuracy",
        "naming the persona of an answer, leave-one-prompt-out",
        SHARE,
        Needs::Separability,
    ),
    metric(
        "separability.persona.minus_floor",
        "the same, less the floor (base model with the tag), paired by prompt",
        DIFFERENCE,
        Needs::Separability,
    ),
    metric(
        "separability.persona.minus_length",
        "the same, less what the length alone tells, paired by prompt",
        DIFFERENCE,
        Needs::Separability,
    ),
    metric(
        "separability.group.balanced_accuracy",
        "naming the adapter group of an answer, leave-one-prompt-out",
        SHARE,
        Needs::Groups,
    ),
    metric(
        "separability.group.minus_floor",
        "the same, less the floor (base model with the tag), paired by prompt",
        DIFFERENCE,
        Needs::Groups,
    ),
    metric(
        "separability.group.leave_persona_out",
        "naming the group of a persona that the classifier never saw",
        SHARE,
        Needs::Groups,
    ),
    metric(
        "fidelity.persona.balanced_accuracy",
        "naming the persona of an answer by the centroids of the real held-out text",
        SHARE,
        Needs::Heldout,
    ),
    metric(
        "fidelity.group.balanced_accuracy",
        "naming the group of an answer by the centroids of the real held-out text; falls when adapters are swapped",
        SHARE,
        Needs::Heldout,
    ),
    metric(
        "fidelity.group.weakest",
        "the same for the group that is named right least often; an adapter in another's place shows here first",
        SHARE,
        Needs::Heldout,
    ),
    metric("style.hit_rate", "share of declared traits that show in the answers", SHARE, Needs::Style),
    metric("style.minus_floor", "the same, less the floor, paired by prompt", DIFFERENCE, Needs::Style),
    metric(
        "likelihood.own",
        "mean log-probability a token of real held-out text under its own persona",
        LOG_PROBABILITY,
        Needs::Likelihood,
    ),
    metric(
        "likelihood.margin",
        "log-probability a token of real held-out text under its own persona, less the mean under others",
        LOG_RATIO,
        Needs::Likelihood,
    ),
    metric("task.score", "mean score over all tasks", SHARE, Needs::Tasks),
    metric("task.own", "mean score over the personas' own prompts", SHARE, Needs::OwnPrompts),
    metric("task.switching", "mean score of the outcome's items", SHARE, Needs::Outcome(Outcome::Switching)),
    metric("task.tone", "mean score of the outcome's items", SHARE, Needs::Outcome(Outcome::Tone)),
    metric("task.length", "mean score of the outcome's items", SHARE, Needs::Outcome(Outcome::Length)),
    metric("task.empathy", "mean score of the outcome's items", SHARE, Needs::Outcome(Outcome::Empathy)),
    metric("task.technical", "mean score of the outcome's items", SHARE, Needs::Outcome(Outcome::Technical)),
    metric("task.creative", "mean score of the outcome's items", SHARE, Needs::Outcome(Outcome::Creative)),
    metric("task.reasoning", "mean score of the outcome's items", SHARE, Needs::Outcome(Outcome::Reasoning)),
    metric("task.tools", "mean score of the outcome's items", SHARE, Needs::Outcome(Outcome::Tools)),
    metric("task.memory", "mean score of the outcome's items", SHARE, Needs::Outcome(Outcome::Memory)),
    metric("task.ethics", "mean score of the outcome's items", SHARE, Needs::Outcome(Outcome::Ethics)),
];

impl Metric {
    /// The metric of that name.
    pub fn named(name: &str) -> Option<&'static Metric> {
        METRICS.iter().find(|m| m.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_metric_has_its_own_name_and_every_outcome_a_metric() {
        for (i, metric) in METRICS.iter().enumerate() {
            assert!(METRICS[..i].iter().all(|m| m.name != metric.name), "{}", metric.name);
        }
        for outcome in Outcome::ALL {
            let metric = Metric::named(&format!("task.{outcome}")).unwrap();
            assert_eq!(metric.needs, Needs::Outcome(outcome));
        }
    }
}
