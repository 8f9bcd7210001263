//! Declared traits, scored from cues in the text.

use super::features::{formality_of, opens_with_command, starts_lower};
use super::lexicon::WordList;
use super::text::Text;
use super::word_lists as lex;

/// A trait that a persona can declare.
///
/// The score is a sum of cues, each cut at its weight; it says how much of the trait's usual signs a text shows, not
/// what a reader feels. Thresholds are calibrated on the whole of `fixtures/corpus` ([`super::calibrate_traits`]): texts of
/// personas that declare the trait against all others, the best balanced accuracy in steps of 0.05. Each lies among the
/// thresholds that five folds of personas give; `fixtures/golden/style/traits.json` holds them with the area under the ROC
/// curve and the shares told right in personas that were held out. The areas are above 0.93 for cautious, imaginative,
/// playful, questioning, supportive and technical, 0.82 to 0.90 for analytical, assertive, casual, figurative, positive and
/// structured, and only 0.68 to 0.77 for brief, detailed, formal and neutral: compare those four between runs, do not read
/// them alone. `playful` is declared by two personas, so that its threshold is hardly known.
#[derive(Debug, Clone, Copy)]
pub struct Trait {
    /// Name as declared in the persona registry.
    pub name: &'static str,
    /// What counts towards it.
    pub what: &'static str,
    /// Score from which a text shows the trait, in 0..=1.
    pub threshold: f32,
    score: fn(&Cues<'_>) -> f32,
}

const fn declare(
    name: &'static str,
    threshold: f32,
    what: &'static str,
    score: fn(&Cues<'_>) -> f32,
) -> Trait {
    Trait { name, what, threshold, score }
}

/// The traits that `suites/personas.toml` uses, sorted by name.
pub const TRAITS: [Trait; 16] = [
    declare("analytical", 0.3, "words of argument and analysis, connectives, figures; few images", |c| {
        c.up(c.share(lex::ANALYSIS), 0.10, 0.6)
            + c.up(c.share(lex::CONNECTIVES), 0.08, 0.25)
            + c.up(c.digits, 0.06, 0.25)
            - c.up(c.share(lex::IMAGERY), 0.06, 0.3)
    }),
    declare(
        "assertive",
        0.4,
        "commands, boosters, capitals, short sentences; few hedges and questions",
        |c| {
            c.up(c.commands(), 0.5, 0.4)
                + c.up(c.share(lex::BOOSTERS), 0.06, 0.35)
                + c.up(c.text.capitals(), 0.06, 0.1)
                + c.down(c.sentence_length, 6.0, 14.0, 0.3)
                - c.up(c.share(lex::HEDGES), 0.05, 0.25)
                - c.up(c.questions, 0.3, 0.2)
        },
    ),
    declare("brief", 0.55, "short sentences and few words", |c| {
        c.down(c.sentence_length, 4.0, 14.0, 0.5) + c.down(c.words, 20.0, 100.0, 0.5)
    }),
    declare("casual", 0.25, "contractions, everyday words, first person, lower case, low formality", |c| {
        c.up(c.share(lex::CASUAL), 0.07, 0.4)
            + c.up(c.contractions, 0.06, 0.3)
            + c.up(c.lower_starts, 0.5, 0.15)
            + c.down(c.formality, 0.2, 0.6, 0.3)
    }),
    declare("cautious", 0.35, "words of risk and care, hedges, conditions", |c| {
        c.up(c.share(lex::CAUTION), 0.09, 0.7) + c.up(c.share(lex::HEDGES), 0.05, 0.4)
    }),
    declare("detailed", 0.5, "many words, long sentences, long words, commas and figures", |c| {
        c.up(c.words - 20.0, 80.0, 0.35)
            + c.up(c.sentence_length - 6.0, 10.0, 0.25)
            + c.up(c.long_words, 0.3, 0.2)
            + c.up(c.text.marks_per_word(&[',', ';', ':']), 0.14, 0.1)
            + c.up(c.digits, 0.05, 0.1)
    }),
    declare("figurative", 0.25, "similes, images, archaic words; no figures", |c| {
        c.up(c.similes, 0.3, 0.4)
            + c.up(c.share(lex::IMAGERY), 0.07, 0.45)
            + c.up(c.share(lex::ARCHAIC), 0.03, 0.3)
            - c.up(c.digits, 0.03, 0.2)
    }),
    declare("formal", 0.6, "long words and prepositions against casual, personal and clipped forms", |c| {
        c.formality - c.up(c.contractions, 0.04, 0.2)
    }),
    declare("imaginative", 0.3, "images, telling in the past, invented names, dialogue", |c| {
        c.up(c.share(lex::IMAGERY), 0.08, 0.6)
            + c.up(c.share(lex::PAST), 0.05, 0.2)
            + c.up(c.share(lex::ARCHAIC), 0.03, 0.15)
            + c.up(c.share(lex::THIRD), 0.08, 0.15)
            - c.up(c.share(lex::SECOND), 0.06, 0.15)
            - c.up(c.share(lex::TECHNICAL), 0.10, 0.2)
    }),
    declare("neutral", 0.55, "no affect, no exclamations, few persons, few images", |c| {
        1.0 - c.up(c.share(lex::POSITIVE) + c.share(lex::NEGATIVE), 0.08, 0.4)
            - c.up(c.exclamations, 0.3, 0.3)
            - c.up(c.share(lex::FIRST_SINGULAR) + c.share(lex::SECOND), 0.08, 0.5)
            - c.up(c.contractions, 0.04, 0.2)
            - c.up(c.similes, 0.3, 0.2)
    }),
    declare("playful", 0.1, "mock words, slang, asides in brackets, similes", |c| {
        c.up(c.share(lex::PLAY), 0.05, 0.7)
            + c.up(c.text.marks_per_word(&['(']), 0.03, 0.2)
            + c.up(c.lower_starts, 0.8, 0.2)
            + c.up(c.similes, 0.3, 0.15)
    }),
    declare("positive", 0.35, "positive words against negative ones, exclamations, lightness", |c| {
        0.1 + c.up(c.share(lex::POSITIVE), 0.06, 0.4)
            + c.up(c.exclamations, 0.25, 0.3)
            + c.down(c.formality, 0.2, 0.6, 0.2)
            - c.up(c.share(lex::NEGATIVE), 0.05, 0.15)
    }),
    declare("questioning", 0.3, "questions", |c| c.up(c.questions, 0.5, 1.0)),
    declare("structured", 0.5, "lists, labels, several lines, colons, words of steps", |c| {
        c.up(c.text.list_share(), 0.5, 0.3)
            + c.up(c.text.label_share(), 0.5, 0.35)
            + c.up(c.text.lines().len() as f32 - 1.0, 4.0, 0.2)
            + c.up(c.text.marks_per_word(&[':']), 0.08, 0.3)
            + c.up(c.share(lex::STEPS), 0.08, 0.3)
    }),
    declare("supportive", 0.25, "words that hold another up, second person, no figures", |c| {
        c.up(c.share(lex::SUPPORT), 0.08, 0.7) + c.up(c.share(lex::SECOND), 0.08, 0.3)
            - c.up(c.text.code_marks(), 0.1, 0.3)
    }),
    declare("technical", 0.3, "code marks, JSON, words of software, data and electronics", |c| {
        c.up(c.share(lex::TECHNICAL), 0.12, 0.6)
            + c.up(c.text.code_marks(), 0.12, 0.5)
            + c.up(c.text.json_share(), 0.5, 0.3)
            - c.up(c.share(lex::IMAGERY), 0.08, 0.2)
    }),
];

/// Scores of all [`TRAITS`] in their order, 0..=1 each; a text without words scores 0.
pub fn trait_scores(text: &Text<'_>) -> [f32; TRAITS.len()] {
    let cues = Cues::new(text);
    std::array::from_fn(|i| score_of(&TRAITS[i], &cues))
}

/// Score of trait `name` in `text`, 0..=1; `None` for a name not in [`TRAITS`]. A text without words scores 0.
pub fn trait_score(name: &str, text: &str) -> Option<f32> {
    Some(score_of(TRAITS.iter().find(|t| t.name == name)?, &Cues::new(&Text::new(text))))
}

fn score_of(entry: &Trait, cues: &Cues<'_>) -> f32 {
    if cues.text.words().is_empty() {
        return 0.0;
    }
    let score = (entry.score)(cues);
    if score.is_finite() { score.clamp(0.0, 1.0) } else { 0.0 }
}

/// Whether `text` shows trait `name`: its score reaches the trait's threshold. `None` for an unknown name.
pub fn trait_hit(name: &str, text: &str) -> Option<bool> {
    let threshold = TRAITS.iter().find(|t| t.name == name)?.threshold;
    trait_score(name, text).map(|score| score >= threshold)
}

/// Cues of one text that several traits ask for.
struct Cues<'a> {
    text: &'a Text<'a>,
    words: f32,
    sentence_length: f32,
    questions: f32,
    exclamations: f32,
    long_words: f32,
    contractions: f32,
    lower_starts: f32,
    digits: f32,
    formality: f32,
    similes: f32,
}

impl<'a> Cues<'a> {
    fn new(text: &'a Text<'a>) -> Self {
        let words = text.words().len() as f32;
        let (long_words, lower_starts) = (text.long_words(), text.share_of_sentences(starts_lower));
        let contractions = text.share_of_words(|w| w.contains('\''));
        Self {
            text,
            words,
            sentence_length: words / text.sentences().len().max(1) as f32,
            questions: text.share_of_sentences(|s| s.contains('?')),
            exclamations: text.share_of_sentences(|s| s.contains('!')),
            long_words,
            contractions,
            lower_starts,
            digits: text.share_of_words(|w| w.starts_with(|c: char| c.is_ascii_digit())),
            formality: formality_of(text, long_words, contractions, lower_starts),
            similes: text.similes(),
        }
    }

    fn commands(&self) -> f32 {
        self.text.share_of_sentences(opens_with_command)
    }

    fn share(&self, list: WordList) -> f32 {
        self.text.lexicon_share(list)
    }

    /// Grows from 0 at 0 to `weight` at `full`, and stays there.
    fn up(&self, value: f32, full: f32, weight: f32) -> f32 {
        weight * (value / full).clamp(0.0, 1.0)
    }

    /// Falls from `weight` at `from` to 0 at `to`.
    fn down(&self, value: f32, from: f32, to: f32, weight: f32) -> f32 {
        weight * ((to - value) / (to - from)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_scores_stay_in_range() {
        assert!(TRAITS.windows(2).all(|pair| pair[0].name < pair[1].name));
        for entry in &TRAITS {
            for text in ["", "...", "STOP! Now! Never!", "{\"a\": 1}", "a like a moon as if as cold as ice"] {
                let score = trait_score(entry.name, text).expect("a known trait");
                assert!((0.0..=1.0).contains(&score), "{} {score}", entry.name);
            }
            assert_eq!(trait_hit(entry.name, ""), Some(false), "{}", entry.name);
        }
        assert_eq!(trait_hit("verbose", "anything"), None);
    }
}
