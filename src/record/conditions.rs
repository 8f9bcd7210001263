//! The shared prompts asked in other ways: whose voice is still heard, and what instructions move.

use crate::stats::Estimate;
use serde::{Deserialize, Serialize};

/// All conditions of a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConditionFigures {
    /// Who was asked again.
    pub personas: Vec<String>,
    /// Ids of the prompts on which conditions are held against the plain answers together: those that all which count for
    /// `kept` asked, or all where none counts.
    pub prompts: Vec<String>,
    /// Share that drawing a persona would name right.
    pub chance: f64,
    /// Plain answers to these prompts named right by the plain answers to the others.
    pub plain: Estimate,
    /// Each condition.
    pub conditions: Vec<ConditionRow>,
    /// Named right under the conditions that only ask in another way, less plainly; none without such.
    pub kept: Option<Estimate>,
    /// What instructions move.
    pub controls: Vec<ControlRow>,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ConditionRow {
    /// Its id.
    pub id: String,
    /// What was said after the prompt.
    pub ask: String,
    /// What the user said before.
    pub turns: Vec<String>,
    /// Whether the prompts' own follow-ups were asked, after the plain answers.
    #[serde(default)]
    pub follow_up: bool,
    /// Longest answer in new tokens, where the condition sets its own.
    #[serde(default)]
    pub max_new_tokens: Option<usize>,
    /// Prompts whose answers were all alike under the condition.
    #[serde(default)]
    pub alike: Vec<String>,
    /// Whether the control tag was there.
    pub tag: bool,
    /// Whether it counts for [`ConditionFigures::kept`].
    pub free: bool,
    /// Answers named right by the plain answers to the other prompts; its `n` is how many prompts the condition asked.
    pub named: Estimate,
    /// `named` less plainly, paired by prompt.
    pub change: Estimate,
    /// Share of declared traits that show.
    pub traits: Option<Estimate>,
    /// The same less plainly, paired by prompt.
    pub traits_change: Option<Estimate>,
    /// Mean words an answer.
    pub words: f64,
    /// Share named right under the condition less plainly, by persona in the order of [`ConditionFigures::personas`].
    pub by_persona: Vec<f64>,
}

impl ConditionRow {
    /// Plain answers to the same prompts named right.
    pub fn plain(&self) -> f64 {
        self.named.point - self.change.point
    }
}

/// A lever and what it moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ControlRow {
    /// `length`, `tone` or `traits`.
    pub lever: String,
    /// The condition with less of it, or `plain`.
    pub less: String,
    /// The condition with more of it, or `plain`.
    pub more: String,
    /// More less less, paired by persona and prompt: ln of the ratio of words, points of formality, share of declared traits.
    pub effect: Estimate,
    /// The effect in standard deviations of answers within a condition (Cohen's d with the pooled deviation); none without spread.
    pub d: Option<f64>,
    /// Share of pairs that moved as asked; pairs that did not move count half.
    pub moved: Estimate,
    /// Mean where less is asked for: words, formality, share.
    pub mean_less: f64,
    /// Mean where more is asked for.
    pub mean_more: f64,
}
