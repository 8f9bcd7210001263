//! One example on its way into the dataset.

use std::sync::Arc;

use serde::Serialize;

use crate::example::Turn;

/// What the sources of synthetic examples begin with; behind it stands the source of the prompt.
pub(super) const SYNTHETIC: &str = "synthetic:";

/// An example in the dataset specification's schema, with what was said before it and where it comes from.
///
/// Serializes as a line of the specification: keys in its order, `_persona` and `_traits` left out until they are known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Row {
    /// The user's text; tagging puts the control tag before it.
    pub instruction: String,
    /// More material for the instruction; often empty.
    pub input: String,
    /// The answer.
    pub output: String,
    /// Id of the persona that its source is for; none where tagging is to find it.
    #[serde(rename = "_persona", skip_serializing_if = "Option::is_none")]
    pub persona: Option<Arc<str>>,
    /// Traits of the answer, once they are known.
    #[serde(rename = "_traits", skip_serializing_if = "Vec::is_empty")]
    pub traits: Vec<Arc<str>>,
    /// What was said before the instruction.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<Turn>,
    /// Which prompt is answered, where several personas answer the same ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_id: Option<Arc<str>>,
    /// Name of the source in the recipe.
    pub source: Arc<str>,
    /// Licence of the source.
    pub licence: Arc<str>,
}

impl Row {
    /// Bytes of its texts.
    pub(super) fn text_bytes(&self) -> usize {
        let turns: usize = self.turns.iter().map(|t| t.user.len() + t.assistant.len()).sum();
        self.instruction.len() + self.input.len() + self.output.len() + turns
    }
}
