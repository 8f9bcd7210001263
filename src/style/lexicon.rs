//! A list of words and phrases to look for.

use std::collections::HashMap;

/// Words and phrases, lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lexicon {
    /// By first byte: the lengths of words that start with it, a bit each. Most words of a text end here, before they
    /// are hashed.
    lengths: [u32; 256],
    /// The words after the first, of each entry that starts with the key.
    by_first: HashMap<String, Vec<Vec<String>>>,
}

impl Lexicon {
    /// Entries separated by commas, words of a phrase by spaces: `perhaps, kind of, not always`.
    pub fn new(entries: &str) -> Self {
        let mut by_first: HashMap<String, Vec<Vec<String>>> = HashMap::new();
        let mut lengths = [0; 256];
        for entry in entries.split(',') {
            let mut words = entry.split_whitespace().map(str::to_lowercase);
            if let Some(first) = words.next() {
                if let Some((byte, length)) = mark(&first) {
                    lengths[byte] |= length;
                }
                by_first.entry(first).or_default().push(words.collect());
            }
        }
        Self { lengths, by_first }
    }

    /// Whether an entry starts at the first of `words`, which are lower case.
    pub fn starts(&self, words: &[String]) -> bool {
        let Some((first, after)) = words.split_first() else { return false };
        let fits = |rest: &Vec<String>| after.starts_with(rest);
        self.of_first(first).is_some_and(|entries| entries.iter().any(fits))
    }

    /// Whether the single word is an entry of its own.
    pub fn contains(&self, word: &str) -> bool {
        self.of_first(word).is_some_and(|entries| entries.iter().any(Vec::is_empty))
    }

    fn of_first(&self, word: &str) -> Option<&Vec<Vec<String>>> {
        let (byte, length) = mark(word)?;
        if self.lengths[byte] & length == 0 { None } else { self.by_first.get(word) }
    }
}

/// First byte of a word, and its length as a bit; the last bit is for all lengths from 31 on.
fn mark(word: &str) -> Option<(usize, u32)> {
    let first = word.bytes().next()?;
    Some((usize::from(first), 1 << word.len().min(31)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_need_all_their_words_and_single_words_stand_alone() {
        let lexicon = Lexicon::new("perhaps, kind of,  , Not always");
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert!(lexicon.starts(&words("kind of blue")) && !lexicon.starts(&words("kind")));
        assert!(lexicon.starts(&words("not always")) && lexicon.contains("perhaps"));
        assert!(!lexicon.contains("kind") && !lexicon.starts(&[]));
    }
}
