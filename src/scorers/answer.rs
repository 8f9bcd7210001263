//! An answer against one rule.

use super::content::contains;
use crate::error::{Error, Result};
use crate::suite::Score;
use regex::Regex;
use std::sync::LazyLock;

/// 1 where the answer satisfies the rule, else 0; an empty answer scores 0 under every rule.
///
/// # Errors
/// When the rule is a choice, which is scored by likelihood, or its pattern does not compile.
pub fn score_answer(score: &Score, answer: &str) -> Result<f64> {
    let answer = answer.trim();
    let right = !answer.is_empty()
        && match score {
            Score::Exact(expected) => normalised(answer) == normalised(expected),
            Score::Regex(pattern) => Regex::new(pattern)
                .map_err(|e| Error::input("a pattern does not compile").because(e))?
                .is_match(answer),
            Score::Numeric { value, tolerance } => last_number(answer)
                .is_some_and(|n| (n - value).abs() <= *tolerance + f64::EPSILON * value.abs()),
            Score::ContainsAny(words) => words.iter().any(|w| contains(answer, w)),
            Score::ContainsAll(words) => words.iter().all(|w| contains(answer, w)),
            Score::Words { min, max } => {
                let words = answer.split_whitespace().count();
                words >= *min && max.is_none_or(|max| words <= max)
            }
            Score::Choice { .. } => {
                return Err(Error::cannot_run("a choice is scored by likelihood, not by its text"));
            }
        };
    Ok(f64::from(u8::from(right)))
}

/// White space and quotation marks around, a closing full stop and case do not count.
fn normalised(text: &str) -> String {
    let trimmed = text.trim().trim_matches(['"', '\'', '“', '”', '‘', '’', '`']).trim();
    trimmed.trim_end_matches('.').trim().to_lowercase()
}

/// The last number in the text; commas count where they part thousands (`1,234,567`), `2,3` are two numbers.
///
/// A minus sign counts where it does not stand between two terms: `7-3` ends in 3, `= -2` in −2.
fn last_number(text: &str) -> Option<f64> {
    static NUMBER: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"\d{1,3}(?:,\d{3})+\b(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+").ok());
    let found = NUMBER.as_ref()?.find_iter(text).last()?;
    let number: f64 = found.as_str().replace(',', "").parse().ok()?;
    let mut before = text[..found.start()].chars().rev();
    let negative = matches!(before.next(), Some('-' | '−'))
        && before.next().is_none_or(|c| !(c.is_alphanumeric() || c == ')'));
    Some(if negative { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_is_read_with_sign_and_separators() {
        for (text, want) in [
            ("The answer is 42.", 42.0),
            ("1,234 apples", 1234.0),
            ("3 - 5 = -2", -2.0),
            ("costs $0.75 each", 0.75),
            ("x=.5", 0.5),
            ("7-3", 3.0),
            ("version 2, then 3.50", 3.5),
            ("the primes 2,3", 3.0),
            ("1,2345", 2345.0),
            ("about 12,345,678.5 in all", 12_345_678.5),
            ("it falls to −4 °C", -4.0),
            ("f(x)-9", 9.0),
        ] {
            assert_eq!(last_number(text), Some(want), "{text}");
        }
        assert_eq!(last_number("none"), None);
    }

    #[test]
    fn rules_score_one_or_zero_and_an_empty_answer_zero() {
        let score = |rule: &Score, text: &str| score_answer(rule, text).unwrap();
        assert_eq!(score(&Score::Exact("Paris".into()), " \"paris.\" "), 1.0);
        assert_eq!(score(&Score::Exact("Paris".into()), "Paris, France"), 0.0);
        assert_eq!(score(&Score::Regex("^[A-Z]+$".into()), "YES"), 1.0);
        let number = Score::Numeric { value: 0.3, tolerance: 0.0 };
        assert_eq!(score(&number, "0.3"), 1.0);
        assert_eq!(score(&number, "0.31"), 0.0);
        let words = Score::Words { min: 1, max: Some(3) };
        assert_eq!(score(&words, "one two three"), 1.0);
        assert_eq!(score(&words, "one two three four"), 0.0);
        assert_eq!(score(&words, "  "), 0.0);
        assert!(score_answer(&Score::Choice { options: vec![], answer: 0 }, "a").is_err());
    }
}
