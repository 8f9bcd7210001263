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
    /// Cosine with the centroid of its own group's real text less the best other group's; above 0 is true to the group.
    /// None without real text, or where all personas are of one group.
    #[serde(default)]
    pub fidelity: Option<f64>,
    /// Id of the persona whose centroid is the nearest among the others', out of fold.
    #[serde(default)]
    pub nearest: Option<String>,
    /// Share of the persona's declared traits that show; none for a persona that declares none.
    pub traits: Option<f64>,
    /// ln(1 + words); none in earlier records.
    #[serde(default)]
    pub length: Option<f64>,
}
