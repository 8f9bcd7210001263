//! A text of a suite that training must not have seen.

/// A prompt, a reference or a held-out text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passage {
    /// Name of the suite.
    pub suite: String,
    /// Id of the prompt or the task; file and line of a held-out text.
    pub place: String,
    /// The text.
    pub text: String,
}
