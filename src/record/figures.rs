//! The figures of a run, by question.

use super::choices::ChoiceFigures;
use super::consistency::ConsistencyFigures;
use super::profile::ProfileFigures;
use crate::metrics::{ClusterMetrics, GroupIdentification, Identification, PairDistance};
use crate::stats::Estimate;
use serde::{Deserialize, Serialize};

/// Are the personas distinct?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SeparabilityFigures {
    /// Headline: naming the persona, leave-one-prompt-out, with chance, interval, p, confusion and margins.
    pub persona: Identification,
    /// Naming the adapter group; none when all personas of the run are of one group.
    pub group: Option<GroupIdentification>,
    /// The same prompts and seeds by the base with the tag alone.
    pub floor: Option<Floor>,
    /// The same classifier on real held-out text.
    pub ceiling: Option<Ceiling>,
    /// What the length of the answers alone tells.
    pub length_only: Identification,
    /// What their content words alone tell; none in records from before it was measured.
    #[serde(default)]
    pub content_only: Option<Identification>,
    /// Naming the persona when what length explains linearly has been taken out of the vectors.
    #[serde(default)]
    pub after_length: Option<Estimate>,
    /// Cluster metrics of the sentence vectors as they come, whichever the instrument.
    pub raw: ClusterMetrics,
    /// Cluster metrics of the instrument's vectors, centred by prompt; none where all answers to a prompt are alike.
    pub centred: Option<ClusterMetrics>,
    /// k-nearest-neighbour accuracy, leave-one-prompt-out.
    pub knn_accuracy: f64,
    /// Energy distances of persona pairs, false-discovery rate controlled; nearest first.
    pub pairs: Vec<PairDistance>,
    /// One point a response on the two main axes of the instrument's centred vectors.
    pub map: Vec<MapPoint>,
}

/// The floor: base model with the tag, no adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Floor {
    /// Naming the persona.
    pub persona: Identification,
    /// Naming the group.
    pub group: Option<GroupIdentification>,
    /// Trained less floor, persona, paired by prompt.
    pub persona_gain: Estimate,
    /// Trained less floor, group, paired by prompt.
    pub group_gain: Option<Estimate>,
}

/// The ceiling: real held-out text of the personas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ceiling {
    /// Naming the persona of the real text.
    pub persona: Identification,
    /// Naming the group of the real text.
    pub group: Option<GroupIdentification>,
    /// Naming the persona of a *response* by the centroids of the real text.
    pub persona_fidelity: Estimate,
    /// Naming the group of a *response* by the group centroids of the real text; falls when adapters are swapped.
    pub group_fidelity: Option<Estimate>,
    /// The same for each group; empty when all personas are of one group.
    #[serde(default)]
    pub fidelity_of_groups: Vec<GroupFidelity>,
    /// Texts of the ceiling.
    pub texts: usize,
}

/// How true one group's answers are to its real text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GroupFidelity {
    /// The adapter group.
    pub group: String,
    /// Share of its answers that the centroids of the groups' real text name right.
    pub fidelity: Estimate,
}

/// A response on the map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MapPoint {
    /// The persona's id.
    pub persona: String,
    /// The prompt's id.
    pub prompt_id: String,
    /// First axis.
    pub x: f32,
    /// Second axis.
    pub y: f32,
}

/// One row of the table of personas.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonaFigures {
    /// The persona's id.
    pub persona: String,
    /// Own-centroid cosine less the best other's, mean over prompts with interval; above 0 is named right.
    pub margin: Estimate,
    /// The floor's margin, for comparison.
    pub floor_margin: Option<Estimate>,
    /// Share of its responses named right.
    pub recall: f64,
    /// The persona it is most often taken for, if any.
    pub confused_with: Option<String>,
    /// How many of its responses are.
    pub confused: usize,
    /// Share of its declared traits that its answers show.
    pub trait_hit_rate: Option<Estimate>,
}

/// Is each persona's style its own?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StyleFigures {
    /// Declared traits that show, over all personas, with interval over prompts.
    pub hit_rate: Estimate,
    /// The same for the floor.
    pub floor_hit_rate: Option<Estimate>,
    /// Trained less floor, paired by prompt.
    pub gain: Option<Estimate>,
    /// Names of the style features.
    pub features: Vec<String>,
    /// By persona.
    pub personas: Vec<StyleOfPersona>,
    /// How consistent styles are; none where too few prompts were answered by all, and in earlier records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consistency: Option<ConsistencyFigures>,
    /// Indices and trait scores; none in earlier records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<ProfileFigures>,
}

/// One persona's style.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StyleOfPersona {
    /// The persona's id.
    pub persona: String,
    /// Mean of each feature over its responses.
    pub means: Vec<f32>,
    /// Its declared traits and the share of answers that show each.
    pub traits: Vec<(String, f64)>,
}

/// Can it still do its job?
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskFigures {
    /// Mean score of all items; none where no item could be run.
    pub score: Option<Estimate>,
    /// Mean score of the personas' own prompts.
    pub own: Option<Estimate>,
    /// By outcome of the specification.
    pub outcomes: Vec<TaskOutcome>,
    /// Every item that was scored.
    pub items: Vec<TaskItem>,
    /// Items whose code could not be run: they are in no mean. None in earlier records.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_run: Vec<TaskNotRun>,
    /// Choices and preferences by likelihood; none where there are neither, and in earlier records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub choices: Option<ChoiceFigures>,
}

/// An item that has no score, since its answer's code could not be run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskNotRun {
    /// The item's id.
    pub id: String,
    /// The persona that answered.
    pub persona: String,
    /// The outcome.
    pub outcome: String,
    /// What the persona was asked.
    pub prompt: String,
    /// What it answered.
    pub answer: String,
    /// What kept the code from being run.
    pub why: String,
}

/// Mean score of one outcome's items.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskOutcome {
    /// The outcome (`empathy`, `tools`, …).
    pub outcome: String,
    /// Mean score with interval.
    pub score: Estimate,
}

/// One task item, scored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaskItem {
    /// The item's id.
    pub id: String,
    /// The persona that answered.
    pub persona: String,
    /// The outcome, or `own` for a persona's own prompt.
    pub outcome: String,
    /// How it was scored (`exact`, `numeric`, `choice`, …).
    pub kind: String,
    /// The score, 0..=1.
    pub score: f64,
    /// What the persona was asked.
    pub prompt: String,
    /// What it answered, or the options with their log-likelihoods.
    pub answer: String,
    /// What was expected.
    pub expected: String,
    /// What is missing or wrong; empty where nothing is, and in earlier records.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Fingerprint of question and rule: another one is another task, whatever its id; empty in earlier records.
    #[serde(default)]
    pub asked: String,
}
