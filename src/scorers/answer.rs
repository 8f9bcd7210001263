//! An answer against one rule.

use super::calls::{check_calls, read_calls};
use super::content::{contains, matches};
use super::json::json_fault;
use super::mark::Mark;
use super::number::answer_number;
use crate::error::{Error, Result};
use crate::suite::Score;

/// 1 where the answer satisfies the rule, else 0; an empty answer scores 0 under every rule.
///
/// # Errors
/// When the rule is scored by likelihood or runs code, or its pattern does not compile.
pub fn score_answer(score: &Score, answer: &str) -> Result<Mark> {
    let answer = answer.trim();
    if answer.is_empty() {
        return Ok(Mark::of(false, || "the answer is empty".to_owned()));
    }
    let plain = |right: bool| Mark::of(right, String::new);
    Ok(match score {
        Score::Exact(expected) => plain(normalised(answer) == normalised(expected)),
        Score::Regex(pattern) => plain(matches(pattern, answer)?),
        Score::Numeric { value, tolerance, units } => {
            let number = answer_number(answer, units);
            let near = |n: f64| (n - value).abs() <= *tolerance + f64::EPSILON * value.abs();
            Mark::of(number.is_some_and(near), || match number {
                Some(n) => format!("the answer gives {n}"),
                None if units.is_empty() => "no number that can be read in one way".to_owned(),
                None => "no number with one of the units that can be read in one way".to_owned(),
            })
        }
        Score::ContainsAny(words) => plain(words.iter().any(|w| contains(answer, w))),
        Score::ContainsAll(words) => {
            let lacking: Vec<&str> =
                words.iter().map(String::as_str).filter(|w| !contains(answer, w)).collect();
            Mark::of(lacking.is_empty(), || format!("without {}", lacking.join(", ")))
        }
        Score::Words { min, max } => {
            let words = answer.split_whitespace().count();
            let within = words >= *min && max.is_none_or(|max| words <= max);
            Mark::of(within, || format!("{words} words"))
        }
        Score::Calls(rule) => {
            let checked = read_calls(answer).and_then(|calls| check_calls(rule, &calls));
            Mark::of(checked.is_ok(), || checked.err().unwrap_or_default())
        }
        Score::Schema(schema) => {
            let fault = json_fault(schema, answer)?;
            Mark::of(fault.is_none(), || fault.unwrap_or_default())
        }
        Score::Choice(_) | Score::Prefers(_) => {
            return Err(Error::cannot_run("given replies are scored by likelihood, not by a text"));
        }
        Score::Python(_) => return Err(Error::cannot_run("code is scored by running it, not by its text")),
    })
}

/// White space and quotation marks around, a closing full stop and case do not count.
fn normalised(text: &str) -> String {
    let trimmed = text.trim().trim_matches(['"', '\'', '“', '”', '‘', '’', '`']).trim();
    trimmed.trim_end_matches('.').trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::{Choice, Normalisation};

    #[test]
    fn rules_score_one_or_zero_and_an_empty_answer_zero() {
        let score = |rule: &Score, text: &str| score_answer(rule, text).unwrap().score;
        assert_eq!(score(&Score::Exact("Paris".into()), " \"paris.\" "), 1.0);
        assert_eq!(score(&Score::Exact("Paris".into()), "Paris, France"), 0.0);
        assert_eq!(score(&Score::Regex("^[A-Z]+$".into()), "YES"), 1.0);
        let number = Score::Numeric { value: 0.3, tolerance: 0.0, units: vec![] };
        assert_eq!(score(&number, "0.3"), 1.0);
        assert_eq!(score(&number, "0.31"), 0.0);
        let words = Score::Words { min: 1, max: Some(3) };
        assert_eq!(score(&words, "one two three"), 1.0);
        assert_eq!(score(&words, "one two three four"), 0.0);
        assert_eq!(score(&words, "  "), 0.0);
        let choice = Choice { options: vec![], answer: 0, by: Normalisation::Tokens };
        assert!(score_answer(&Score::Choice(choice), "a").is_err());
    }
}
