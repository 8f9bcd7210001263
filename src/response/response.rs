//! One generated text.

use super::given::GivenReplies;
use crate::persona::Sampling;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Why a response ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model ended its turn.
    Stop,
    /// The length limit was reached.
    Length,
}

/// One generated text with everything that made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The persona's id.
    pub persona: String,
    /// The prompt's id in the suite.
    pub prompt_id: String,
    /// Which of the samples of this prompt, from 0.
    pub sample: usize,
    /// The text; empty where likelihoods stand in its place.
    pub text: String,
    /// `trained`, `floor`, `sweep` or `condition ID`; lines made elsewhere are `trained`.
    #[serde(default = "trained")]
    pub arm: String,
    /// What the persona spoke with, `tech_expert=0.7,emotive=0.3`; empty for the base.
    #[serde(default)]
    pub blend: String,
    /// Seed of this response.
    #[serde(default)]
    pub seed: u64,
    /// How its tokens were drawn; none in lines made elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Sampling>,
    /// The text that was fed to the model, chat template and tag included.
    #[serde(default)]
    pub prompt: String,
    /// Why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish: Option<Finish>,
    /// Tokens generated.
    #[serde(default)]
    pub tokens: usize,
    /// SHA-256 of the base model.
    #[serde(default)]
    pub model: String,
    /// SHA-256 of each adapter of the blend.
    #[serde(default)]
    pub adapters: BTreeMap<String, String>,
    /// Engine version, arithmetic, device and tokenizer, as one text.
    #[serde(default)]
    pub engine: String,
    /// What the model gave the replies of a choice or a preference; none where a text answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub likelihoods: Option<GivenReplies>,
}

/// Where a response belongs in a run: arm, persona, prompt and sample.
pub type Place = (String, String, String, usize);

fn trained() -> String {
    "trained".to_owned()
}

/// Between the shared prompt and the number of a scripted turn before it, in the `prompt_id` of the turn's answer; no id of
/// a prompt holds it.
pub(crate) const TURN: &str = "@turn ";

impl Response {
    /// What identifies a response's place in a run: arm, persona, prompt, sample.
    pub fn place(&self) -> Place {
        (self.arm.clone(), self.persona.clone(), self.prompt_id.clone(), self.sample)
    }

    /// Whether nothing was said: the line holds likelihoods in place of a text.
    pub fn is_given(&self) -> bool {
        self.likelihoods.is_some() && self.text.is_empty()
    }

    /// Whether it answers a scripted turn: said on the way to a shared prompt, and not judged.
    pub fn is_turn(&self) -> bool {
        self.prompt_id.split_once(TURN).is_some_and(|(_, n)| n.parse::<usize>().is_ok())
    }
}
