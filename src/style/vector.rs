//! The style vector: measurable habits of writing, whatever the topic.

use ndarray::Array2;

use super::text::{Text, ratio};
use super::word_lists as lex;

/// One entry of the style vector.
#[derive(Debug, Clone, Copy)]
pub struct Feature {
    /// Its name, a JSON key.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// What it counts.
    pub what: &'static str,
    measure: fn(&Text<'_>) -> f32,
}

const fn feature(
    name: &'static str,
    unit: &'static str,
    what: &'static str,
    measure: fn(&Text<'_>) -> f32,
) -> Feature {
    Feature { name, unit, what, measure }
}

/// Number of entries of the style vector.
pub const STYLE_DIMENSIONS: usize = 52;

/// What the style vector measures, in its order.
pub const FEATURES: [Feature; STYLE_DIMENSIONS] = [
    feature("log_words", "ln words", "ln(1 + words)", |t| (t.words().len() as f32).ln_1p()),
    feature("log_sentences", "ln sentences", "ln(1 + sentences)", |t| (t.sentences().len() as f32).ln_1p()),
    feature("sentence_length", "words", "mean words a sentence", |t| mean(&t.sentence_lengths())),
    feature("sentence_length_spread", "words", "standard deviation of words a sentence", |t| {
        spread(&t.sentence_lengths())
    }),
    feature("short_sentences", "share of sentences", "sentences of four words or fewer", |t| {
        let lengths = t.sentence_lengths();
        ratio(lengths.iter().filter(|l| **l <= 4.0).count(), lengths.len())
    }),
    feature("word_length", "letters", "mean letters a word", |t| {
        ratio(t.words().iter().map(|w| w.chars().count()).sum(), t.words().len())
    }),
    feature("long_words", "share of words", "words of seven letters or more", |t| {
        t.share_of_words(|w| w.chars().count() >= 7)
    }),
    feature("syllables", "syllables", "syllables a word, by vowel groups", |t| t.syllables_per_word()),
    feature(
        "reading_ease",
        "points / 100",
        "Flesch reading ease (Flesch 1948), cut to -1..=1.5",
        reading_ease,
    ),
    feature("type_token_ratio", "ratio", "distinct words in a moving window of 30", |t| t.type_token_ratio()),
    feature("questions", "share of sentences", "sentences with a question mark at the end", |t| {
        t.share_of_sentences(|s| ends_with(s, '?'))
    }),
    feature("exclamations", "share of sentences", "sentences with an exclamation mark at the end", |t| {
        t.share_of_sentences(|s| ends_with(s, '!'))
    }),
    feature("imperatives", "share of sentences", "sentences that open with a verb of command", |t| {
        t.share_of_sentences(opens_with_command)
    }),
    feature("lower_case_starts", "share of sentences", "sentences that start in lower case", |t| {
        t.share_of_sentences(|s| s.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_lowercase))
    }),
    feature("open_ends", "share of lines", "lines without closing punctuation", |t| {
        t.share_of_lines(|l| l.trim_end().ends_with(|c: char| c.is_alphanumeric() || c == ','))
    }),
    feature("first_person", "share of words", "I, me, my …", |t| t.lexicon_share(&lex::FIRST_SINGULAR)),
    feature("first_person_plural", "share of words", "we, us, let's …", |t| {
        t.lexicon_share(&lex::FIRST_PLURAL)
    }),
    feature("second_person", "share of words", "you, your …", |t| t.lexicon_share(&lex::SECOND)),
    feature("third_person", "share of words", "he, she, they, it …", |t| t.lexicon_share(&lex::THIRD)),
    feature("contractions", "share of words", "words with an apostrophe inside", |t| {
        t.share_of_words(|w| w.contains('\'') && !w.ends_with('\''))
    }),
    feature("hedges", "share of words", "perhaps, might, usually …", |t| t.lexicon_share(&lex::HEDGES)),
    feature("boosters", "share of words", "always, must, clearly …", |t| t.lexicon_share(&lex::BOOSTERS)),
    feature("connectives", "share of words", "because, therefore, if …", |t| {
        t.lexicon_share(&lex::CONNECTIVES)
    }),
    feature("analysis_words", "share of words", "premise, evidence, cost …", |t| {
        t.lexicon_share(&lex::ANALYSIS)
    }),
    feature("technical_words", "share of words", "schema, deploy, query …", |t| {
        t.lexicon_share(&lex::TECHNICAL)
    }),
    feature("caution_words", "share of words", "risk, avoid, check …", |t| t.lexicon_share(&lex::CAUTION)),
    feature("casual_words", "share of words", "oh, kinda, stuff …", |t| t.lexicon_share(&lex::CASUAL)),
    feature("play_words", "share of words", "lol, naturally, heroic …", |t| t.lexicon_share(&lex::PLAY)),
    feature("positive_words", "share of words", "lovely, proud, hope …", |t| {
        t.lexicon_share(&lex::POSITIVE)
    }),
    feature("negative_words", "share of words", "tired, loss, afraid …", |t| {
        t.lexicon_share(&lex::NEGATIVE)
    }),
    feature("support_words", "share of words", "it sounds like, gently, together …", |t| {
        t.lexicon_share(&lex::SUPPORT)
    }),
    feature("image_words", "share of words", "moon, river, dragon …", |t| t.lexicon_share(&lex::IMAGERY)),
    feature("archaic_words", "share of words", "thou, behold, unto …", |t| t.lexicon_share(&lex::ARCHAIC)),
    feature("interjections", "share of words", "oh, well, lo …", |t| t.lexicon_share(&lex::INTERJECTIONS)),
    feature("articles", "share of words", "the, a, an", |t| t.lexicon_share(&lex::ARTICLES)),
    feature("be_forms", "share of words", "is, are, was …", |t| t.lexicon_share(&lex::BE)),
    feature("negations", "share of words", "not, no, never …", |t| t.lexicon_share(&lex::NEGATIONS)),
    feature("prepositions", "share of words", "of, in, on …", |t| t.lexicon_share(&lex::PREPOSITIONS)),
    feature("past_words", "share of words", "was, had, said …", |t| t.lexicon_share(&lex::PAST)),
    feature("similes", "per sentence", "like a …, as … as, as if", |t| t.similes()),
    feature("list_lines", "share of lines", "lines that start with a bullet or a number", |t| t.list_share()),
    feature("label_lines", "share of lines", "lines that start with a label or heading", |t| t.label_share()),
    feature("line_breaks", "per word", "line ends", |t| t.marks_per_word(&['\n'])),
    feature("code_marks", "per word", "backticks, braces, calls, arrows", |t| t.code_marks()),
    feature("json", "share of characters", "characters inside JSON that parses", |t| t.json_share()),
    feature("capitals", "share of words", "words all in capitals", |t| t.capitals()),
    feature("digits", "share of characters", "digits", |t| {
        ratio(t.raw().chars().filter(char::is_ascii_digit).count(), t.raw().chars().count())
    }),
    feature("quotes", "per word", "quotation marks", |t| t.marks_per_word(&['"', '“', '”'])),
    feature("commas", "per word", "commas", |t| t.marks_per_word(&[','])),
    feature("colons", "per word", "colons and semicolons", |t| t.marks_per_word(&[':', ';'])),
    feature("pauses", "per word", "ellipses and dashes", |t| {
        let marks = ["...", "…", "—", "–", " - "].iter().map(|m| t.raw().matches(m).count()).sum();
        ratio(marks, t.words().len())
    }),
    feature(
        "formality",
        "score 0..=1",
        "long words and prepositions against casual, personal and clipped forms",
        formality,
    ),
];

/// The style vector of a text, in the order of [`FEATURES`]; finite for every text, zeros for one without words.
///
/// Features have different units: scale columns (`Points::standardised`) before comparing vectors.
pub fn style_vector(text: &str) -> [f32; STYLE_DIMENSIONS] {
    let text = Text::new(text);
    let mut vector = [0.0; STYLE_DIMENSIONS];
    if text.words().is_empty() {
        return vector;
    }
    for (value, feature) in vector.iter_mut().zip(&FEATURES) {
        let measured = (feature.measure)(&text);
        *value = if measured.is_finite() { measured } else { 0.0 };
    }
    vector
}

/// Style vectors of many texts: n × [`STYLE_DIMENSIONS`], not scaled.
pub fn style_matrix<S: AsRef<str>>(texts: &[S]) -> Array2<f32> {
    let mut matrix = Array2::zeros((texts.len(), STYLE_DIMENSIONS));
    for (mut row, text) in matrix.rows_mut().into_iter().zip(texts) {
        row.iter_mut().zip(style_vector(text.as_ref())).for_each(|(place, value)| *place = value);
    }
    matrix
}

/// Formality proxy, 0..=1: 0.5 at the middle of everyday prose.
///
/// In the spirit of Heylighen & Dewaele's F-score (1999), which sets nouns, articles and prepositions against
/// pronouns, verbs and interjections; without a tagger, closed word classes stand in.
pub(super) fn formality(text: &Text<'_>) -> f32 {
    let formal = text.share_of_words(|w| w.chars().count() >= 7)
        + text.lexicon_share(&lex::PREPOSITIONS)
        + 0.5 * text.lexicon_share(&lex::ARTICLES);
    let informal = 2.0 * text.share_of_words(|w| w.contains('\''))
        + 2.0 * text.lexicon_share(&lex::CASUAL)
        + text.lexicon_share(&lex::SECOND)
        + text.lexicon_share(&lex::FIRST_SINGULAR)
        + 0.5 * text.share_of_sentences(|s| ends_with(s, '!'))
        + 0.5
            * text.share_of_sentences(|s| {
                s.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_lowercase)
            });
    (0.35 + formal - informal).clamp(0.0, 1.0)
}

/// Flesch reading ease over 100: 206.835 − 1.015·words/sentence − 84.6·syllables/word.
fn reading_ease(text: &Text<'_>) -> f32 {
    let score = 206.835 - 1.015 * mean(&text.sentence_lengths()) - 84.6 * text.syllables_per_word();
    (score / 100.0).clamp(-1.0, 1.5)
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
    lex::IMPERATIVES.contains(&first.to_lowercase().replace('’', "'"))
}

fn mean(values: &[f32]) -> f32 {
    if values.is_empty() { 0.0 } else { values.iter().sum::<f32>() / values.len() as f32 }
}

fn spread(values: &[f32]) -> f32 {
    let centre = mean(values);
    mean(&values.iter().map(|v| (v - centre).powi(2)).collect::<Vec<_>>()).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str, text: &str) -> f32 {
        let place = FEATURES.iter().position(|f| f.name == name).expect("a feature of the list");
        style_vector(text)[place]
    }

    #[test]
    fn no_text_gives_nan_and_an_empty_one_gives_zeros() {
        for text in
            ["", "   \n", "...", "?", "{", "a", "\u{0}", "🙂🙂", "٣", "word.", "\n\n- \n1.", "'''", "ẞ"]
        {
            assert!(style_vector(text).iter().all(|v| v.is_finite()), "{text:?}");
        }
        assert_eq!(style_vector(""), [0.0; STYLE_DIMENSIONS]);
        assert_eq!(style_vector("?! ..."), [0.0; STYLE_DIMENSIONS]);
    }

    #[test]
    fn feature_names_are_unique_and_documented() {
        let mut names: Vec<&str> = FEATURES.iter().map(|f| f.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), STYLE_DIMENSIONS);
        assert!(FEATURES.iter().all(|f| !f.unit.is_empty() && !f.what.is_empty()));
    }

    #[test]
    fn each_habit_moves_its_own_feature() {
        assert_eq!(value("questions", "Why? How come? Tell me."), 2.0 / 3.0);
        assert_eq!(value("exclamations", "Go! Now."), 0.5);
        assert_eq!(value("imperatives", "Call a friend. The day is long."), 0.5);
        assert_eq!(value("lower_case_starts", "all small here. and here"), 1.0);
        assert_eq!(value("contractions", "I don't know"), 1.0 / 3.0);
        assert_eq!(value("sentence_length", "One two three. Four."), 2.0);
        assert_eq!(value("json", "{\"a\": 1}"), 1.0);
        assert_eq!(value("capitals", "STOP right there"), 1.0 / 3.0);
    }

    #[test]
    fn statutes_are_more_formal_than_text_messages() {
        let statute =
            "Notwithstanding the foregoing provisions, the obligations of the party remain in force.";
        let message = "oh hey, i'm just grabbing stuff, you ok? lol";
        assert!(value("formality", statute) > 0.6 && value("formality", message) < 0.2);
    }
}
