//! Content-only control: how much of the result does *what* is talked about explain?

use std::collections::BTreeMap;

use ndarray::Array2;

use super::identification::identify;
use super::nearest_centroid::Rule;
use super::{Identification, Labels, Points};
use crate::error::Result;
use crate::seed::Seed;
use crate::stats::Resampling;
use crate::style::{Text, is_function_word};

/// Number of entries that content words are hashed to.
pub const CONTENT_DIMENSIONS: usize = 1024;

/// Most permutations of the baseline's own p, by which nothing is judged; its accuracy needs none.
const PERMUTATIONS: usize = 199;

/// Whether a word, in lower case, says what a text is about: no function word, and with a letter.
pub(super) fn is_content_word(word: &str) -> bool {
    word.chars().any(char::is_alphabetic) && !is_function_word(word)
}

/// The words of a text that say what it is about, in lower case, as often as they stand.
pub fn content_words(text: &str) -> Vec<String> {
    Text::new(text).words().iter().filter(|word| is_content_word(word)).cloned().collect()
}

/// Bags of content words: n × [`CONTENT_DIMENSIONS`].
///
/// A word that occurs c times adds ±ln(1 + c) to one entry; entry and sign come from its hash (the hashing trick,
/// Weinberger et al. 2009), so there is no vocabulary to fit, and words of other texts change nothing.
///
/// # Errors
/// No texts.
pub fn content_features<S: AsRef<str>>(texts: &[S]) -> Result<Points> {
    let mut features = Array2::zeros((texts.len(), CONTENT_DIMENSIONS));
    for (mut row, text) in features.rows_mut().into_iter().zip(texts) {
        let mut counts: BTreeMap<String, f32> = BTreeMap::new();
        for word in content_words(text.as_ref()) {
            *counts.entry(word).or_default() += 1.0;
        }
        for (word, count) in counts {
            let hash = Seed(0).child(&word).0;
            let sign = if hash >> 63 == 1 { -1.0 } else { 1.0 };
            row[(hash % CONTENT_DIMENSIONS as u64) as usize] += sign * count.ln_1p();
        }
    }
    Points::new(features)
}

/// Identification by content words alone: nearest centroid (cosine) of [`content_features`], leave-one-prompt-out.
///
/// Features are centred by prompt as the headline's vectors are, so what all say about a prompt counts for nothing.
/// What remains is a subject, or a pet word, that a persona brings to every prompt: an instrument that does not beat
/// this figure may hear subjects and not voices. A text whose words all others of its prompt share is named no better
/// than chance. The p takes at most 199 permutations.
///
/// # Errors
/// As [`super::identification`].
pub fn content_baseline<S: AsRef<str>>(
    texts: &[S],
    personas: &Labels,
    prompts: &Labels,
    resampling: &Resampling,
) -> Result<Identification> {
    personas.check_rows(texts.len(), "texts")?;
    let (features, _) = content_features(texts)?.centred_directions(prompts)?;
    let few = Resampling { permutations: resampling.permutations.min(PERMUTATIONS), ..*resampling };
    identify(&features, personas, Some(prompts), Rule::Cosine, &few)
}

#[cfg(test)]
mod tests {
    use super::super::testing::quick;
    use super::*;

    /// Eight prompts, four personas; `write` makes the text of persona and prompt.
    fn named(write: impl Fn(usize, usize) -> String) -> Identification {
        let (mut texts, mut personas, mut prompts) = (Vec::new(), Vec::new(), Vec::new());
        for prompt in 0..8 {
            for persona in 0..4 {
                texts.push(write(persona, prompt));
                personas.push(format!("p{persona}"));
                prompts.push(format!("q{prompt}"));
            }
        }
        let labels = |what, rows: &[String]| Labels::new(what, rows).expect("labels");
        let (personas, prompts) = (labels("persona", &personas), labels("prompt", &prompts));
        content_baseline(&texts, &personas, &prompts, &quick()).expect("crossed")
    }

    const SUBJECTS: [&str; 4] = ["sailing boats", "garden tools", "violin music", "tax forms"];

    #[test]
    fn personas_that_keep_to_their_subject_are_named_by_content() {
        let found = named(|persona, prompt| format!("I like {} {prompt} times.", SUBJECTS[persona]));
        assert!(found.balanced_accuracy.point > 0.9 && found.p < 0.05, "{found:?}");
    }

    #[test]
    fn personas_that_differ_in_function_words_and_marks_alone_are_at_chance() {
        let frames =
            ["The Soup is GOOD.", "Is it soup? So good!", "Oh, good soup, isn't it", "some good soup …"];
        let found = named(|persona, prompt| frames[persona].replace("oup", &format!("oup{prompt}")));
        assert!((found.balanced_accuracy.point - 0.25).abs() < 1e-12, "{found:?}");
        assert!(found.margins.iter().all(|m| *m == 0.0));
    }

    #[test]
    fn counts_are_damped_and_numbers_and_function_words_are_left_out() {
        assert_eq!(content_words("The Cat’s cat, and 75 of 80 don't: CAT!"), ["cat's", "cat", "cat"]);
        let features = content_features(&["cat cat cat", "of the"]).expect("texts");
        let entries: Vec<f32> = features.view().iter().copied().filter(|v| *v != 0.0).collect();
        assert_eq!(entries.len(), 1);
        assert!((entries[0].abs() - 4f32.ln()).abs() < 1e-6, "{entries:?}");
    }
}
