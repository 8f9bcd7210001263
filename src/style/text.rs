//! A text taken apart once: words, sentences, lines and the counts that style features are made of.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::{LazyLock, OnceLock};

use regex::Regex;
use unicode_segmentation::UnicodeSegmentation;

use super::json_spans::json_spans;
use super::lexicon::WordList;
use super::word_lists::LEXICON;

/// Abbreviations whose full stop ends no sentence.
const ABBREVIATIONS: [&str; 14] =
    ["dr", "mr", "mrs", "ms", "prof", "st", "vs", "etc", "e.g", "i.e", "fig", "no", "int", "ext"];

/// Window of the moving type-token ratio, in words.
const WINDOW: usize = 30;

static CALL: LazyLock<Regex> = LazyLock::new(|| pattern(r"\w\([^()\s]*[^()]*\)|\w\(\)"));
static LIST: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\s*(?:[-*+•–]|\d{1,2}[.)]|\(?[a-z]\))\s+\S"));
static LABEL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\s*(?:\*\*)?(?:[A-Z][\w'-]*(?: [\w'-]+){0,3}(?:\*\*)?:(?:\*\*)?(?:\s|$)|\[[A-Z][^\]]{1,30}\]|#{1,4} )",
    )
});
static SIMILE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(?:like (?:an?|the|some|two|old|wet)\b|as (?:if|though)\b|as \w+ as\b|as an? \w+)")
});

fn pattern(text: &str) -> Regex {
    Regex::new(text).expect("a pattern of this file, compiled in its tests")
}

/// A text with its words, sentences and lines.
///
/// Words are Unicode words (UAX #29), lower-cased, with curly apostrophes made straight. Sentences end at `.`, `!`,
/// `?` or `…` before white space and at line ends; unlike UAX #29 a sentence may start in lower case, because
/// some voices write so.
#[derive(Debug, Clone)]
pub struct Text<'a> {
    raw: &'a str,
    words: Vec<String>,
    sentences: Vec<&'a str>,
    lines: Vec<&'a str>,
    /// All three are found when first asked for.
    json: OnceLock<Vec<Range<usize>>>,
    entries: OnceLock<Vec<u32>>,
    bytes: OnceLock<Box<[u32; 256]>>,
}

impl<'a> Text<'a> {
    /// Takes a text apart; an empty one has no words, no sentences and no lines.
    pub fn new(raw: &'a str) -> Self {
        let words = raw.unicode_words().map(lower).collect();
        let lines: Vec<&str> = raw.lines().filter(|l| !l.trim().is_empty()).collect();
        let sentences = lines.iter().flat_map(|line| sentences(line)).collect();
        let (json, entries, bytes) = (OnceLock::new(), OnceLock::new(), OnceLock::new());
        Self { raw, words, sentences, lines, json, entries, bytes }
    }

    /// The text as given.
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    /// Lower-cased words.
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// Sentences, trimmed, each with at least one word.
    pub fn sentences(&self) -> &[&'a str] {
        &self.sentences
    }

    /// Lines that are not blank.
    pub fn lines(&self) -> &[&'a str] {
        &self.lines
    }

    /// Share of words that `keep` accepts, 0..=1.
    pub fn share_of_words(&self, keep: impl Fn(&str) -> bool) -> f32 {
        ratio(self.words.iter().filter(|w| keep(w)).count(), self.words.len())
    }

    /// Share of sentences that `keep` accepts, 0..=1.
    pub fn share_of_sentences(&self, keep: impl Fn(&str) -> bool) -> f32 {
        ratio(self.sentences.iter().filter(|s| keep(s)).count(), self.sentences.len())
    }

    /// Share of non-blank lines that `keep` accepts, 0..=1.
    pub fn share_of_lines(&self, keep: impl Fn(&str) -> bool) -> f32 {
        ratio(self.lines.iter().filter(|l| keep(l)).count(), self.lines.len())
    }

    /// At how many of the words an entry of the list starts, as a share, 0..=1.
    pub(super) fn lexicon_share(&self, list: WordList) -> f32 {
        let counts = self.entries.get_or_init(|| LEXICON.counts(&self.words));
        ratio(counts[list.place()] as usize, self.words.len())
    }

    /// Occurrences of any of these characters per word.
    pub fn marks_per_word(&self, marks: &[char]) -> f32 {
        let count = match marks.iter().all(char::is_ascii) {
            true => marks.iter().map(|mark| self.count_of(*mark as u8)).sum(),
            false => self.raw.chars().filter(|c| marks.contains(c)).count(),
        };
        ratio(count, self.words.len())
    }

    /// How often an ASCII byte stands in the text.
    fn count_of(&self, byte: u8) -> usize {
        let counts = self.bytes.get_or_init(|| {
            let mut counts = Box::new([0; 256]);
            self.raw.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
            counts
        });
        counts[usize::from(byte)] as usize
    }

    /// Words of seven letters or more, as a share, 0..=1.
    pub(super) fn long_words(&self) -> f32 {
        self.share_of_words(|w| w.len() >= 7 && (w.is_ascii() || w.chars().count() >= 7))
    }

    /// Words in each sentence.
    pub fn sentence_lengths(&self) -> Vec<f32> {
        self.sentences.iter().map(|s| s.unicode_words().count() as f32).collect()
    }

    /// Moving-average type-token ratio over 30 words (Covington & McFall 2010); plain for shorter texts.
    ///
    /// The plain ratio falls with length, so it would measure length again.
    pub fn type_token_ratio(&self) -> f32 {
        if self.words.is_empty() {
            return 0.0;
        }
        let window = WINDOW.min(self.words.len());
        let (words, distinct) = self.numbered_words();
        let (mut counts, mut types, mut sum) = (vec![0u32; distinct], 0u32, 0f32);
        for (place, &word) in words.iter().enumerate() {
            if let Some(left) = place.checked_sub(window) {
                let count = &mut counts[words[left] as usize];
                *count -= 1;
                types -= u32::from(*count == 0);
            }
            let count = &mut counts[word as usize];
            types += u32::from(*count == 0);
            *count += 1;
            if place + 1 >= window {
                sum += types as f32 / window as f32;
            }
        }
        sum / (words.len() + 1 - window) as f32
    }

    /// The words as numbers below the second value, equal where the words are.
    pub fn numbered_words(&self) -> (Vec<u32>, usize) {
        let mut numbers: HashMap<&str, u32> = HashMap::with_capacity(self.words.len());
        let mut number = |word| {
            let next = numbers.len() as u32;
            *numbers.entry(word).or_insert(next)
        };
        let words = self.words.iter().map(|word| number(word.as_str())).collect();
        (words, numbers.len())
    }

    /// List items: lines that start with a bullet, a number or a letter in brackets, as a share of lines.
    pub fn list_share(&self) -> f32 {
        self.share_of_lines(|l| LIST.is_match(l))
    }

    /// Label lines (`Result: …`, `**Goal:** …`, `[Chorus]`, `# Heading`) as a share of lines.
    pub fn label_share(&self) -> f32 {
        self.share_of_lines(|l| LABEL.is_match(l))
    }

    /// Backticks, braces, calls, arrows, equals signs and the like per word.
    pub fn code_marks(&self) -> f32 {
        let marks: usize = b"`{}[]=<>;|\\".iter().map(|mark| self.count_of(*mark)).sum();
        // Most texts have few of the bytes that these begin with.
        let pairs = ["->", "=>", "::", "()", "//", "==", "/v"];
        let pairs = pairs.iter().filter(|p| self.count_of(p.as_bytes()[0]) > 0);
        let pairs: usize = pairs.map(|p| self.raw.matches(p).count()).sum();
        let calls = if self.count_of(b'(') > 0 { CALL.find_iter(self.raw).count() } else { 0 };
        ratio(marks + calls + pairs, self.words.len())
    }

    /// Share of the characters that lie in a JSON object or array which parses, 0..=1.
    pub fn json_share(&self) -> f32 {
        let covered = self.json_spans().iter().map(Range::len).sum();
        ratio(covered, self.raw.trim().len()).min(1.0)
    }

    /// Bytes of the JSON objects and arrays which parse.
    pub fn json_spans(&self) -> &[Range<usize>] {
        self.json.get_or_init(|| json_spans(self.raw))
    }

    /// Similes (`like a …`, `as … as`, `as if`) per sentence.
    pub fn similes(&self) -> f32 {
        ratio(SIMILE.find_iter(self.raw).count(), self.sentences.len())
    }

    /// Share of words with two letters or more that are all capitals, 0..=1.
    pub fn capitals(&self) -> f32 {
        let both = |pair: &[u8]| pair.iter().all(u8::is_ascii_uppercase);
        if self.raw.is_ascii() && !self.raw.as_bytes().windows(2).any(both) {
            return 0.0;
        }
        let shouted = |w: &&str| w.chars().count() > 1 && w.chars().all(char::is_uppercase);
        ratio(self.raw.unicode_words().filter(shouted).count(), self.words.len())
    }

    /// Syllables per word, by groups of vowels; at least 1 for each word.
    pub fn syllables_per_word(&self) -> f32 {
        ratio(self.words.iter().map(|w| syllables(w)).sum(), self.words.len())
    }
}

/// In lower case, with a straight apostrophe.
fn lower(word: &str) -> String {
    if word.is_ascii() { word.to_ascii_lowercase() } else { word.to_lowercase().replace('’', "'") }
}

/// `part / whole`, 0 for nothing of nothing.
pub(super) fn ratio(part: usize, whole: usize) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

/// Splits one line into sentences. Cost: O(n), whatever stands in the line.
fn sentences(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    // Where the sentence starts, and whether it had no mark yet.
    let (mut start, mut first) = (0, true);
    let (mut at, ascii) = (0, line.is_ascii());
    let next = |rest: &[u8]| match ascii {
        true => memchr::memchr3(b'.', b'!', b'?', rest),
        // The last one begins `…`, and stands within no other character.
        false => rest.iter().position(|byte| matches!(byte, b'.' | b'!' | b'?' | 0xe2)),
    };
    while let Some(place) = next(&line.as_bytes()[at..]).map(|found| at + found) {
        let Some(c) = line[place..].chars().next() else { break };
        at = place + c.len_utf8();
        if !matches!(c, '.' | '!' | '?' | '…') {
            continue;
        }
        let closing =
            |c: char| matches!(c, '.' | '!' | '?' | '…' | '"' | '\'' | ')' | ']' | '”' | '’' | '*' | '`');
        let end = at + line[at..].find(|c| !closing(c)).unwrap_or(line.len() - at);
        at = end;
        let rest = &line[end..];
        let before = &line[start..place];
        // Only the first mark of a sentence can stand behind nothing but a number.
        let item = std::mem::take(&mut first) && is_number(before);
        if !rest.is_empty() && !rest.starts_with(char::is_whitespace) {
            continue;
        }
        let pause = line[place..end].starts_with("..") || c == '…';
        let lower = pause && rest.trim_start().starts_with(char::is_lowercase);
        let abbreviated = c == '.' && (item || is_abbreviation(before));
        if !(lower || abbreviated) {
            found.push(&line[start..end]);
            (start, first) = (end, true);
        }
    }
    found.push(&line[start..]);
    let has_word =
        |s: &&str| s.bytes().any(|byte| byte.is_ascii_alphanumeric()) || s.unicode_words().next().is_some();
    found.into_iter().map(str::trim).filter(has_word).collect()
}

/// Whether the text before a full stop is only the number of a list item.
fn is_number(before: &str) -> bool {
    let item = before.trim();
    !item.is_empty() && item.bytes().all(|b| b.is_ascii_digit())
}

/// Whether the text before a full stop ends in an abbreviation; reads no further back than the last word.
fn is_abbreviation(before: &str) -> bool {
    let ends = |abbreviation: &&str| {
        let cut = before.len().checked_sub(abbreviation.len()).filter(|cut| before.is_char_boundary(*cut));
        cut.filter(|cut| before[*cut..].eq_ignore_ascii_case(abbreviation))
    };
    ABBREVIATIONS.iter().filter_map(ends).any(|cut| {
        let head = before[..cut].trim_end_matches(['(', '"']);
        head.is_empty() || head.ends_with(char::is_whitespace)
    })
}

fn syllables(word: &str) -> usize {
    let vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
    let letters: Vec<char> = word.chars().collect();
    let groups =
        (0..letters.len()).filter(|&i| vowel(letters[i]) && (i == 0 || !vowel(letters[i - 1]))).count();
    let silent = word.ends_with('e') && !word.ends_with("le") && groups > 1;
    (groups - usize::from(silent)).max(1)
}

#[cfg(test)]
mod tests {
    use super::super::word_lists as lex;
    use super::*;

    #[test]
    fn sentences_may_start_in_lower_case_and_abbreviations_do_not_end_them() {
        let text = Text::new(
            "hi there. how are you? Dr. Bell said 3.5 is fine... mostly.\n1. First step\n(Stop!) Now",
        );
        assert_eq!(
            text.sentences(),
            [
                "hi there.",
                "how are you?",
                "Dr. Bell said 3.5 is fine... mostly.",
                "1. First step",
                "(Stop!)",
                "Now"
            ]
        );
    }

    #[test]
    fn lists_labels_code_and_json_are_seen() {
        let text = Text::new("Goal: sleep\n1. Go to bed\n- Read `x = f(y)`\nplain line");
        assert_eq!((text.list_share(), text.label_share()), (0.5, 0.25));
        assert!(text.code_marks() > 0.2);
        let json = Text::new(r#"{"name": "set_alarm", "arguments": {"time": "07:00"}}"#);
        assert_eq!(json.json_share(), 1.0);
        assert_eq!(Text::new("a {broken brace").json_share(), 0.0);
        assert_eq!(Text::new(&"[".repeat(5_000)).json_share(), 0.0);
    }

    #[test]
    fn words_keep_their_apostrophes_and_phrases_are_counted_once_a_place() {
        let text = Text::new("Don’t worry, kind of a kind of thing");
        assert_eq!(text.words()[0], "don't");
        assert_eq!(text.lexicon_share(lex::HEDGES), 2.0 / 8.0);
        assert_eq!(text.lexicon_share(lex::NEGATIONS), 1.0 / 8.0);
        assert_eq!(Text::new("").lexicon_share(lex::ARTICLES), 0.0);
    }

    #[test]
    fn capitals_need_two_letters_of_one_word() {
        assert_eq!(Text::new("STOP it NOW, A. B.").capitals(), 2.0 / 5.0);
        assert_eq!(Text::new("É À ÉÀ no").capitals(), 1.0 / 4.0);
        assert_eq!(Text::new("McDonald did").capitals(), 0.0);
    }

    #[test]
    fn the_type_token_ratio_does_not_fall_with_length() {
        let once = "the quick brown fox jumps over one lazy dog while nine grey geese watch from a frozen pond under \
                    heavy skies that promise snow before morning comes again ";
        let (short, long) = (Text::new(once).type_token_ratio(), once.repeat(4));
        assert!((short - Text::new(&long).type_token_ratio()).abs() < 0.2);
        assert_eq!(Text::new("like a stone. as cold as ice").similes(), 1.0);
    }
}
