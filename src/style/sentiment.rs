//! Sentiment by VADER's rules: valences of words, pressed, softened, negated and weighed.
//!
//! Hutto & Gilbert 2014, *VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text*.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use super::valence::{degree, degree_of_two, emoji, is_negation, phrase, valence};

/// Added where a word alone among others stands in capitals.
const CAPITALS: f64 = 0.733;
/// By what a negation multiplies.
const NEGATED: f64 = -0.74;
/// The sum of valences at which the compound is 1/√2, squared.
const ALPHA: f64 = 15.0;
/// What a degree adverb one, two or three words before counts.
const BY_DISTANCE: [f64; 3] = [1.0, 0.95, 0.9];

/// How positive and how negative a text sounds. All are 0 for a text without words or marks.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Sentiment {
    /// Sum of all valences, scaled to −1 (negative) to 1 (positive).
    pub compound: f64,
    /// Share of positive words, weighed, 0..=1.
    pub positive: f64,
    /// Share of neutral words, 0..=1; the three shares sum to 1.
    pub neutral: f64,
    /// Share of negative words, weighed, 0..=1.
    pub negative: f64,
}

/// A word or emoticon as the rules see it.
struct Token {
    lower: String,
    capitals: bool,
    valence: Option<f64>,
    degree: f64,
}

/// Sentiment of an English text, equal to that of vaderSentiment 3.3.2 before its rounding (compound to four places, shares
/// to three), its oddities with it. Cost: O(n log n).
pub fn sentiment(text: &str) -> Sentiment {
    let shown = with_words_for_emoji(text);
    let tokens: Vec<Token> = shown.split(is_space).filter(|part| !part.is_empty()).map(Token::new).collect();
    let shouted = tokens.iter().filter(|token| token.capitals).count();
    let mixed = 0 < shouted && shouted < tokens.len();
    let mut valences: Vec<f64> = (0..tokens.len()).map(|i| valence_at(&tokens, i, mixed)).collect();
    weigh_but(&tokens, &mut valences);
    summed(&valences, emphasis(&shown))
}

/// White space as Python sees it: with the four separators of ASCII.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

/// Emoji as words, set apart from what stands before them.
fn with_words_for_emoji(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut after_space = true;
    for c in text.chars() {
        if let Some(words) = emoji(c) {
            if !after_space {
                shown.push(' ');
            }
            shown.push_str(words);
            after_space = false;
        } else {
            shown.push(c);
            after_space = c == ' ';
        }
    }
    shown
}

impl Token {
    /// Punctuation around a word is dropped; what has two characters or fewer without it is taken for an emoticon.
    fn new(part: &str) -> Self {
        let stripped = part.trim_matches(|c: char| c.is_ascii_punctuation());
        let word = if stripped.chars().nth(2).is_none() { part } else { stripped };
        let lower = word.to_lowercase();
        let (valence, degree) = (valence(&lower), degree(&lower));
        Self { capitals: is_upper(word), lower, valence, degree }
    }
}

/// All letters that have cases are capitals, and there is one.
fn is_upper(word: &str) -> bool {
    // A title-case letter is neither upper nor lower, but has a lower case.
    let other = |c: char| c.is_lowercase() || !c.is_uppercase() && c.to_lowercase().ne([c]);
    word.chars().any(char::is_uppercase) && !word.chars().any(other)
}

fn valence_at(tokens: &[Token], i: usize, mixed: bool) -> f64 {
    let token = &tokens[i];
    let lower = |place: usize| tokens[place].lower.as_str();
    let next = tokens.get(i + 1);
    if token.degree != 0.0 || lower(i) == "kind" && next.is_some_and(|n| n.lower == "of") {
        return 0.0;
    }
    let Some(own) = token.valence else { return 0.0 };
    // `no` before a word with a valence negates that word, and has no valence of its own.
    let mut valence = own;
    if lower(i) == "no" && next.is_some_and(|n| n.valence.is_some()) {
        valence = 0.0;
    }
    let no = |back: usize| i >= back && lower(i - back) == "no";
    if no(1) || no(2) || no(3) && matches!(lower(i - 1), "or" | "nor") {
        valence = own * NEGATED;
    }
    if token.capitals && mixed {
        valence += if valence > 0.0 { CAPITALS } else { -CAPITALS };
    }
    for back in 1..=i.min(3) {
        let before = &tokens[i - back];
        if before.valence.is_some() {
            continue;
        }
        valence += BY_DISTANCE[back - 1] * pressed(before, valence, mixed);
        valence = negated(valence, tokens, back, i);
        if back == 3 {
            valence = with_phrases(valence, tokens, i);
        }
    }
    let least = i > 0 && tokens[i - 1].valence.is_none() && lower(i - 1) == "least";
    if least && !(i > 1 && matches!(lower(i - 2), "at" | "very")) {
        valence *= NEGATED;
    }
    valence
}

/// What a degree adverb adds to a valence; the sign is that of the valence.
fn pressed(adverb: &Token, valence: f64, mixed: bool) -> f64 {
    if adverb.degree == 0.0 {
        return 0.0;
    }
    let step = if valence < 0.0 { -adverb.degree } else { adverb.degree };
    match adverb.capitals && mixed {
        true if valence > 0.0 => step + CAPITALS,
        true => step - CAPITALS,
        false => step,
    }
}

/// The valence at `i` after a look at the word `back` places before it.
fn negated(valence: f64, tokens: &[Token], back: usize, i: usize) -> f64 {
    let lower = |back: usize| tokens[i - back].lower.as_str();
    let so = |back: usize| matches!(lower(back), "so" | "this");
    let never = match back {
        2 => lower(2) == "never" && so(1),
        // As the reference reads: `so` right before the word counts without `never` too.
        3 => lower(3) == "never" && so(2) || so(1),
        _ => false,
    };
    let doubt = match back {
        2 => lower(2) == "without" && lower(1) == "doubt",
        3 => lower(3) == "without" && (lower(2) == "doubt" || lower(1) == "doubt"),
        _ => false,
    };
    match () {
        () if never => valence * 1.25,
        () if doubt => valence,
        () if is_negation(lower(back)) => valence * NEGATED,
        () => valence,
    }
}

/// The valence at `i` where it is part of a phrase of [`phrase`], or behind a degree adverb of two words.
fn with_phrases(valence: f64, tokens: &[Token], i: usize) -> f64 {
    let words: Vec<&str> =
        tokens[i - 3..tokens.len().min(i + 3)].iter().map(|token| token.lower.as_str()).collect();
    let behind = [&words[2..4], &words[1..4], &words[1..3], &words[0..3], &words[0..2]];
    let mut valence = behind.into_iter().find_map(phrase).unwrap_or(valence);
    for end in 5..=words.len() {
        valence = phrase(&words[3..end]).unwrap_or(valence);
    }
    valence + degree_of_two(words[0], words[1]) + degree_of_two(words[1], words[2])
}

/// Halves what stands before the first `but` and adds half to what stands behind it.
///
/// The reference finds each valence's place as that of the first equal valence, so of equal ones the first that is
/// still unchanged is scaled, by where it stands.
fn weigh_but(tokens: &[Token], valences: &mut [f64]) {
    let Some(but) = tokens.iter().position(|token| token.lower == "but") else { return };
    let mut places: HashMap<u64, BTreeSet<usize>> = HashMap::new();
    for (place, valence) in valences.iter().enumerate().filter(|(_, valence)| **valence != 0.0) {
        places.entry(valence.to_bits()).or_default().insert(place);
    }
    for at in 0..valences.len() {
        let valence = valences[at];
        let Some(equal) = places.get_mut(&valence.to_bits()) else { continue };
        let Some(&place) = equal.first() else { continue };
        if place != but {
            equal.remove(&place);
            valences[place] = valence * if place < but { 0.5 } else { 1.5 };
            places.entry(valences[place].to_bits()).or_default().insert(place);
        }
    }
}

/// What exclamation marks (four at most) and question marks (from two on) add to the stronger side.
fn emphasis(text: &str) -> f64 {
    let count = |mark: char| text.matches(mark).count();
    let questions = match count('?') {
        0 | 1 => 0.0,
        few @ 2..=3 => few as f64 * 0.18,
        _ => 0.96,
    };
    count('!').min(4) as f64 * 0.292 + questions
}

fn summed(valences: &[f64], emphasis: f64) -> Sentiment {
    if valences.is_empty() {
        return Sentiment { compound: 0.0, positive: 0.0, neutral: 0.0, negative: 0.0 };
    }
    let sum: f64 = valences.iter().sum();
    let sum = if sum == 0.0 { sum } else { sum + emphasis.copysign(sum) };
    let (mut positive, mut negative, mut neutral) = (0.0, 0.0, 0.0);
    for &valence in valences {
        // One more a word, since a neutral word counts as one.
        match valence {
            v if v > 0.0 => positive += v + 1.0,
            v if v < 0.0 => negative += 1.0 - v,
            _ => neutral += 1.0,
        }
    }
    if positive > negative {
        positive += emphasis;
    } else if positive < negative {
        negative += emphasis;
    }
    let total = positive + negative + neutral;
    Sentiment {
        compound: (sum / (sum * sum + ALPHA).sqrt()).clamp(-1.0, 1.0),
        positive: positive / total,
        neutral: neutral / total,
        negative: negative / total,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_moves_the_compound_to_its_side() {
        let compound = |text: &str| sentiment(text).compound;
        assert!(compound("The soup is good.") > 0.4 && compound("The soup is not good.") < 0.0);
        assert!(compound("The soup is very good.") > compound("The soup is good."));
        assert!(compound("The soup is somewhat good.") < compound("The soup is good."));
        assert!(compound("The soup is GOOD.") > compound("The soup is good."));
        assert!(compound("The soup is good!!") > compound("The soup is good."));
        assert!(compound("The soup is good, but the bread is bad.") < 0.0);
        assert!(compound("😀") > 0.0 && compound(":)") > 0.0);
        assert_eq!(compound("The soup stands on the table."), 0.0);
    }

    #[test]
    fn shares_sum_to_one_and_nothing_has_none() {
        let found = sentiment("I love this, and hate that, you know.");
        assert!((found.positive + found.neutral + found.negative - 1.0).abs() < 1e-12);
        assert_eq!(sentiment(" \u{1c}\n").neutral, 0.0);
    }
}
