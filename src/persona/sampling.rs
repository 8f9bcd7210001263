//! How the next token is drawn.

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use crate::document::{Field, Section};
use crate::error::{Error, Result};

/// Lowest temperature above 0: logits divided by much less leave f32's range, and long before that the most likely
/// token is always the one drawn.
pub(crate) const LOWEST_TEMPERATURE: f32 = 0.01;
const HIGHEST_TEMPERATURE: f32 = 2.0;
/// What a temperature may be.
pub(crate) const TEMPERATURES: &str = "0, or a number from 0.01 to 2";
const TOP_P: RangeInclusive<f32> = 0.01..=1.0;
const REPETITION_PENALTY: RangeInclusive<f32> = 0.5..=2.0;
/// Most tokens that one answer may ask for.
const MAX_TOKENS: usize = 8192;

/// Decoding settings of one answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Softmax temperature, 0 or 0.01 to 2; 0 takes the most likely token.
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

    /// Refuses what cannot be drawn with. Files are checked as they are read; a journal's line and a caller's own
    /// value are not.
    ///
    /// # Errors
    /// Names the setting out of range and the range.
    pub fn check(&self) -> Result<()> {
        let bad = |key: &str, value: f32, expected: String| {
            Err(Error::input(format!("`{value}` is out of range")).key(key).expected(expected))
        };
        if !is_temperature(self.temperature) {
            return bad("temperature", self.temperature, TEMPERATURES.to_owned());
        }
        if !TOP_P.contains(&self.top_p) {
            return bad("top_p", self.top_p, from_to(&TOP_P));
        }
        if !REPETITION_PENALTY.contains(&self.repetition_penalty) {
            return bad("repetition_penalty", self.repetition_penalty, from_to(&REPETITION_PENALTY));
        }
        Ok(())
    }

    /// The keys of a `sampling` table.
    pub(crate) const KEYS: [&'static str; 5] =
        ["temperature", "top_p", "top_k", "repetition_penalty", "max_tokens"];

    /// Reads a checked `sampling` table; `top_k` and `repetition_penalty` may be left out.
    pub(crate) fn read(section: &Section<'_>) -> Result<Self> {
        Ok(Self {
            temperature: temperature(section.need("temperature", TEMPERATURES)?)?,
            top_p: top_p(section.need("top_p", "a number above 0, up to 1")?)?,
            top_k: section.get("top_k").map(top_k).transpose()?,
            repetition_penalty: section.get("repetition_penalty").map_or(Ok(1.0), repetition_penalty)?,
            max_tokens: max_tokens(section.need("max_tokens", "the longest answer, in tokens")?)?,
        })
    }
}

#[allow(clippy::cast_possible_truncation, reason = "a setting between 0 and 2 needs no more than f32")]
fn small(field: &Field, range: &RangeInclusive<f32>) -> Result<f32> {
    let value = field.number()?;
    match range.contains(&(value as f32)) {
        true => Ok(value as f32),
        false => Err(field.error(format!("`{value}` is out of range")).expected(from_to(range))),
    }
}

fn from_to(range: &RangeInclusive<f32>) -> String {
    format!("a number from {} to {}", range.start(), range.end())
}

/// Whether a temperature is 0 or can be divided by.
pub(crate) fn is_temperature(value: f32) -> bool {
    value == 0.0 || (LOWEST_TEMPERATURE..=HIGHEST_TEMPERATURE).contains(&value)
}

pub(crate) fn temperature(field: &Field) -> Result<f32> {
    let value = small(field, &(0.0..=HIGHEST_TEMPERATURE))?;
    match is_temperature(value) {
        true => Ok(value),
        false => Err(field.error(format!("`{value}` is out of range")).expected(TEMPERATURES)),
    }
}

pub(crate) fn top_p(field: &Field) -> Result<f32> {
    small(field, &TOP_P)
}

pub(crate) fn top_k(field: &Field) -> Result<usize> {
    field.count_in(1..=1_000_000)
}

pub(crate) fn repetition_penalty(field: &Field) -> Result<f32> {
    small(field, &REPETITION_PENALTY)
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
            ("temperature = 1e-40\ntop_p = 1\nmax_tokens = 8", "0, or a number from 0.01 to 2"),
            ("temperature = 0.009\ntop_p = 1\nmax_tokens = 8", "0, or a number from 0.01 to 2"),
            ("temperature = 1\ntop_p = 0\nmax_tokens = 8", "from 0.01 to 1"),
            ("temperature = 1\ntop_p = 1\nmax_tokens = 0", "from 1 to"),
            ("temperature = 1\ntop_p = 1\nmax_tokens = 8\ntop_k = 0", "from 1 to"),
            ("temperature = 1\ntop_p = 1\nmax_tokens = 8\nrepetition_penalty = 0", "from 0.5 to 2"),
            ("temperature = 1\ntop_p = 1", "longest answer"),
        ] {
            let err = read(bad).unwrap_err().to_string();
            assert!(err.contains(expected), "{bad}: {err}");
        }
        for good in ["0", "0.01", "2"] {
            let read = read(&format!("temperature = {good}\ntop_p = 0.01\nmax_tokens = 8")).unwrap();
            assert!(read.check().is_ok(), "{good}");
        }
    }
}
