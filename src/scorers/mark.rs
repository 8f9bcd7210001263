//! A score and what it fell short of.

/// What an answer scored.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// From 0 to 1.
    pub score: f64,
    /// What is missing or wrong, for people; empty where nothing is, or where the answer beside the expected one says it all.
    pub why: String,
}

/// What became of an answer whose code has to be run.
#[derive(Debug, Clone, PartialEq)]
pub enum Judged {
    /// It was run, and scored.
    Marked(Mark),
    /// It could not be run, for this reason, which says nothing about the answer.
    NotRun(String),
}

/// Longest reason; an answer of a megabyte is not told twice.
const LONGEST: usize = 300;

/// The first `longest` characters.
pub(super) fn shortened(text: &str, longest: usize) -> String {
    let short: String = text.chars().take(longest).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}

impl Mark {
    /// Right or wrong, by a rule of one condition.
    pub(super) fn of(right: bool, why: impl FnOnce() -> String) -> Self {
        Self {
            score: f64::from(u8::from(right)),
            why: if right { String::new() } else { shortened(&why(), LONGEST) },
        }
    }
}
