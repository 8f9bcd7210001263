//! Answers to a suite's questions, whoever gave them.

use super::likelihood::Heard;
use crate::metrics::BlendCost;
use crate::response::{GivenReplies, Response};
use crate::suite::{Generation, Task};
use std::collections::BTreeMap;

/// Log-likelihoods of given replies, by the task's id.
pub(super) type Likelihoods<'a> = BTreeMap<&'a str, &'a GivenReplies>;

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
    /// Answers to the shared prompts asked in other ways.
    pub again: Vec<Response>,
    /// Likelihoods of the tasks whose replies are given, a line each.
    pub given: Vec<Response>,
    /// Answers of the sweeps' blends.
    pub swept: Vec<Response>,
    /// What these blends cost, by the sweep's id; empty where nobody heard them.
    pub costs: BTreeMap<String, BlendCost>,
    /// Real text under the personas' voices; none where it was not scored.
    pub heard: Option<Heard>,
}

impl Answers {
    /// The likelihoods of `given`.
    pub(super) fn likelihoods(&self) -> Likelihoods<'_> {
        self.given.iter().filter_map(|r| Some((r.prompt_id.as_str(), r.likelihoods.as_ref()?))).collect()
    }

    /// The texts in the order of a run's record: trained, floor, tasks, conditions, sweeps.
    pub(super) fn into_responses(self) -> Vec<Response> {
        let rest = self.floor.into_iter().chain(self.task_answers).chain(self.again).chain(self.swept);
        self.trained.into_iter().chain(rest).collect()
    }
}
