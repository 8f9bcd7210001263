//! The style vector of a text, and of many.

use ndarray::Array2;
use rayon::prelude::*;

use super::features::{FEATURES, STYLE_DIMENSIONS};
use super::text::Text;

/// The style vector of a text, in the order of [`FEATURES`]; finite for every text, zeros for one without words.
///
/// Features have different units: scale columns (`Points::standardised`) before comparing vectors.
pub fn style_vector(text: &str) -> [f32; STYLE_DIMENSIONS] {
    vector_of(&Text::new(text))
}

/// [`style_vector`] of a text that is taken apart already.
pub fn vector_of(text: &Text<'_>) -> [f32; STYLE_DIMENSIONS] {
    let mut vector = [0.0; STYLE_DIMENSIONS];
    if text.words().is_empty() {
        return vector;
    }
    for (value, feature) in vector.iter_mut().zip(&FEATURES) {
        let measured = (feature.measure)(text);
        *value = if measured.is_finite() { measured } else { 0.0 };
    }
    vector
}

/// Style vectors of many texts: n × [`STYLE_DIMENSIONS`], not scaled.
pub fn style_matrix<S: AsRef<str> + Sync>(texts: &[S]) -> Array2<f32> {
    let rows: Vec<_> = texts.par_iter().map(|text| style_vector(text.as_ref())).collect();
    Array2::from_shape_fn((rows.len(), STYLE_DIMENSIONS), |(row, column)| rows[row][column])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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

    fn check(text: &str) -> Result<(), TestCaseError> {
        for (feature, value) in FEATURES.iter().zip(style_vector(text)) {
            let (low, high) = feature.range;
            prop_assert!(value >= low && value <= high, "{} is {value}", feature.name);
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn no_text_leaves_a_range(text in any::<String>(), words in "[a-zA-Z'!?.,:`{}()\\[\\]\\n -]{0,200}") {
            check(&text)?;
            check(&words)?;
            check(&format!("{text} is {words}"))?;
        }
    }

    #[test]
    fn hostile_texts_of_a_megabyte_stay_in_range() {
        for piece in
            ["a", "the ", "Oh! ", "[", "{\"a\":", "`", "a(", "as ", "1. ", "\n", "\u{202e}א ", "…", "\u{0}"]
        {
            check(&piece.repeat((1 << 20) / piece.len())).expect("in range");
        }
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
