//! Raw scores of single answers.

use serde::{Deserialize, Serialize};

/// What one answer to a shared prompt scored: from these a run can be judged again, and held against another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// The persona's id.
    pub persona: String,
    /// The prompt's id.
    pub prompt_id: String,
    /// Which sample, from 0.
    pub sample: usize,
    /// 1 where the answer alone names its persona (out of fold), else 0; none where separability was not measured.
    pub named: Option<f64>,
    /// The same for the adapter group; none where all personas are of one group.
    pub group_named: Option<f64>,
    /// Own-centroid cosine less the best other's, out of fold.
    pub margin: Option<f64>,
    /// Share of the persona's declared traits that show; none for a persona that declares none.
    pub traits: Option<f64>,
}
