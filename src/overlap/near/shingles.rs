//! A text's shingles, as hashes.

use super::super::words::{together, words_and_signs};

/// Words of a shingle.
const SHINGLE: usize = 3;

/// Adds the hashes of a text's word triples; a shorter text is one shingle. `room` is for work.
pub(super) fn shingles(text: &str, room: &mut Vec<u64>, into: &mut Vec<u32>) {
    room.clear();
    words_and_signs(text, room);
    if room.is_empty() {
        return;
    }
    let short = |words: &[u64]| (together(words) >> 32) as u32;
    if room.len() < SHINGLE {
        into.push(short(room));
    } else {
        into.extend(room.windows(SHINGLE).map(short));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<u32> {
        let mut found = Vec::new();
        shingles(text, &mut Vec::new(), &mut found);
        found
    }

    #[test]
    fn case_and_punctuation_do_not_count_and_order_does() {
        assert_eq!(of("How does Rain form?"), of("how, does rain: FORM"));
        assert_eq!(of("É bien sûr"), of("é bien SÛR"));
        assert_eq!(of("a well-known fact"), of("A (well known) fact!"));
        assert_ne!(of("a b c"), of("c b a"));
        assert_ne!(of("a b c"), of("ab c d"));
        assert_eq!(of("a b c d e").len(), 3);
        assert_eq!(of("a b c d").first(), of("a b c x").first());
        assert_eq!((of("Hi").len(), of("?!").len(), of("").len()), (1, 0, 0));
        assert_ne!(of("a"), of("a a"));
    }

    #[test]
    fn signs_count_where_they_say_something() {
        assert_ne!(of("return a + b"), of("return a - b"));
        assert_ne!(of("a < b"), of("a > b"));
        assert_ne!(of("👍"), of("😢"));
        let mut words = Vec::new();
        crate::overlap::words::words("a + b", &mut words);
        assert_eq!(words.len(), 2, "but not where prompts are compared");
    }

    #[test]
    fn scripts_without_spaces_are_taken_sign_by_sign() {
        assert_eq!(of("今天天气很好").len(), 4);
        assert_eq!(of("Tokyo東京").len(), 1);
    }

    #[test]
    fn long_words_are_lowered_like_short_ones() {
        let long = "Wörd".repeat(40);
        assert_eq!(of(&long), of(&long.to_uppercase()));
        let long = "Word".repeat(40);
        assert_eq!(of(&long), of(&long.to_uppercase()));
    }
}
