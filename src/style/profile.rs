//! A text's indices as named values: what was measured, and what could not be.

use rayon::prelude::*;
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::HashMap;

use super::indices::{INDEX_COUNT, INDICES, Measured};
use super::text::Text;

/// The values of [`INDICES`] for one text; absent where an index has none, never NaN.
///
/// In JSON an object of names, with null for what is absent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Profile {
    values: [Option<f64>; INDEX_COUNT],
}

impl Profile {
    /// Measures a text. Cost: O(n log² n) in its words.
    pub fn of(text: &Text<'_>) -> Self {
        let measured = Measured::of(text);
        let english = measured.is_english();
        let value = |i: usize| {
            let index = &INDICES[i];
            if index.english && !english { None } else { (index.measure)(&measured) }
        };
        Self { values: std::array::from_fn(value) }
    }

    /// Name, value and unit of every index, in the order of [`INDICES`].
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, Option<f64>, &'static str)> {
        INDICES.iter().zip(self.values).map(|(index, value)| (index.name, value, index.unit))
    }

    /// The value of the index `name`: absent where it has none, and for a name that is not in [`INDICES`].
    pub fn get(&self, name: &str) -> Option<f64> {
        self.iter().find(|(found, ..)| *found == name)?.1
    }
}

/// The profiles of many texts, in their order.
pub fn profiles<S: AsRef<str> + Sync>(texts: &[S]) -> Vec<Profile> {
    texts.par_iter().map(|text| Profile::of(&Text::new(text.as_ref()))).collect()
}

impl Serialize for Profile {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(INDEX_COUNT))?;
        for (name, value, _) in self.iter() {
            map.serialize_entry(name, &value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Profile {
    /// Names that this version does not know are passed over, and what an older one did not write is absent.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let values = HashMap::<String, Option<f64>>::deserialize(deserializer)?;
        let value = |i: usize| values.get(INDICES[i].name).copied().flatten();
        Ok(Self { values: std::array::from_fn(value) })
    }
}

#[cfg(test)]
mod tests {
    use super::super::features::FEATURES;
    use super::*;
    use proptest::prelude::*;

    fn of(text: &str) -> Profile {
        Profile::of(&Text::new(text))
    }

    fn check(text: &str) -> Result<(), TestCaseError> {
        for (index, (name, value, _)) in INDICES.iter().zip(of(text).iter()) {
            let Some(value) = value else { continue };
            let (low, high) = index.range;
            let slack = 1e-9 * value.abs().max(1.0);
            prop_assert!(
                value.is_finite() && value >= low - slack && value <= high + slack,
                "{name} is {value}"
            );
        }
        Ok(())
    }

    proptest! {
        #[test]
        fn no_text_leaves_a_range(text in any::<String>(), words in "[a-zA-Z'!?.,:` #{}\\[\\]\n-]{0,200}") {
            check(&text)?;
            check(&words)?;
            check(&format!("It is {words} that was said, and {text} was the answer."))?;
        }
    }

    #[test]
    fn hostile_texts_stay_in_range_and_end_soon() {
        let million = 1 << 20;
        for text in [
            "",
            " ",
            "\u{0}\u{1}\u{7f}",
            "a",
            "the",
            "?!",
            "\u{202e}the end",
            "שלום עולם",
            "مرحبا",
            "🙂",
            "1",
            "`",
            "'",
            "n't",
        ] {
            check(text).expect("in range");
            check(&text.repeat(10_000)).expect("in range");
        }
        for piece in [
            "a",
            "the ",
            "good but bad ",
            "one",
            "every",
            "`",
            "``` ",
            "[",
            "I am so GLAD, but.\n",
            "eo",
            "日",
        ] {
            check(&piece.repeat(million / piece.len())).expect("in range");
        }
    }

    #[test]
    fn a_profile_of_nothing_has_counts_of_zero_and_no_indices() {
        let empty = of("");
        assert_eq!(
            (empty.get("word_count"), empty.get("english"), empty.get("smog")),
            (Some(0.0), None, None)
        );
        assert_eq!(empty.get("no such index"), None);
    }

    #[test]
    fn another_language_has_no_index_that_speaks_of_english() {
        let german = of("Das ist ein kurzer Text, der nicht auf Englisch geschrieben wurde.");
        assert_eq!(german.get("english"), Some(0.0));
        for (index, (name, value, _)) in INDICES.iter().zip(german.iter()) {
            assert!(!index.english || value.is_none(), "{name}");
        }
        assert!(german.get("word_count").is_some());
    }

    #[test]
    fn json_names_every_index_and_reads_back() {
        let profile = of("You are kind. I said so, and I am glad that you came.");
        let json = serde_json::to_value(profile).expect("numbers");
        assert_eq!(json.as_object().map(serde_json::Map::len), Some(INDEX_COUNT));
        assert!(json["mtld"].is_null() && json["sentiment"].as_f64() > Some(0.5));
        assert_eq!(serde_json::from_value::<Profile>(json).expect("a profile"), profile);
    }

    #[test]
    fn names_stand_once_in_both_tables() {
        let mut names: Vec<&str> =
            INDICES.iter().map(|i| i.name).chain(FEATURES.iter().map(|f| f.name)).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
        assert!(INDICES.iter().all(|i| i.range.0 < i.range.1 && !i.unit.is_empty() && !i.what.is_empty()));
    }
}
