//! VADER's word lists (Hutto & Gilbert 2014): valences rated by people, and the words that press, soften or negate them.
//!
//! `vader/valence.tsv` and `vader/emoji.tsv` are the entries of vaderSentiment 3.3.2 that its rules can reach, as
//! `fixtures/golden/style/make.py --commit` writes them; they are under the MIT licence in `vader/LICENSE`.

use std::collections::HashMap;
use std::sync::LazyLock;

/// How much a degree adverb adds to a valence.
const DEGREE: f64 = 0.293;

/// Valence of each word or emoticon, lower case, −4 to 4.
static VALENCES: LazyLock<HashMap<&'static str, f64>> = LazyLock::new(|| {
    let entries = include_str!("vader/valence.tsv").lines().filter_map(|line| line.split_once('\t'));
    entries.filter_map(|(word, valence)| Some((word, valence.parse().ok()?))).collect()
});

/// What an emoji shows, in words.
static EMOJI: LazyLock<HashMap<char, &'static str>> = LazyLock::new(|| {
    let entries = include_str!("vader/emoji.tsv").lines().filter_map(|line| line.split_once('\t'));
    entries.filter_map(|(emoji, words)| Some((emoji.chars().next()?, words))).collect()
});

/// Degree adverbs, lower case: what each adds to the valence of a word behind it.
static DEGREES: LazyLock<HashMap<&'static str, f64>> = LazyLock::new(|| {
    let of = |words: &'static str, step| words.split_whitespace().map(move |word| (word, step));
    of(PRESSING, DEGREE).chain(of(SOFTENING, -DEGREE)).collect()
});

const PRESSING: &str = "absolutely amazingly awfully completely considerable considerably decidedly deeply effing \
    enormous enormously entirely especially exceptional exceptionally extreme extremely fabulously flipping flippin \
    frackin fracking fricking frickin frigging friggin fully fuckin fucking fuggin fugging greatly hella highly hugely \
    incredible incredibly intensely major majorly more most particularly purely quite really remarkably so \
    substantially thoroughly total totally tremendous tremendously uber unbelievably unusually utter utterly very";

const SOFTENING: &str = "almost barely hardly kinda kindof kind-of less little marginal marginally occasional \
    occasionally partly scarce scarcely slight slightly somewhat sorta sortof sort-of";

/// Negations without `n't`, and those that are written without its apostrophe.
const NEGATIONS: [&str; 37] = [
    "aint", "arent", "cannot", "cant", "couldnt", "darent", "didnt", "doesnt", "dont", "hadnt", "hasnt",
    "havent", "isnt", "mightnt", "mustnt", "neither", "neednt", "never", "none", "nope", "nor", "not",
    "nothing", "nowhere", "oughtnt", "shant", "shouldnt", "uhuh", "uh-uh", "wasnt", "werent", "without",
    "wont", "wouldnt", "rarely", "seldom", "despite",
];

/// Valence of a lower-cased word or emoticon, −4 to 4, if it has one.
pub(super) fn valence(word: &str) -> Option<f64> {
    VALENCES.get(word).copied()
}

/// What a character shows, in words, if it is an emoji.
pub(super) fn emoji(character: char) -> Option<&'static str> {
    if character.is_ascii() { None } else { EMOJI.get(&character).copied() }
}

/// What a lower-cased degree adverb adds to the valence of a word behind it; 0 for any other word.
pub(super) fn degree(word: &str) -> f64 {
    DEGREES.get(word).copied().unwrap_or(0.0)
}

/// What two words that are together a degree adverb add.
pub(super) fn degree_of_two(first: &str, second: &str) -> f64 {
    match (first, second) {
        ("just", "enough") | ("kind" | "sort", "of") => -DEGREE,
        _ => 0.0,
    }
}

/// Whether a lower-cased word negates.
pub(super) fn is_negation(word: &str) -> bool {
    word.contains("n't") || NEGATIONS.contains(&word)
}

/// Valence of a phrase of two or three lower-cased words that means something else than its words.
pub(super) fn phrase(words: &[&str]) -> Option<f64> {
    match words {
        ["the", "shit" | "bomb"] | ["to", "die", "for"] => Some(3.0),
        ["bad", "ass"] => Some(1.5),
        ["bus", "stop"] => Some(0.0),
        ["yeah", "right"] => Some(-2.0),
        ["kiss", "of", "death"] => Some(-1.5),
        ["beating", "heart"] => Some(3.5),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_tables_is_an_entry() {
        assert_eq!(VALENCES.len(), include_str!("vader/valence.tsv").lines().count());
        assert_eq!(EMOJI.len(), include_str!("vader/emoji.tsv").lines().count());
        assert!(VALENCES.iter().all(|(word, v)| word.to_lowercase() == *word && (-4.0..=4.0).contains(v)));
        assert_eq!((valence("good"), valence(":)"), valence("Good")), (Some(1.9), Some(2.0), None));
        assert_eq!((emoji('😀'), emoji('#')), (Some("grinning face"), None));
    }
}
