//! What changed from one run to another.

use super::consistency::StyleShift;
use crate::stats::Estimate;
use serde::{Deserialize, Serialize};

/// Persona, prompt and sample: where an answer stands in any run of the same suite.
pub type Place = (String, String, usize);

/// Two runs on what both answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The first run's id.
    pub before: String,
    /// The second run's id.
    pub after: String,
    /// Adapters whose files differ, as sentences with the beginnings of their hashes.
    pub adapters: Vec<String>,
    /// What else differs between the two, as sentences; adapters are expected to.
    pub setup: Vec<String>,
    /// Answers that both runs have.
    pub matched: usize,
    /// Prompts that both runs have.
    pub prompts: usize,
    /// Answers that only the first run has.
    pub only_before: Vec<Place>,
    /// Answers that only the second run has.
    pub only_after: Vec<Place>,
    /// Prompts whose text differs between the runs: their answers are left out.
    pub reworded: Vec<String>,
    /// Metrics that are not compared, and why: their scores are not of one kind. Empty in earlier records.
    #[serde(default)]
    pub left_out: Vec<String>,
    /// The metrics.
    pub metrics: Vec<Change>,
    /// The personas' margins, the largest loss first.
    pub personas: Vec<PersonaChange>,
    /// Personas that lost their distance: for whom they are taken, and what they said.
    pub collapsed: Vec<Collapse>,
    /// Who was taken for whom in the matched answers, by persona and name; pairs that never occurred are left out. Empty in
    /// records from before it was counted.
    #[serde(default)]
    pub taken: Vec<Taken>,
    /// Features of style that moved, by persona and (first, without a name) over all; empty where the first run's answers are not
    /// kept, and in earlier records.
    #[serde(default)]
    pub shifts: Vec<StyleShift>,
    /// Where the personas' answers lie on the second run's map; empty where the first run's answers are not kept.
    #[serde(default)]
    pub centres: Vec<Centre>,
}

/// A metric before and after, with the paired difference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The metric's dotted name.
    pub metric: String,
    /// Mean of the matched units before.
    pub before: f64,
    /// The same after.
    pub after: f64,
    /// After less before, paired by prompt or task, with its interval.
    pub difference: Estimate,
    /// Two-sided sign-flip p: under the null the two runs' labels can be exchanged within any prompt.
    pub p: f64,
    /// p adjusted for all metrics of the comparison (Holm).
    pub holm: f64,
}

/// How far a persona stands apart, before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonaChange {
    /// The persona's id.
    pub persona: String,
    /// Mean margin before, in cosine.
    pub before: f64,
    /// The same after.
    pub after: f64,
    /// After less before, paired by prompt.
    pub difference: Estimate,
    /// Two-sided sign-flip p.
    pub p: f64,
    /// False-discovery rate over all personas (Benjamini–Hochberg).
    pub q: f64,
}

/// A persona that lost its distance: who it is taken for, and where that shows most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Collapse {
    /// The persona's id.
    pub persona: String,
    /// The personas that were nearest before, each with the number of answers, most first.
    pub before: Vec<(String, usize)>,
    /// The same after.
    pub after: Vec<(String, usize)>,
    /// The prompts whose margin fell most, the largest fall first.
    pub prompts: Vec<Moved>,
}

/// One prompt's answers before and after, beside that of the persona it is now taken for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    /// The prompt's id.
    pub prompt_id: String,
    /// The prompt's text; empty where the record does not hold it.
    pub prompt: String,
    /// Margin before, in cosine.
    pub before: f64,
    /// Margin after.
    pub after: f64,
    /// What the persona said before; none where the text is not kept.
    pub said_before: Option<String>,
    /// What it says now.
    pub said_after: Option<String>,
    /// The persona that is nearest now.
    pub nearest: Option<String>,
    /// What that one says now.
    pub nearest_said: Option<String>,
}

/// How often one persona's answers were named as another's, or as its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The persona that answered.
    pub persona: String,
    /// The persona that was named.
    pub named: String,
    /// Answers in the first run.
    pub before: usize,
    /// Answers in the second run.
    pub after: usize,
}

/// The middle of a persona's answers on the two main axes of the second run, in the unit of the instrument's vectors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Centre {
    /// The persona's id.
    pub persona: String,
    /// First and second axis, the first run's answers seen by the second run's instrument.
    pub before: [f32; 2],
    /// The same of the second run's answers to the same prompts.
    pub after: [f32; 2],
}
