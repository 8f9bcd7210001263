//! A score and what it fell short of.

/// What an answer scored.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// From 0 to 1.
    pub score: f64,
    /// What is missing or wrong, for people; empty where nothing is, or where the answer beside the expected one says it all.
    pub why: String,
}

/// Longest reason; an answer of a megabyte is not told twice.
const LONGEST: usize = 300;

fn shortened(why: &str) -> String {
    let short: String = why.chars().take(LONGEST).collect();
    if short.len() < why.len() { format!("{short}…") } else { short }
}

impl Mark {
    /// Right or wrong, by a rule of one condition.
    pub(super) fn of(right: bool, why: impl FnOnce() -> String) -> Self {
        Self { score: f64::from(u8::from(right)), why: if right { String::new() } else { shortened(&why()) } }
    }
}
