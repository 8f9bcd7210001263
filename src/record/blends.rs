//! Sweeps of blends: does the voice follow the weight?

use crate::metrics::{BlendCost, BlendResponse};
use crate::stats::Estimate;
use serde::{Deserialize, Serialize};

/// All sweeps of a run. Means weigh every sweep the same; their intervals are over prompts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BlendFigures {
    /// Share named as the far end at weight 1 less that at weight 0.
    pub separation: Option<Estimate>,
    /// Rank correlation of weight and place between the ends.
    pub monotonicity: Option<Estimate>,
    /// Distance from the line between the ends, root mean square over the sweeps; none where a sweep has none.
    pub superposition: Option<Estimate>,
    /// Likelihood of real text less the line between the ends, nats a token.
    pub cost: Option<Estimate>,
    /// By sweep.
    pub sweeps: Vec<SweepFigures>,
}

/// One sweep.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SweepFigures {
    /// Its id.
    pub id: String,
    /// The adapter at weight 0.
    pub from: String,
    /// The adapter at weight 1.
    pub to: String,
    /// Under whose tag it was asked, in words.
    pub asked: String,
    /// The weight that the registry declares for the persona that was asked; none where two adapters were named.
    pub declared: Option<f64>,
    /// Prompts.
    pub prompts: usize,
    /// Their ids, in the order of the scores that `response` keeps by prompt.
    #[serde(skip)]
    pub prompt_ids: Vec<String>,
    /// Answers.
    pub answers: usize,
    /// How the voice follows the weight.
    pub response: BlendResponse,
    /// Real text of both ends under the blends; none where it was not scored.
    pub cost: Option<BlendCost>,
}
