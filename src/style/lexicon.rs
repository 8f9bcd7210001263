//! Lists of words and phrases, all of them looked for in one pass over a text.

use std::collections::HashMap;

use foldhash::fast::FixedState;

/// Words and phrases that count for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WordList {
    place: usize,
    entries: &'static str,
}

impl WordList {
    /// The list at a place among all, with its lower-case entries separated by commas, words of a phrase by spaces: `perhaps,
    /// kind of, not always`.
    pub(super) const fn new(place: usize, entries: &'static str) -> Self {
        Self { place, entries }
    }

    /// Its place among all lists.
    pub(super) fn place(self) -> usize {
        self.place
    }
}

/// A table of all lists.
#[derive(Debug)]
pub(super) struct Lexicon {
    lists: usize,
    /// By first byte: the lengths of words that start with it, a bit each. Most words of a text end here, before they
    /// are hashed.
    lengths: [u32; 256],
    /// Entries by their first word.
    by_first: HashMap<&'static str, Vec<Entries>, FixedState>,
}

/// Entries of one list that begin with the same word.
#[derive(Debug)]
struct Entries {
    list: usize,
    /// The words that follow in each.
    after: Vec<Vec<&'static str>>,
}

impl Lexicon {
    /// The table of lists, each at its place.
    pub(super) fn new(lists: &[WordList]) -> Self {
        let mut by_first: HashMap<_, Vec<Entries>, _> = HashMap::with_hasher(FixedState::default());
        let mut lengths = [0; 256];
        for list in lists {
            for entry in list.entries.split(',') {
                let mut words = entry.split_whitespace();
                let Some(first) = words.next() else { continue };
                if let Some((byte, length)) = mark(first) {
                    lengths[byte] |= length;
                }
                let of_first = by_first.entry(first).or_default();
                let after = words.collect();
                match of_first.iter_mut().find(|entries| entries.list == list.place) {
                    Some(entries) => entries.after.push(after),
                    None => of_first.push(Entries { list: list.place, after: vec![after] }),
                }
            }
        }
        Self { lists: lists.len(), lengths, by_first }
    }

    /// For each list, at how many of the words, which are lower case, one of its entries starts.
    pub(super) fn counts(&self, words: &[String]) -> Vec<u32> {
        let mut counts = vec![0; self.lists];
        for (i, word) in words.iter().enumerate() {
            for entries in self.of_first(word) {
                let fits = |after: &Vec<&str>| {
                    let there = words.get(i + 1..i + 1 + after.len());
                    there.is_some_and(|there| there.iter().zip(after).all(|(word, wanted)| word == wanted))
                };
                counts[entries.list] += u32::from(entries.after.iter().any(fits));
            }
        }
        counts
    }

    /// Whether the single word is an entry of the list.
    pub(super) fn contains(&self, list: WordList, word: &str) -> bool {
        let mut found = self.of_first(word).iter();
        found.any(|entries| entries.list == list.place && entries.after.iter().any(Vec::is_empty))
    }

    fn of_first(&self, word: &str) -> &[Entries] {
        match mark(word) {
            Some((byte, length)) if self.lengths[byte] & length != 0 => {
                self.by_first.get(word).map_or(&[], Vec::as_slice)
            }
            _ => &[],
        }
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
        let lists =
            [WordList::new(0, "perhaps, kind of,  , not always"), WordList::new(1, "kind, not, not ever")];
        let lexicon = Lexicon::new(&lists);
        let counts = |text: &str| lexicon.counts(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(counts("kind of blue"), [1, 1]);
        assert_eq!(counts("not always perhaps kind"), [2, 2]);
        // Once a place, though two entries start there.
        assert_eq!(counts("not ever"), [0, 1]);
        assert_eq!(lexicon.counts(&[]), [0, 0]);
        assert!(lexicon.contains(lists[0], "perhaps") && !lexicon.contains(lists[0], "kind"));
        assert!(lexicon.contains(lists[1], "kind") && !lexicon.contains(lists[1], "perhaps"));
    }
}
