//! The metrics that a gate may judge.

use super::condition::Lever;
use super::outcome::Outcome;

/// What a suite must hold before a metric can be estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: every run measures it.
    Nothing,
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
    /// At least one `[[condition]]` with the tag, of which no control makes use.
    Conditions,
    /// A `[[control]]` of that lever.
    Control(Lever),
    /// At least one sweep.
    Sweeps,
    /// At least one task of any kind.
    Tasks,
    /// At least one persona's own prompt.
    OwnPrompts,
    /// At least one item of an outcome.
    Outcome(Outcome),
    /// Answers to shared prompts; and a judge, which is asked for by flag.
    Judge,
}

/// A number that a run estimates with an interval, by its dotted name.
///
/// This table is the one place where a gate's metric is named: a metric that is not here cannot gate, and
/// an evaluation must estimate everything that is here or refuse the gate. Higher is better for all but
/// `blend.superposition`.
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
    /// What its raw scores, which records keep, belong to.
    pub raw: Raw,
}

/// What the raw scores of a metric belong to. A metric with raw scores can be held against a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Raw {
    /// None are kept: the metric is judged as a whole and by itself.
    None,
    /// Hits of single answers: too coarse to judge one persona by.
    Hits,
    /// A continuous score of each answer or text: one persona or group can be judged by it.
    Scores,
    /// Scores of one pair of personas, which the gate names.
    Pair,
    /// Scores of tasks.
    Tasks,
}

const SHARE: (f64, f64) = (0.0, 1.0);
const DIFFERENCE: (f64, f64) = (-1.0, 1.0);
/// Of a mean log-probability a token, and of a difference of two.
const LOG_PROBABILITY: (f64, f64) = (f64::NEG_INFINITY, 0.0);
const LOG_RATIO: (f64, f64) = (f64::NEG_INFINITY, f64::INFINITY);

const COSINE: (f64, f64) = (-2.0, 2.0);

const fn metric(
    name: &'static str,
    about: &'static str,
    range: (f64, f64),
    needs: Needs,
    raw: Raw,
) -> Metric {
    Metric { name, about, range, needs, raw }
}

const fn outcome(name: &'static str, outcome: Outcome) -> Metric {
    metric(name, "mean score of the outcome's items", SHARE, Needs::Outcome(outcome), Raw::Tasks)
}

/// All metrics, in the order of the report.
pub const METRICS: &[Metric] = &[
    metric(
        "separability.persona.balanced_accuracy",
        "naming the persona of an answer, leave-one-prompt-out",
        SHARE,
        Needs::Separability,
        Raw::Hits,
    ),
    metric(
        "separability.persona.margin",
        "cosine to the persona's own centroid less the best other's, leave-one-prompt-out; above 0 is named right",
        COSINE,
        Needs::Separability,
        Raw::Scores,
    ),
    metric(
        "separability.pair.margin",
        "the same between two personas alone: does each sound like itself rather than like the other?",
        COSINE,
        Needs::Separability,
        Raw::Pair,
    ),
    metric(
        "separability.persona.minus_floor",
        "the same, less the floor (base model with the tag), paired by prompt",
        DIFFERENCE,
        Needs::Separability,
        Raw::None,
    ),
    metric(
        "separability.persona.minus_length",
        "the same, less what the length alone tells, paired by prompt",
        DIFFERENCE,
        Needs::Separability,
        Raw::None,
    ),
    metric(
        "separability.persona.minus_content",
        "the same, less what the content words alone tell, paired by prompt",
        DIFFERENCE,
        Needs::Separability,
        Raw::None,
    ),
    metric(
        "separability.group.balanced_accuracy",
        "naming the adapter group of an answer, leave-one-prompt-out",
        SHARE,
        Needs::Groups,
        Raw::Hits,
    ),
    metric(
        "separability.group.minus_floor",
        "the same, less the floor (base model with the tag), paired by prompt",
        DIFFERENCE,
        Needs::Groups,
        Raw::None,
    ),
    metric(
        "separability.group.leave_persona_out",
        "naming the group of a persona that the classifier never saw",
        SHARE,
        Needs::Groups,
        Raw::None,
    ),
    metric(
        "fidelity.persona.balanced_accuracy",
        "naming the persona of an answer by the centroids of the real held-out text",
        SHARE,
        Needs::Heldout,
        Raw::None,
    ),
    metric(
        "fidelity.group.balanced_accuracy",
        "naming the group of an answer by the centroids of the real held-out text; falls when adapters are swapped",
        SHARE,
        Needs::Heldout,
        Raw::None,
    ),
    metric(
        "fidelity.group.margin",
        "cosine to the real text of the answer's own group less the best other group's; falls when adapters are swapped",
        COSINE,
        Needs::Heldout,
        Raw::Scores,
    ),
    metric(
        "fidelity.group.weakest",
        "the same for the group that is named right least often; an adapter in another's place shows here first",
        SHARE,
        Needs::Heldout,
        Raw::None,
    ),
    metric(
        "style.hit_rate",
        "share of declared traits that show in the answers",
        SHARE,
        Needs::Style,
        Raw::Scores,
    ),
    metric(
        "style.minus_floor",
        "the same, less the floor, paired by prompt",
        DIFFERENCE,
        Needs::Style,
        Raw::None,
    ),
    metric(
        "style.consistency",
        "share of the style's variance that is the personas', prompts crossed (intraclass correlation of style vectors)",
        DIFFERENCE,
        Needs::Style,
        Raw::None,
    ),
    metric(
        "answers.length",
        "ln(1 + words) of an answer: 0.1 less is a tenth shorter",
        (0.0, 20.0),
        Needs::Style,
        Raw::Scores,
    ),
    metric(
        "likelihood.own",
        "mean log-probability a token of real held-out text under its own persona",
        LOG_PROBABILITY,
        Needs::Likelihood,
        Raw::Scores,
    ),
    metric(
        "likelihood.margin",
        "log-probability a token of real held-out text under its own persona, less the mean under others",
        LOG_RATIO,
        Needs::Likelihood,
        Raw::Scores,
    ),
    metric(
        "conditions.kept",
        "naming the persona where prompts are asked in another way, less the plain answers, mean over the conditions",
        DIFFERENCE,
        Needs::Conditions,
        Raw::None,
    ),
    metric(
        "control.length",
        "ln of the ratio of words where more is asked for to where less is",
        LOG_RATIO,
        Needs::Control(Lever::Length),
        Raw::None,
    ),
    metric(
        "control.tone",
        "formality where more of it is asked for, less where less is",
        DIFFERENCE,
        Needs::Control(Lever::Tone),
        Raw::None,
    ),
    metric(
        "control.traits",
        "share of declared traits that show where they are asked for, less where they are not",
        DIFFERENCE,
        Needs::Control(Lever::Traits),
        Raw::None,
    ),
    metric(
        "blend.separation",
        "share of answers named as the far end's at weight 1 less that at weight 0, mean over the sweeps",
        DIFFERENCE,
        Needs::Sweeps,
        Raw::None,
    ),
    metric(
        "blend.monotonicity",
        "rank correlation of weight and place between the ends, mean over the sweeps; 0 follows nothing",
        DIFFERENCE,
        Needs::Sweeps,
        Raw::None,
    ),
    metric(
        "blend.superposition",
        "distance of blended answers from the line between the ends, in units of the ends' distance; 0 is on it",
        (0.0, 100.0),
        Needs::Sweeps,
        Raw::None,
    ),
    metric(
        "blend.cost",
        "log-probability a token of both ends' real text under blends, less the line between the ends; a mixture lies over it by nature, below 0 it is worse than its parts",
        LOG_RATIO,
        Needs::Sweeps,
        Raw::None,
    ),
    metric("task.score", "mean score over all tasks", SHARE, Needs::Tasks, Raw::Tasks),
    metric("task.own", "mean score over the personas' own prompts", SHARE, Needs::OwnPrompts, Raw::Tasks),
    outcome("task.switching", Outcome::Switching),
    outcome("task.tone", Outcome::Tone),
    outcome("task.length", Outcome::Length),
    outcome("task.empathy", Outcome::Empathy),
    outcome("task.technical", Outcome::Technical),
    outcome("task.creative", Outcome::Creative),
    outcome("task.reasoning", Outcome::Reasoning),
    outcome("task.tools", Outcome::Tools),
    outcome("task.memory", Outcome::Memory),
    outcome("task.ethics", Outcome::Ethics),
    metric(
        "judge.win_rate",
        "share of replies that the judge prefers to the floor's, ties half; only verdicts that both orders give",
        SHARE,
        Needs::Judge,
        Raw::None,
    ),
    metric(
        "judge.consistency",
        "share of the judge's verdicts that stay when the two replies change places",
        SHARE,
        Needs::Judge,
        Raw::None,
    ),
    metric(
        "adapters.logit_change",
        "least root mean square change that an adapter in use makes to the base's logits on a fixed text",
        (0.0, 1e6),
        Needs::Nothing,
        Raw::None,
    ),
    metric(
        "instrument.controls",
        "share of the instrument's controls that passed",
        SHARE,
        Needs::Separability,
        Raw::None,
    ),
];

impl Metric {
    /// The metric of that name.
    pub fn named(name: &str) -> Option<&'static Metric> {
        METRICS.iter().find(|m| m.name == name)
    }

    /// Whether a judge decides it: a model's opinion, which never gates alone.
    pub fn is_of_judge(name: &str) -> bool {
        name.starts_with("judge.")
    }

    /// Whether answers to the shared prompts decide it: more prompts help, and another draw gives another figure. Tasks are not
    /// repeated, and held-out texts are given.
    pub fn is_of_answers(name: &str) -> bool {
        !name.starts_with("task.") && !name.starts_with("likelihood.")
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
