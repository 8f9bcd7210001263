//! Likelihoods of real text under the personas' voices.

use crate::metrics::{LabelLikelihood, LikelihoodMatrix, Likelihoods, RankAgreement};
use crate::stats::Estimate;
use serde::{Deserialize, Serialize};

/// Is each persona's real text likelier in its own voice than in others'?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LikelihoodFigures {
    /// Mean over texts of the score under the own persona, nats a token.
    pub own: Estimate,
    /// Mean over texts of the own score less the mean of the others' that scored the text, nats a token.
    pub margin: Estimate,
    /// Share of the texts that are likeliest under their own persona, of those that scored them.
    pub best: Estimate,
    /// That share if all that score a text were alike.
    pub chance: f64,
    /// Which texts were scored under whom.
    pub design: LikelihoodDesign,
    /// By persona.
    pub personas: Vec<LabelLikelihood>,
    /// By adapter group; empty where all personas are of one group.
    pub groups: Vec<LabelLikelihood>,
    /// Whose text under whom.
    pub matrix: LikelihoodMatrix,
    /// Whether pairs that the embedder finds near in real text are near here too; none where it cannot be told.
    pub agreement: Option<RankAgreement>,
}

/// How many texts were scored under whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LikelihoodDesign {
    /// Real held-out texts.
    pub texts: usize,
    /// Personas that each text was scored under besides its own.
    pub others: usize,
    /// Whether that is all of them.
    pub full: bool,
    /// Pairs of writer and listener that were scored, a persona with itself included.
    pub cells: usize,
    /// All such pairs.
    pub cells_total: usize,
    /// Personas whose nearest neighbour (by the registry, and in the run) scored a text of theirs.
    pub nearest_scored: usize,
    /// Personas whose nearest neighbour takes part in the run.
    pub nearest_total: usize,
}

/// One real text, scored: from these a run can be held against another.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TextScore {
    /// The persona that it is of.
    pub persona: String,
    /// The held-out prompt that it answers.
    pub prompt_id: String,
    /// Its tokens, all of which were scored.
    pub tokens: usize,
    /// Mean log-probability a token under its own persona, in nats.
    pub own: f64,
    /// `own` less the mean of the same under the others that scored it.
    pub margin: f64,
}

impl LikelihoodFigures {
    /// The figures with the design that they come from.
    pub fn new(found: Likelihoods, design: LikelihoodDesign, agreement: Option<RankAgreement>) -> Self {
        let Likelihoods { own, margin, best, chance, personas, groups, matrix } = found;
        Self { own, margin, best, chance, design, personas, groups, matrix, agreement }
    }
}
