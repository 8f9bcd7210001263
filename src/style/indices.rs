//! Indices of a text that are reported and judge nothing: readability, diversity, sentiment, repetition, markup.

use super::diversity::{hd_d, mtld};
use super::language::{Language, language};
use super::markup::Markup;
use super::readability::Counts;
use super::repetition::{longest_repeat, repeated_grams};
use super::sentiment::{Sentiment, sentiment};
use super::syllables::syllables;
use super::text::Text;

/// One index of a [`super::Profile`].
#[derive(Debug, Clone, Copy)]
pub struct Index {
    /// Its name, a JSON key; no name of [`super::FEATURES`].
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Least and largest value that any text can have; infinite where there is no such end.
    pub range: (f64, f64),
    /// What it says, and where the definition comes from.
    pub what: &'static str,
    /// Whether it speaks of English alone: absent for any other text.
    pub english: bool,
    pub(super) measure: fn(&Measured<'_>) -> Option<f64>,
}

/// What the indices of one text are made of.
pub(super) struct Measured<'a> {
    raw: &'a str,
    counts: Counts,
    markup: Markup,
    language: Option<Language>,
    /// The words as numbers below `distinct`, equal where the words are.
    words: Vec<u32>,
    distinct: usize,
    /// Of an English text.
    sentiment: Option<Sentiment>,
}

impl<'a> Measured<'a> {
    pub(super) fn of(text: &Text<'a>) -> Self {
        let markup = Markup::of(text.raw());
        let language = language(text, &markup);
        let (words, distinct) = text.numbered_words();
        let english = language == Some(Language::English);
        let sentiment = english.then(|| sentiment(text.raw()));
        Self { raw: text.raw(), counts: counts(text), markup, language, words, distinct, sentiment }
    }

    pub(super) fn is_english(&self) -> bool {
        self.language == Some(Language::English)
    }
}

/// What readability is made of, as this program counts it: words by UAX #29, sentences as [`Text`] splits them, syllables by
/// [`syllables`].
fn counts(text: &Text<'_>) -> Counts {
    let (mut all, mut many) = (0, 0);
    for spoken in text.words().iter().map(|word| syllables(word)) {
        all += spoken;
        many += usize::from(spoken >= 3);
    }
    let letters: usize = text.words().iter().map(|w| w.chars().filter(|c| c.is_alphanumeric()).count()).sum();
    Counts {
        words: text.words().len() as f64,
        sentences: text.sentences().len() as f64,
        letters: letters as f64,
        characters: text.raw().chars().filter(|c| !c.is_whitespace()).count() as f64,
        syllables: all as f64,
        polysyllables: many as f64,
    }
}

/// Number of entries of [`INDICES`].
pub const INDEX_COUNT: usize = 22;

const UP: f64 = f64::INFINITY;

/// The indices, in the order of a [`super::Profile`].
///
/// They stand beside the style vector and not in it: readability is made of the lengths of words and sentences, which the
/// vector already holds and would count several times over; and accepted runs rest on the vector as it is.
pub const INDICES: [Index; INDEX_COUNT] = [
    any("word_count", "words", (0.0, UP), "words by UAX #29", |m| Some(m.counts.words)),
    any("sentence_count", "sentences", (0.0, UP), "sentences, ended by a mark or a line", |m| {
        Some(m.counts.sentences)
    }),
    any("letter_count", "letters", (0.0, UP), "letters and digits of the words", |m| Some(m.counts.letters)),
    any("character_count", "characters", (0.0, UP), "characters that are not white space", |m| {
        Some(m.counts.characters)
    }),
    english("syllable_count", "syllables", (0.0, UP), "syllables by spelling, checked on CMUdict", |m| {
        Some(m.counts.syllables)
    }),
    english("polysyllables", "words", (0.0, UP), "words of three syllables or more", |m| {
        Some(m.counts.polysyllables)
    }),
    english("flesch_reading_ease", "points", (-UP, 121.22), "the higher the easier (Flesch 1948)", |m| {
        m.counts.flesch_reading_ease()
    }),
    english("flesch_kincaid_grade", "US grade", (-3.4, UP), "Kincaid et al. 1975", |m| {
        m.counts.flesch_kincaid_grade()
    }),
    english("smog", "US grade", (3.1291, UP), "McLaughlin 1969; from three sentences on", |m| {
        m.counts.smog()
    }),
    english("coleman_liau", "US grade", (-39.6, UP), "Coleman & Liau 1975", |m| m.counts.coleman_liau()),
    english("automated_readability", "US grade", (-16.22, UP), "Smith & Senter 1967", |m| {
        m.counts.automated_readability()
    }),
    english(
        "mtld",
        "words",
        (0.0, UP),
        "lexical diversity (McCarthy & Jarvis 2010); from 50 words on",
        |m| mtld(&m.words, m.distinct),
    ),
    english(
        "hd_d",
        "ratio",
        (0.0, 1.0),
        "distinct words in 42 (McCarthy & Jarvis 2007); from 50 words on",
        |m| hd_d(&m.words, m.distinct),
    ),
    english("sentiment", "score", (-1.0, 1.0), "VADER's compound (Hutto & Gilbert 2014)", |m| {
        m.sentiment.map(|s| s.compound)
    }),
    english("sentiment_positive", "share", (0.0, 1.0), "VADER's share of positive words, weighed", |m| {
        m.sentiment.map(|s| s.positive)
    }),
    english("sentiment_neutral", "share", (0.0, 1.0), "VADER's share of neutral words", |m| {
        m.sentiment.map(|s| s.neutral)
    }),
    english("sentiment_negative", "share", (0.0, 1.0), "VADER's share of negative words, weighed", |m| {
        m.sentiment.map(|s| s.negative)
    }),
    any("repeated_4grams", "share of 4-grams", (0.0, 1.0), "seq-rep-4 (Welleck et al. 2020)", |m| {
        repeated_grams(&m.words)
    }),
    any("longest_repeat", "words", (0.0, UP), "the longest stretch of words that stands there twice", |m| {
        longest_repeat(&m.words).map(|words| words as f64)
    }),
    any("headings", "lines", (0.0, UP), "headings (CommonMark 0.31, §4.2 and §4.3)", |m| {
        Some(m.markup.headings as f64)
    }),
    any(
        "code_share",
        "share of characters",
        (0.0, 1.0),
        "in code fences and spans (CommonMark 0.31, §4.5, §6.1)",
        |m| m.markup.code_share(m.raw),
    ),
    any(
        "english",
        "flag",
        (0.0, 1.0),
        "1 English, 0 another language, absent where too little is left to tell",
        |m| m.language.map(|language| f64::from(u8::from(language == Language::English))),
    ),
];

const fn any(
    name: &'static str,
    unit: &'static str,
    range: (f64, f64),
    what: &'static str,
    measure: fn(&Measured<'_>) -> Option<f64>,
) -> Index {
    Index { name, unit, range, what, english: false, measure }
}

const fn english(
    name: &'static str,
    unit: &'static str,
    range: (f64, f64),
    what: &'static str,
    measure: fn(&Measured<'_>) -> Option<f64>,
) -> Index {
    Index { english: true, ..any(name, unit, range, what, measure) }
}
