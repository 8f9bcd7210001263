//! Passages by their runs of words.

use std::collections::{BTreeMap, HashMap};

use super::super::words::{together, words};
use super::passage::Passage;

/// Share of a passage's runs from which it has leaked, where nobody says otherwise.
pub(crate) const SHARE: f64 = 0.5;
/// Words of a run.
pub(super) const RUN: usize = 8;
/// Words from which a passage shorter than a run is also looked for within what a user asks.
const SHORT: usize = 4;
/// Runs of eight words in thirteen words in a row (Brown et al. 2020, appendix C): a leak of a passage of any length.
const THIRTEEN: u32 = 6;
/// Words of which a question's likeness to a passage is counted, and the Jaccard index of these from which the two are one question.
const NEAR: (usize, f64) = (3, 0.8);
/// Bits of the filter before the tables: most runs of most texts are in no passage.
const FILTER_BITS: u64 = 1 << 22;
/// A run that this many passages have, and more than this share of all, is the frame of a benchmark and no one's own words.
const FRAME: (usize, f64) = (10, 0.02);

/// A text, and where suites have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// The suites, in the order in which they were read.
    pub suites: Vec<String>,
    /// Id of the prompt or the task there; file and line of a held-out text.
    pub prompt: String,
}

/// A passage found in an example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Leak<'a> {
    /// The passage.
    pub passage: &'a Place,
    /// Which of the example's texts has it.
    pub text: usize,
    /// How many of the passage's runs of eight words that text has, or of a question the Jaccard index of word triples, whichever is
    /// more, 0 to 1; 1 of a passage that is shorter than a run and found whole.
    pub share: f64,
}

/// Passages that no example may have.
#[derive(Debug, Default)]
pub(crate) struct Leaks {
    passages: Vec<Place>,
    /// How many different runs of its own each has; none of a passage that is shorter than one.
    runs: Vec<u32>,
    share: f64,
    /// Passages with a run, by its hash.
    with: HashMap<u64, Vec<u32>>,
    /// How many different triples of words each has.
    triples: Vec<u32>,
    /// Passages with a triple, by its hash.
    near: HashMap<u64, Vec<u32>>,
    /// Passages without a run of their own, by the hash of all their words.
    short: HashMap<u64, Vec<u32>>,
    filter: Vec<u64>,
}

/// Room for work, for use again.
#[derive(Debug, Default)]
pub(crate) struct LeakRoom {
    words: Vec<u64>,
    runs: Vec<u64>,
}

impl Leaks {
    /// Passages, and the share of a passage's runs from which it has leaked.
    pub(crate) fn new(passages: Vec<Passage>, share: f64) -> Self {
        let mut all = Self { share, filter: vec![0; (FILTER_BITS / 64) as usize], ..Self::default() };
        let mut known: BTreeMap<(u64, String), usize> = BTreeMap::new();
        let mut texts: Vec<Vec<u64>> = Vec::new();
        for passage in passages {
            let mut found = Vec::new();
            words(&passage.text, &mut found);
            if found.is_empty() {
                continue;
            }
            let key = (together(&found), passage.place.clone());
            let at = *known.entry(key).or_insert(texts.len());
            if at == texts.len() {
                texts.push(found);
                all.passages.push(Place { suites: Vec::new(), prompt: passage.place });
            }
            let suites = &mut all.passages[at].suites;
            if !suites.contains(&passage.suite) {
                suites.push(passage.suite);
            }
        }
        let mut runs: Vec<Vec<u64>> = texts.iter().map(|text| runs_of(text, RUN)).collect();
        let mut often: HashMap<u64, usize> = HashMap::new();
        runs.iter().flatten().for_each(|run| *often.entry(*run).or_default() += 1);
        let most = FRAME.0.max((FRAME.1 * texts.len() as f64) as usize);
        for (place, (text, runs)) in (0..).zip(texts.iter().zip(&mut runs)) {
            runs.retain(|run| often.get(run).is_none_or(|n| *n <= most));
            // Fewer than four billion.
            all.runs.push(runs.len() as u32);
            if runs.is_empty() {
                all.mark(together(text));
                all.short.entry(together(text)).or_default().push(place);
            }
            for run in runs.iter() {
                all.mark(*run);
                all.with.entry(*run).or_default().push(place);
            }
            let triples = runs_of(text, NEAR.0);
            all.triples.push(triples.len() as u32);
            for triple in triples {
                all.mark(triple);
                all.near.entry(triple).or_default().push(place);
            }
        }
        all
    }

    fn mark(&mut self, hash: u64) {
        let (word, bit) = bit(hash);
        self.filter[word] |= bit;
    }

    fn may_have(&self, hash: u64) -> bool {
        let (word, bit) = bit(hash);
        self.filter.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// The passages that an example's texts have, the largest share of each: half of a passage's runs of eight words (or the share that
    /// was given), thirteen words in a row, or nearly the same question. Each text has a name, a number; those below `asked` are what
    /// a user asks, in which shorter passages and likeness are looked for as well.
    pub(crate) fn find<'a>(
        &self,
        texts: impl Iterator<Item = (usize, &'a str)>,
        asked: usize,
        room: &mut LeakRoom,
    ) -> Vec<Leak<'_>> {
        if self.passages.is_empty() {
            return Vec::new();
        }
        let mut best: BTreeMap<u32, (usize, f64)> = BTreeMap::new();
        let mut found = |place: u32, name: usize, share: f64| {
            let known = best.entry(place).or_insert((name, share));
            if share > known.1 {
                *known = (name, share);
            }
        };
        for (name, text) in texts {
            room.words.clear();
            words(text, &mut room.words);
            let shortest = if name < asked { SHORT } else { RUN };
            let all = (shortest..RUN).flat_map(|length| room.words.windows(length)).chain([&room.words[..]]);
            for place in all
                .map(together)
                .filter(|hash| self.may_have(*hash))
                .filter_map(|hash| self.short.get(&hash))
                .flatten()
            {
                found(*place, name, 1.0);
            }
            // Most runs are in no passage: only those that may be are worth telling apart.
            different(&room.words, RUN, |run| self.may_have(run), &mut room.runs);
            for (place, count) in self.shared(&room.runs, &self.with) {
                let share = f64::from(count) / f64::from(self.runs[place as usize]);
                if share >= self.share || count >= THIRTEEN {
                    found(place, name, share);
                }
            }
            if name < asked {
                // All of them: likeness needs their number.
                different(&room.words, NEAR.0, |_| true, &mut room.runs);
                for (place, count) in self.shared(&room.runs, &self.near) {
                    let either = self.triples[place as usize] as usize + room.runs.len() - count as usize;
                    let jaccard = f64::from(count) / either as f64;
                    if jaccard >= NEAR.1 {
                        found(place, name, jaccard);
                    }
                }
            }
        }
        let leak =
            |(place, (text, share)): (u32, _)| Leak { passage: &self.passages[place as usize], text, share };
        best.into_iter().map(leak).collect()
    }

    /// How many of the runs each passage has that has any.
    fn shared(&self, runs: &[u64], with: &HashMap<u64, Vec<u32>>) -> BTreeMap<u32, u32> {
        let mut shared = BTreeMap::new();
        let known = runs.iter().filter(|run| self.may_have(**run)).filter_map(|run| with.get(run));
        known.flatten().for_each(|place| *shared.entry(*place).or_default() += 1);
        shared
    }
}

/// The different runs of so many words, of those that are wanted.
fn different(text: &[u64], length: usize, wanted: impl Fn(u64) -> bool, runs: &mut Vec<u64>) {
    runs.clear();
    runs.extend(text.windows(length).map(together).filter(|run| wanted(*run)));
    runs.sort_unstable();
    runs.dedup();
}

fn runs_of(text: &[u64], length: usize) -> Vec<u64> {
    let mut runs = Vec::new();
    different(text, length, |_| true, &mut runs);
    runs
}

fn bit(hash: u64) -> (usize, u64) {
    let at = hash % FILTER_BITS;
    ((at / 64) as usize, 1 << (at % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passage(suite: &str, place: &str, text: &str) -> Passage {
        Passage { suite: suite.into(), place: place.into(), text: text.into() }
    }

    fn leaks() -> Leaks {
        let long = "Why do the leaves of most trees turn red or yellow before they fall?";
        let passages = vec![
            passage("s", "long", long),
            passage("s", "short", "Who are you?"),
            passage("s", "rain", "How does rain form?"),
            passage("t", "long", &long.to_uppercase()),
            passage("s", "nothing", "?!"),
        ];
        Leaks::new(passages, 0.5)
    }

    /// The first text is what is asked.
    fn found(texts: &[&str]) -> Vec<(String, usize, f64)> {
        let leaks = leaks();
        let all = leaks.find(texts.iter().copied().enumerate(), 1, &mut LeakRoom::default());
        all.iter().map(|l| (l.passage.prompt.clone(), l.text, l.share)).collect()
    }

    #[test]
    fn a_passage_is_found_within_a_text_whatever_its_case_and_punctuation() {
        assert_eq!(leaks().passages.len(), 3);
        assert_eq!(leaks().passages[0].suites, ["s", "t"]);
        let text = "Tell me: why do the leaves, of most trees, turn red or yellow, BEFORE they fall!! Thanks";
        assert_eq!(found(&["x", text]), [("long".to_owned(), 1, 1.0)]);
        // 14 words are 7 runs; the first 11 words have four of them, the first ten three.
        let part = "why do the leaves of most trees turn red or yellow";
        assert_eq!(found(&[part]), [("long".to_owned(), 0, 4.0 / 7.0)]);
        assert_eq!(found(&["why do the leaves of most trees turn red or brown"]), []);
        // A run that comes twice counts once.
        assert_eq!(found(&["why do the leaves of most trees turn why do the leaves of most trees turn"]), []);
    }

    #[test]
    fn a_short_passage_is_found_as_a_whole_text_and_one_of_four_words_in_a_question() {
        assert_eq!(found(&["who, are you", "Who are you? I am"]), [("short".to_owned(), 0, 1.0)]);
        assert_eq!(found(&["x", "Who are you?"]), [("short".to_owned(), 1, 1.0)]);
        assert_eq!(found(&["And who are you?", "", "!"]), []);
        assert_eq!(found(&["So how does rain form? Explain."]), [("rain".to_owned(), 0, 1.0)]);
        assert_eq!(found(&["x", "This is how does rain form it."]), []);
    }

    #[test]
    fn thirteen_words_in_a_row_leak_whatever_share_they_are() {
        let text = |words: std::ops::Range<usize>| words.map(|i| format!("w{i} ")).collect::<String>();
        let leaks = Leaks::new(vec![passage("s", "long", &text(0..100))], 0.5);
        let of = |text: &str| leaks.find([(5, text)].into_iter(), 1, &mut LeakRoom::default()).len();
        assert_eq!((of(&text(40..53)), of(&text(40..52))), (1, 0));
    }

    #[test]
    fn nearly_the_same_question_leaks_and_the_same_words_in_an_answer_do_not() {
        let leaks = Leaks::new(vec![passage("s", "rain", "Why does rain smell so good in summer?")], 0.5);
        let of = |name: usize, text: &str| {
            let all = leaks.find([(name, text)].into_iter(), 1, &mut LeakRoom::default());
            all.iter().map(|leak| leak.share).collect::<Vec<f64>>()
        };
        // Five of the six triples; with another word at the end, five of seven.
        assert_eq!(of(0, "Why does rain smell so good in..."), [5.0 / 6.0]);
        assert_eq!(of(0, "Why does rain smell so good in autumn?"), Vec::<f64>::new());
        assert_eq!(of(1, "Why does rain smell so good in..."), Vec::<f64>::new());
        // Those of whole runs count where there are more of them.
        assert_eq!(of(0, "Well, why does rain smell so good in summer?"), [1.0]);
    }

    #[test]
    fn the_frame_of_a_benchmark_is_no_ones_own_words() {
        let frame = "Think step by step and give the answer after four hash signs at the end.";
        let all: Vec<Passage> = (0..20)
            .map(|i| {
                passage(
                    "b",
                    &i.to_string(),
                    &format!("If n{i} men dig m{i} holes how many are left over? {frame}"),
                )
            })
            .collect();
        let leaks = Leaks::new(all, 0.5);
        let of = |text: &str| leaks.find([(0, text)].into_iter(), 1, &mut LeakRoom::default()).len();
        assert_eq!(of(frame), 0);
        assert_eq!(of("If n3 men dig m3 holes how many are left over?"), 1);
    }

    #[test]
    fn without_passages_nothing_is_found() {
        let none = Leaks::new(Vec::new(), 0.5);
        let text = "why do the leaves of most trees turn red or yellow";
        assert!(none.find([(0, text)].into_iter(), 1, &mut LeakRoom::default()).is_empty());
    }
}
