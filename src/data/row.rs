//! One example on its way into the dataset.

use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::example::Turn;

/// An example in the dataset specification's schema, with what was said before it and where it comes from.
///
/// Serializes as a line of the specification: keys in its order, `_persona` and `_traits` left out until they are known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The user's text; tagging puts the control tag before it.
    pub instruction: String,
    /// More material for the instruction; often empty.
    pub input: String,
    /// The answer.
    pub output: String,
    /// Id of the persona that its source is for; none where tagging is to find it.
    #[serde(rename = "_persona", skip_serializing_if = "Option::is_none", serialize_with = "some_text")]
    pub persona: Option<Arc<str>>,
    /// What was said before the instruction.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<Turn>,
    /// Name of the source in the recipe.
    #[serde(serialize_with = "text")]
    pub source: Arc<str>,
    /// Licence of the source.
    #[serde(serialize_with = "text")]
    pub licence: Arc<str>,
}

fn text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

fn some_text<S: Serializer>(text: &Option<Arc<str>>, serializer: S) -> Result<S::Ok, S::Error> {
    text.as_deref().serialize(serializer)
}
