//! What judging costs, before it is done.

use super::rubric::Rubric;
use std::fmt;

/// Characters of a token, about: of English text in the usual vocabularies.
const CHARACTERS: usize = 4;

/// Requests and tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Requests.
    pub requests: usize,
    /// Tokens that the judge reads, a guess.
    pub read: usize,
    /// Tokens that it writes at most.
    pub written: usize,
}

impl Cost {
    /// The cost of these bodies, each of which will hold so many more tokens.
    pub fn of<S: AsRef<str>>(bodies: &[S], more: usize, rubric: &Rubric) -> Self {
        let read = bodies.iter().map(|b| b.as_ref().chars().count() / CHARACTERS + more).sum();
        Self { requests: bodies.len(), read, written: bodies.len() * rubric.manners.max_tokens }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { requests, read, written } = self;
        write!(f, "{requests} requests, about {read} tokens to read and at most {written} to write")
    }
}
