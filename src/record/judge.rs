//! A judge's opinion: which of two replies it prefers, and how far it can be believed.

use crate::stats::Estimate;
use serde::{Deserialize, Serialize};

/// What a judge was asked and what came out. Neither the endpoint nor its key is part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeFigures {
    /// The model's name, as the endpoint knows it.
    pub model: String,
    /// SHA-256 of the rubric, hexadecimal.
    pub rubric: String,
    /// The questions, in the rubric's order.
    pub criteria: Vec<JudgeCriterion>,
    /// Requests that were sent in this run.
    pub sent: usize,
    /// Requests whose reply was known from before.
    pub known: usize,
    /// Why there are no figures; none where there are.
    pub not_measured: Option<String>,
    /// Against the floor, against the baseline, as far as there were both.
    pub comparisons: Vec<JudgeComparison>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeCriterion {
    /// Its name.
    pub name: String,
    /// The question.
    pub ask: String,
    /// Its part in the overall figures.
    pub weight: f64,
}

/// The run's answers against those of one other system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeComparison {
    /// The baseline whose answers these were; none is the floor.
    pub baseline: Option<String>,
    /// Pairs with a verdict; each was asked in both orders.
    pub pairs: usize,
    /// Pairs of these whose replies are the same text: ties, which were not asked.
    pub same: usize,
    /// Pairs that were left out, since a reply of the judge could not be read.
    pub unread: usize,
    /// Such replies.
    pub unread_replies: usize,
    /// The beginnings of some of them.
    pub unread_examples: Vec<String>,
    /// Mean score over the criteria by their weights: 1 preferred, ½ tie, 0 not; every persona counts alike.
    pub win_rate: Estimate,
    /// Share of verdicts that are the same in both orders, by the criteria's weights; none where nothing was asked.
    pub consistency: Option<Estimate>,
    /// Share of first places among the verdicts for one of the replies: ½ without bias; none where all were ties.
    pub position: Option<Estimate>,
    /// By criterion, in the rubric's order.
    pub criteria: Vec<JudgedCriterion>,
    /// By persona, in the run's order; those with a pair.
    pub personas: Vec<JudgedPersona>,
    /// Some pairs of which all verdicts are the same in both orders.
    pub agreed: Vec<JudgeExample>,
    /// Some pairs of which a verdict changed with the order.
    pub swapped: Vec<JudgeExample>,
}

/// One criterion over all pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedCriterion {
    /// Its name.
    pub name: String,
    /// Mean score.
    pub win_rate: Estimate,
    /// Share of verdicts that are the same in both orders; none where nothing was asked.
    pub consistency: Option<Estimate>,
    /// Pairs that the run won, tied and lost; a verdict that changed with the order is a tie.
    pub won_tied_lost: [usize; 3],
}

/// One persona's pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgedPersona {
    /// Its id.
    pub persona: String,
    /// Its pairs.
    pub pairs: usize,
    /// Mean score over the criteria by their weights.
    pub win_rate: Estimate,
}

/// One pair with the judge's own words.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeExample {
    /// The persona's id.
    pub persona: String,
    /// The prompt's id.
    pub prompt_id: String,
    /// What was asked.
    pub prompt: String,
    /// The run's reply, its beginning.
    pub own: String,
    /// The other system's reply, its beginning.
    pub other: String,
    /// By criterion.
    pub verdicts: Vec<JudgeVerdict>,
    /// The judge's reasons: with the run's reply first, and second.
    pub reasons: [String; 2],
}

/// One criterion's verdicts on one pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct JudgeVerdict {
    /// The criterion's name.
    pub criterion: String,
    /// Who was preferred (`own`, `other`, `tie`): with the run's reply first, and second.
    pub orders: [String; 2],
}
