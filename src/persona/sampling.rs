//! How the next token is drawn.

use serde::{Deserialize, Serialize};

use crate::document::{Field, Section};
use crate::error::Result;

/// Most tokens that one answer may ask for.
const MAX_TOKENS: usize = 8192;

/// Decoding settings of one answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Softmax temperature, 0 to 2; 0 takes the most likely token.
    pub temperature: f32,
    /// Nucleus: the smallest set of tokens with at least this probability; above 0, 1 keeps all.
    pub top_p: f32,
    /// Keep only this many most likely tokens; none keeps all.
    pub top_k: Option<usize>,
    /// Divides the logits of tokens that already occurred (multiplies negative ones); 1 does nothing.
    pub repetition_penalty: f32,
    /// Longest answer, in new tokens.
    pub max_tokens: usize,
}

impl Sampling {
    /// The most likely token every time, up to `max_tokens`.
    pub fn greedy(max_tokens: usize) -> Self {
        Self { temperature: 0.0, top_p: 1.0, top_k: None, repetition_penalty: 1.0, max_tokens }
    }

    /// The same settings with no more than `max_tokens` new tokens.
    #[must_use]
    pub fn capped(mut self, max_tokens: usize) -> Self {
        self.max_tokens = self.max_tokens.min(max_tokens);
        self
    }

    /// The keys of a `sampling` table.
    pub(crate) const KEYS: [&'static str; 5] =
        ["temperature", "top_p", "top_k", "repetition_penalty", "max_tokens"];

    /// Reads a checked `sampling` table; `top_k` and `repetition_penalty` may be left out.
    pub(crate) fn read(section: &Section<'_>) -> Result<Self> {
        Ok(Self {
            temperature: temperature(section.need("temperature", "a number from 0 to 2")?)?,
            top_p: top_p(section.need("top_p", "a number above 0, up to 1")?)?,
            top_k: section.get("top_k").map(top_k).transpose()?,
            repetition_penalty: section.get("repetition_penalty").map_or(Ok(1.0), repetition_penalty)?,
            max_tokens: max_tokens(section.need("max_tokens", "the longest answer, in tokens")?)?,
        })
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a setting between 0 and 2 needs no more than f32")]
fn small(field: &Field, low: f64, high: f64) -> Result<f32> {
    field.number_in(low..=high).map(|value| value as f32)
}

pub(crate) fn temperature(field: &Field) -> Result<f32> {
    small(field, 0.0, 2.0)
}

pub(crate) fn top_p(field: &Field) -> Result<f32> {
    small(field, 0.01, 1.0)
}

pub(crate) fn top_k(field: &Field) -> Result<usize> {
    field.count_in(1..=1_000_000)
}

pub(crate) fn repetition_penalty(field: &Field) -> Result<f32> {
    small(field, 0.5, 2.0)
}

pub(crate) fn max_tokens(field: &Field) -> Result<usize> {
    field.count_in(1..=MAX_TOKENS)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::document::parse;

    fn read(text: &str) -> Result<Sampling> {
        let root = parse(Path::new("a.toml"), text).unwrap();
        Sampling::read(&root.section(&Sampling::KEYS)?)
    }

    #[test]
    fn what_may_be_left_out_has_a_value_that_does_nothing() {
        let sampling = read("temperature = 0\ntop_p = 1\nmax_tokens = 8").unwrap();
        assert_eq!(sampling, Sampling::greedy(8));
        assert_eq!(sampling.capped(4).max_tokens, 4);
    }

    #[test]
    fn settings_out_of_range_are_refused_with_the_range() {
        for (bad, expected) in [
            ("temperature = 3\ntop_p = 1\nmax_tokens = 8", "from 0 to 2"),
            ("temperature = 1\ntop_p = 0\nmax_tokens = 8", "from 0.01 to 1"),
            ("temperature = 1\ntop_p = 1\nmax_tokens = 0", "from 1 to"),
            ("temperature = 1\ntop_p = 1\nmax_tokens = 8\ntop_k = 0", "from 1 to"),
            ("temperature = 1\ntop_p = 1\nmax_tokens = 8\nrepetition_penalty = 0", "from 0.5 to 2"),
            ("temperature = 1\ntop_p = 1", "longest answer"),
        ] {
            let err = read(bad).unwrap_err().to_string();
            assert!(err.contains(expected), "{bad}: {err}");
        }
    }
}
