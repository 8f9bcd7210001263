//! An answer to a persona's own prompt: its traits and what it must contain.

use super::mark::Mark;
use crate::error::{Error, Result};
use crate::style::trait_hit;
use crate::suite::{Content, regex};

/// The share of the given conditions that hold; each declared trait is one, an empty answer scores 0.
///
/// # Errors
/// When a trait has no scorer or a pattern does not compile.
pub fn score_content(content: &Content, traits: &[&str], answer: &str) -> Result<Mark> {
    if answer.trim().is_empty() {
        return Ok(Mark::of(false, || "the answer is empty".to_owned()));
    }
    let mut conditions: Vec<(bool, String)> = Vec::new();
    if content.traits {
        for name in traits {
            let hit = trait_hit(name, answer).ok_or_else(|| {
                Error::input(format!("the trait `{name}` has no scorer"))
                    .known(name, crate::style::TRAITS.iter().map(|t| t.name))
            })?;
            conditions.push((hit, format!("not {name}")));
        }
    }
    if !content.contains_any.is_empty() {
        let any = content.contains_any.iter().any(|w| contains(answer, w));
        conditions.push((any, "none of the words".to_owned()));
    }
    if !content.contains_all.is_empty() {
        let all = content.contains_all.iter().all(|w| contains(answer, w));
        conditions.push((all, "not all of the words".to_owned()));
    }
    if let Some(pattern) = &content.regex {
        conditions.push((matches(pattern, answer)?, "the pattern does not match".to_owned()));
    }
    let lacking: Vec<&str> =
        conditions.iter().filter(|(held, _)| !held).map(|(_, why)| why.as_str()).collect();
    let held = conditions.len() - lacking.len();
    let score = if conditions.is_empty() { 0.0 } else { held as f64 / conditions.len() as f64 };
    Ok(Mark { score, why: lacking.join(", ") })
}

/// Whether the pattern matches somewhere in `text`.
///
/// # Errors
/// When it does not compile.
pub(super) fn matches(pattern: &str, text: &str) -> Result<bool> {
    Ok(regex(pattern)?.is_match(text))
}

/// Whether `text` holds `phrase`; case does not count, the phrase begins at a word's start and a word may go on.
pub fn contains(text: &str, phrase: &str) -> bool {
    let (text, phrase) = (text.to_lowercase(), phrase.to_lowercase());
    if phrase.is_empty() || !text.contains(&phrase) {
        return false;
    }
    if !phrase.starts_with(char::is_alphanumeric) {
        return true;
    }
    // Each word's start is looked at: of occurrences that overlap, a search would pass over all but the first.
    let mut inside = false;
    text.char_indices().any(|(at, c)| {
        let starts = !std::mem::replace(&mut inside, c.is_alphanumeric());
        starts && text[at..].starts_with(&phrase)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_begins_at_a_words_start_and_may_go_on() {
        assert!(contains("Just Breathe slowly", "breath"));
        assert!(!contains("a hot car", "ot"));
        assert!(contains("call(f)", "(f"));
        assert!(contains("Ida da da da", "da da da") && !contains("Ida da", "da da"));
        assert!(!contains("anything", ""));
    }

    #[test]
    fn the_score_is_the_share_of_conditions() {
        let content = Content {
            traits: false,
            contains_any: vec!["tea".into(), "cake".into()],
            contains_all: vec!["come".into(), "missing".into()],
            regex: Some("^Do".into()),
        };
        let score = score_content(&content, &[], "Do come in, the tea is ready.").unwrap();
        assert!((score.score - 2.0 / 3.0).abs() < 1e-12);
        assert_eq!(score.why, "not all of the words");
        assert_eq!(score_content(&content, &[], " ").unwrap().score, 0.0);
    }
}
