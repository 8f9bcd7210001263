//! What the style vector measures: 52 habits of writing, whatever the topic.

use super::text::{Text, ratio};
use super::word_lists as lex;

/// One entry of the style vector.
#[derive(Debug, Clone, Copy)]
pub struct Feature {
    /// Its name, a JSON key.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Least and largest value that a text can have; infinite where there is no such end.
    pub range: (f32, f32),
    /// What it counts.
    pub what: &'static str,
    pub(super) measure: fn(&Text<'_>) -> f32,
}

const fn feature(
    name: &'static str,
    unit: &'static str,
    range: (f32, f32),
    what: &'static str,
    measure: fn(&Text<'_>) -> f32,
) -> Feature {
    Feature { name, unit, range, what, measure }
}

const SHARE: (f32, f32) = (0.0, 1.0);
const OPEN: (f32, f32) = (0.0, f32::INFINITY);

/// Number of entries of the style vector.
pub const STYLE_DIMENSIONS: usize = 52;

/// What the style vector measures, in its order.
///
/// `syllables` and `reading_ease` count groups of vowels, as they did when the first runs were accepted; the indices of
/// [`super::Profile`] count by the rules of [`super::syllables()`].
pub const FEATURES: [Feature; STYLE_DIMENSIONS] = [
    feature("log_words", "ln words", OPEN, "ln(1 + words)", |t| (t.words().len() as f32).ln_1p()),
    feature("log_sentences", "ln sentences", OPEN, "ln(1 + sentences)", |t| {
        (t.sentences().len() as f32).ln_1p()
    }),
    feature("sentence_length", "words", OPEN, "mean words a sentence", |t| mean(&t.sentence_lengths())),
    feature("sentence_length_spread", "words", OPEN, "standard deviation of words a sentence", |t| {
        spread(&t.sentence_lengths())
    }),
    feature("short_sentences", "share of sentences", SHARE, "sentences of four words or fewer", |t| {
        let lengths = t.sentence_lengths();
        ratio(lengths.iter().filter(|l| **l <= 4.0).count(), lengths.len())
    }),
    feature("word_length", "letters", OPEN, "mean letters a word", |t| {
        ratio(t.words().iter().map(|w| w.chars().count()).sum(), t.words().len())
    }),
    feature("long_words", "share of words", SHARE, "words of seven letters or more", |t| t.long_words()),
    feature("syllables", "syllables", OPEN, "syllables a word, by vowel groups", |t| t.syllables_per_word()),
    feature(
        "reading_ease",
        "points / 100",
        (-1.0, 1.5),
        "Flesch reading ease (Flesch 1948), cut to -1..=1.5",
        reading_ease,
    ),
    feature("type_token_ratio", "ratio", SHARE, "distinct words in a moving window of 30", |t| {
        t.type_token_ratio()
    }),
    feature("questions", "share of sentences", SHARE, "sentences with a question mark at the end", |t| {
        t.share_of_sentences(|s| ends_with(s, '?'))
    }),
    feature(
        "exclamations",
        "share of sentences",
        SHARE,
        "sentences with an exclamation mark at the end",
        |t| t.share_of_sentences(|s| ends_with(s, '!')),
    ),
    feature("imperatives", "share of sentences", SHARE, "sentences that open with a verb of command", |t| {
        t.share_of_sentences(opens_with_command)
    }),
    feature("lower_case_starts", "share of sentences", SHARE, "sentences that start in lower case", |t| {
        t.share_of_sentences(starts_lower)
    }),
    feature("open_ends", "share of lines", SHARE, "lines without closing punctuation", |t| {
        t.share_of_lines(|l| l.trim_end().ends_with(|c: char| c.is_alphanumeric() || c == ','))
    }),
    feature("first_person", "share of words", SHARE, "I, me, my …", |t| {
        t.lexicon_share(lex::FIRST_SINGULAR)
    }),
    feature("first_person_plural", "share of words", SHARE, "we, us, let's …", |t| {
        t.lexicon_share(lex::FIRST_PLURAL)
    }),
    feature("second_person", "share of words", SHARE, "you, your …", |t| t.lexicon_share(lex::SECOND)),
    feature("third_person", "share of words", SHARE, "he, she, they, it …", |t| {
        t.lexicon_share(lex::THIRD)
    }),
    feature("contractions", "share of words", SHARE, "words with an apostrophe inside", |t| {
        t.share_of_words(|w| w.contains('\'') && !w.ends_with('\''))
    }),
    feature("hedges", "share of words", SHARE, "perhaps, might, usually …", |t| {
        t.lexicon_share(lex::HEDGES)
    }),
    feature("boosters", "share of words", SHARE, "always, must, clearly …", |t| {
        t.lexicon_share(lex::BOOSTERS)
    }),
    feature("connectives", "share of words", SHARE, "because, therefore, if …", |t| {
        t.lexicon_share(lex::CONNECTIVES)
    }),
    feature("analysis_words", "share of words", SHARE, "premise, evidence, cost …", |t| {
        t.lexicon_share(lex::ANALYSIS)
    }),
    feature("technical_words", "share of words", SHARE, "schema, deploy, query …", |t| {
        t.lexicon_share(lex::TECHNICAL)
    }),
    feature("caution_words", "share of words", SHARE, "risk, avoid, check …", |t| {
        t.lexicon_share(lex::CAUTION)
    }),
    feature("casual_words", "share of words", SHARE, "oh, kinda, stuff …", |t| {
        t.lexicon_share(lex::CASUAL)
    }),
    feature("play_words", "share of words", SHARE, "lol, naturally, heroic …", |t| {
        t.lexicon_share(lex::PLAY)
    }),
    feature("positive_words", "share of words", SHARE, "lovely, proud, hope …", |t| {
        t.lexicon_share(lex::POSITIVE)
    }),
    feature("negative_words", "share of words", SHARE, "tired, loss, afraid …", |t| {
        t.lexicon_share(lex::NEGATIVE)
    }),
    feature("support_words", "share of words", SHARE, "it sounds like, gently, together …", |t| {
        t.lexicon_share(lex::SUPPORT)
    }),
    feature("image_words", "share of words", SHARE, "moon, river, dragon …", |t| {
        t.lexicon_share(lex::IMAGERY)
    }),
    feature("archaic_words", "share of words", SHARE, "thou, behold, unto …", |t| {
        t.lexicon_share(lex::ARCHAIC)
    }),
    feature("interjections", "share of words", SHARE, "oh, well, lo …", |t| {
        t.lexicon_share(lex::INTERJECTIONS)
    }),
    feature("articles", "share of words", SHARE, "the, a, an", |t| t.lexicon_share(lex::ARTICLES)),
    feature("be_forms", "share of words", SHARE, "is, are, was …", |t| t.lexicon_share(lex::BE)),
    feature("negations", "share of words", SHARE, "not, no, never …", |t| t.lexicon_share(lex::NEGATIONS)),
    feature("prepositions", "share of words", SHARE, "of, in, on …", |t| {
        t.lexicon_share(lex::PREPOSITIONS)
    }),
    feature("past_words", "share of words", SHARE, "was, had, said …", |t| t.lexicon_share(lex::PAST)),
    feature("similes", "per sentence", OPEN, "like a …, as … as, as if", |t| t.similes()),
    feature("list_lines", "share of lines", SHARE, "lines that start with a bullet or a number", |t| {
        t.list_share()
    }),
    feature("label_lines", "share of lines", SHARE, "lines that start with a label or heading", |t| {
        t.label_share()
    }),
    feature("line_breaks", "per word", OPEN, "line ends", |t| t.marks_per_word(&['\n'])),
    feature("code_marks", "per word", OPEN, "backticks, braces, calls, arrows", |t| t.code_marks()),
    feature("json", "share of characters", SHARE, "characters inside JSON that parses", |t| t.json_share()),
    feature("capitals", "share of words", SHARE, "words all in capitals", |t| t.capitals()),
    feature("digits", "share of characters", SHARE, "digits", |t| {
        ratio(t.raw().chars().filter(char::is_ascii_digit).count(), t.raw().chars().count())
    }),
    feature("quotes", "per word", OPEN, "quotation marks", |t| t.marks_per_word(&['"', '“', '”'])),
    feature("commas", "per word", OPEN, "commas", |t| t.marks_per_word(&[','])),
    feature("colons", "per word", OPEN, "colons and semicolons", |t| t.marks_per_word(&[':', ';'])),
    feature("pauses", "per word", OPEN, "ellipses and dashes", |t| {
        let marks = ["...", "…", "—", "–", " - "].iter().map(|m| t.raw().matches(m).count()).sum();
        ratio(marks, t.words().len())
    }),
    feature(
        "formality",
        "score 0..=1",
        SHARE,
        "long words and prepositions against casual, personal and clipped forms",
        formality,
    ),
];

/// Formality proxy, 0..=1: 0.5 at the middle of everyday prose.
///
/// In the spirit of Heylighen & Dewaele's F-score (1999), which sets nouns, articles and prepositions against
/// pronouns, verbs and interjections; without a tagger, closed word classes stand in.
fn formality(text: &Text<'_>) -> f32 {
    let apostrophes = text.share_of_words(|w| w.contains('\''));
    formality_of(text, text.long_words(), apostrophes, text.share_of_sentences(starts_lower))
}

/// The same, where shares of long words, of words with an apostrophe and of sentences in lower case are known.
pub(super) fn formality_of(text: &Text<'_>, long: f32, apostrophes: f32, lower_starts: f32) -> f32 {
    let formal = long + text.lexicon_share(lex::PREPOSITIONS) + 0.5 * text.lexicon_share(lex::ARTICLES);
    let informal = 2.0 * apostrophes
        + 2.0 * text.lexicon_share(lex::CASUAL)
        + text.lexicon_share(lex::SECOND)
        + text.lexicon_share(lex::FIRST_SINGULAR)
        + 0.5 * text.share_of_sentences(|s| ends_with(s, '!'))
        + 0.5 * lower_starts;
    (0.35 + formal - informal).clamp(0.0, 1.0)
}

/// Flesch reading ease over 100: 206.835 − 1.015·words/sentence − 84.6·syllables/word.
fn reading_ease(text: &Text<'_>) -> f32 {
    let score = 206.835 - 1.015 * mean(&text.sentence_lengths()) - 84.6 * text.syllables_per_word();
    (score / 100.0).clamp(-1.0, 1.5)
}

/// Whether a sentence's first letter is a small one.
pub(super) fn starts_lower(sentence: &str) -> bool {
    sentence.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_lowercase)
}

fn ends_with(sentence: &str, mark: char) -> bool {
    sentence.trim_end_matches(['"', '\'', ')', '”', '’', '*']).ends_with(mark)
}

pub(super) fn opens_with_command(sentence: &str) -> bool {
    let first: String = sentence
        .chars()
        .skip_while(|c| !c.is_alphabetic())
        .take_while(|c| c.is_alphabetic() || matches!(c, '\'' | '’'))
        .collect();
    lex::LEXICON.contains(lex::IMPERATIVES, &first.to_lowercase().replace('’', "'"))
}

fn mean(values: &[f32]) -> f32 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f32>() / values.len() as f32 }
}

fn spread(values: &[f32]) -> f32 {
    let centre = mean(values);
    mean(&values.iter().map(|v| (v - centre).powi(2)).collect::<Vec<_>>()).sqrt()
}
