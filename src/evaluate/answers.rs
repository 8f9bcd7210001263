//! Answers to a suite's questions, whoever gave them.

use super::likelihood::Heard;
use crate::response::Response;
use crate::suite::{Generation, Task};
use std::collections::BTreeMap;

/// Log-likelihoods of every token of every option, by the task's id.
pub(super) type Likelihoods = BTreeMap<String, Vec<Vec<f32>>>;

/// All that is judged: texts, and the likelihoods of choices.
pub(super) struct Answers {
    /// How the shared prompts were answered, as far as it is known.
    pub(super) generation: Option<Generation>,
    /// Ids of the shared prompts that were asked, in the suite's order.
    pub prompts: Vec<String>,
    /// Answers to the shared prompts; by prompt, persona and sample, as the suite orders them.
    pub trained: Vec<Response>,
    /// The same by the base with the tag; empty where there is no floor.
    pub floor: Vec<Response>,
    /// The tasks that are scored; each has a text among `task_answers`, or likelihoods.
    pub tasks: Vec<Task>,
    /// Answers to the tasks that generate.
    pub task_answers: Vec<Response>,
    /// Likelihoods of the tasks that choose.
    pub likelihoods: Likelihoods,
    /// Real text under the personas' voices; none where it was not scored.
    pub heard: Option<Heard>,
}

impl Answers {
    /// The texts in the order of a run's record: trained, floor, tasks.
    pub(super) fn into_responses(self) -> Vec<Response> {
        self.trained.into_iter().chain(self.floor).chain(self.task_answers).collect()
    }
}
