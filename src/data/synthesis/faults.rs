//! What is wrong with an answer, whoever was to write it.

use std::ops::RangeInclusive;
use std::sync::LazyLock;

use regex::Regex;

use super::reason::Reason;
use crate::style::{Profile, Text};

/// Share of 4-grams that stood there before above which an answer repeats itself. The 1,170 texts of the shipped corpus have 0.04 at
/// most; in loops it is most of them.
const MOST_REPEATED: f64 = 0.15;

/// Control tags, escaped ones too, and what chat templates put around turns.
static MARKUP: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"<\\?persona:|<\|[a-z_]+\|>|\[/?INST\]|</?s>|<(?:start|end)_of_turn>")
        .expect("a pattern of this file, compiled in its tests")
});

/// How assistants speak of themselves, and refuse.
static BOILERPLATE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\b(?:as an ai|i(?:'|’| a)m an ai|(?:large )?language model|(?:virtual|digital) assistant|i (?:can(?:no|'|’)t|am unable to|am not able to) (?:(?:assist|help)(?: you)? with|fulfil|comply|provide)|i(?:'|’| a)m sorry, but i)\b",
    )
    .expect("a pattern of this file, compiled in its tests")
});

/// The first fault of an answer; none where there is none. `words` are how many it may have.
pub(super) fn fault(text: &Text<'_>, words: &RangeInclusive<usize>) -> Option<Reason> {
    let count = text.words().len();
    if count < *words.start() {
        return Some(Reason::Short);
    }
    if count > *words.end() {
        return Some(Reason::Long);
    }
    if MARKUP.is_match(text.raw()) {
        return Some(Reason::Markup);
    }
    if BOILERPLATE.is_match(text.raw()) {
        return Some(Reason::Boilerplate);
    }
    let profile = Profile::of(text);
    if profile.get("repeated_4grams").is_some_and(|share| share > MOST_REPEATED) {
        return Some(Reason::Repetition);
    }
    // Code and calls are in no language: only words of another one speak against an answer.
    (profile.get("english") == Some(0.0)).then_some(Reason::Language)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(raw: &str) -> Option<Reason> {
        fault(&Text::new(raw), &(4..=40))
    }

    #[test]
    fn each_fault_is_found_and_what_is_like_it_is_none() {
        let whole = "The rain is a letter that the sky writes to the sea, and nobody reads it.";
        for (text, expected) in [
            (whole.to_owned(), None),
            (String::new(), Some(Reason::Short)),
            ("It is rain.".to_owned(), Some(Reason::Short)),
            (whole.repeat(3), Some(Reason::Long)),
            (format!("{whole} <persona:poet>"), Some(Reason::Markup)),
            (format!("{whole}<|im_end|>"), Some(Reason::Markup)),
            (format!("{whole} 3 < 4 and a |> b"), None),
            (format!("As an AI, I say this: {whole}"), Some(Reason::Boilerplate)),
            (format!("{whole} I’m sorry, but I have to go."), Some(Reason::Boilerplate)),
            (format!("As an aid: {whole}"), None),
            ("I can't help you with that, and nobody can.".to_owned(), Some(Reason::Boilerplate)),
            ("I can't help laughing when it rains on the sea and on me.".to_owned(), None),
            ("Go on and on, go on and on, go on and on, go on and on.".to_owned(), Some(Reason::Repetition)),
            (
                "Der Regen ist ein Brief, den der Himmel an das Meer schreibt.".to_owned(),
                Some(Reason::Language),
            ),
            ("```\nfor drop in rain(): fall(drop)\n```".to_owned(), None),
        ] {
            assert_eq!(of(&text), expected, "{text}");
        }
    }
}
