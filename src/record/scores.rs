//! The raw scores of one run: what later judgements need, wherever they are kept.

use super::item::Item;
use super::likelihood::{LikelihoodDesign, TextScore};
use super::provenance::Provenance;
use super::run::PersonaRow;
use crate::suite::{Generation, Prompt};
use serde::{Deserialize, Serialize};

/// Everything of a run that it can be judged by again, or held against another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// The run's id.
    pub id: String,
    /// The suite's name.
    pub suite: String,
    /// The shared prompts that were asked.
    pub prompts: Vec<Prompt>,
    /// How they were answered; none in records from before it was kept.
    pub generation: Option<Generation>,
    /// What the answers were judged by (`embedding`, `style`, `joined`); empty in earlier records.
    pub instrument: String,
    /// Who answered.
    pub personas: Vec<PersonaRow>,
    /// Answers to the shared prompts.
    pub items: Vec<Item>,
    /// Margins of the pairs of personas that gates name.
    pub pairs: Vec<PairScore>,
    /// Held-out texts under the personas' blends.
    pub texts: Vec<TextScore>,
    /// Who heard them; none where likelihoods were not measured.
    #[serde(default)]
    pub heard: Option<LikelihoodDesign>,
    /// Tasks.
    pub tasks: Vec<TaskScore>,
    /// What the run was made from.
    pub provenance: Provenance,
}

/// How far two personas' answers to one prompt stand apart.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairScore {
    /// The first persona's id, as the gate names it.
    pub a: String,
    /// The second persona's id.
    pub b: String,
    /// The prompt's id.
    pub prompt_id: String,
    /// Mean over both personas' answers of the cosine to the own centroid less that to the other's, out of fold.
    pub margin: f64,
}

/// What one task scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskScore {
    /// The task's id.
    pub id: String,
    /// The outcome, or `own`.
    pub outcome: String,
    /// The score, 0..=1.
    pub score: f64,
    /// Fingerprint of question and rule; empty in earlier records.
    #[serde(default)]
    pub asked: String,
}
