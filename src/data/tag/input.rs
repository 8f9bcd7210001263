//! What tagging reads of an example, and the persona that it gives.

use crate::example::Turn;

/// The texts of an example that tagging looks at.
#[derive(Debug, Clone, Copy, Default)]
pub struct TagInput<'a> {
    /// The user's text, without a control tag.
    pub instruction: &'a str,
    /// More material for the instruction; often empty.
    pub input: &'a str,
    /// The answer.
    pub output: &'a str,
    /// What was said before.
    pub turns: &'a [Turn],
}

/// What said which persona it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum By {
    /// The source of the example is for this persona.
    Source,
    /// A rule met a marker.
    Rule,
    /// The learned classifier; also where it was not sure enough.
    Classifier,
}

impl By {
    /// The name in tables.
    pub fn id(self) -> &'static str {
        match self {
            By::Source => "source",
            By::Rule => "rule",
            By::Classifier => "classifier",
        }
    }
}

/// The persona of an example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Assigned<'a> {
    /// Its id; none where the classifier was not sure enough: `unassigned`.
    pub persona: Option<&'a str>,
    /// How sure, 0..=1: 1 for a source, what a rule's measured cases give, the classifier's calibrated probability of the category.
    pub confidence: f32,
    /// What said it.
    pub by: By,
}
