//! Syllables of English words, from their spelling.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Words that no rule below gets right, by count.
const EXCEPTIONS: [(usize, &str); 4] = [
    (1, "does goes shoe shoes real eye eyes tongue tongues vague plague plagues"),
    (
        2,
        "people peoples every evening evenings business hundred hundreds psyche maybe mr mrs being beings doing going \
         really colonel beyond create creates poem poems poet poets science sciences via lion lions giant giants diet \
         diets ruin ruins naive cafe wednesday naked wicked sacred hatred wretched crooked rhythm rhythms chocolate \
         chocolates different difference boredom tired",
    ),
    (
        3,
        "area areas idea ideas businesses recipe recipes element elements created poetry scientist scientists caveat \
         caveats sesame beloved vegetable vegetables comfortable camera interesting temperature favourite favorite \
         family anyone",
    ),
    (4, "apostrophe epitome catastrophe scientific society variety anxiety hyperbole"),
];

/// Second parts of compounds and derived words, with their syllables: the `e` before them is as silent as at an end.
const SECOND_PARTS: [(&str, usize); 40] = [
    ("ly", 1),
    ("ful", 1),
    ("less", 1),
    ("ness", 1),
    ("ment", 1),
    ("ments", 1),
    ("ty", 1),
    ("some", 1),
    ("self", 1),
    ("man", 1),
    ("men", 1),
    ("one", 1),
    ("body", 2),
    ("thing", 1),
    ("things", 1),
    ("where", 1),
    ("how", 1),
    ("what", 1),
    ("fore", 1),
    ("time", 1),
    ("times", 1),
    ("work", 1),
    ("word", 1),
    ("line", 1),
    ("lines", 1),
    ("case", 1),
    ("cast", 1),
    ("casts", 1),
    ("side", 1),
    ("stone", 1),
    ("book", 1),
    ("board", 1),
    ("ground", 1),
    ("load", 1),
    ("loads", 1),
    ("store", 1),
    ("place", 1),
    ("port", 1),
    ("light", 1),
    ("house", 1),
];

static KNOWN: LazyLock<HashMap<&'static [u8], usize>> = LazyLock::new(|| {
    let words = |(count, list): &(usize, &'static str)| {
        let count = *count;
        list.split_whitespace().map(move |word| (word.as_bytes(), count)).collect::<Vec<_>>()
    };
    EXCEPTIONS.iter().flat_map(words).collect()
});

/// Syllables of a lower-cased word, at least 1; what is not an English word in Latin letters counts as 1.
///
/// Groups of vowels, less a silent `e` (`named`, `minutes`, `safety`), and more where two vowels that stand together
/// are spoken apart (`radio`, `experience`, `obvious`). Compounds are counted part by part. Rules and exceptions were
/// written against the counts of the CMU Pronouncing Dictionary on the corpus' words:
/// `fixtures/golden/style/agreement.json` tells how often they agree with it, beside the two older ways of counting.
pub fn syllables(word: &str) -> usize {
    let (word, spoken) = match word.split_once('\'') {
        _ if ["can't", "won't", "don't", "shan't"].contains(&word) => return 1,
        _ if word.ends_with("n't") => {
            let verb = &word[..word.len() - 3];
            (verb, usize::from(verb.ends_with(['d', 's', 't'])))
        }
        Some((head, "ll")) => (head, usize::from(!head.ends_with(['a', 'e', 'i', 'o', 'u', 'y']))),
        Some((head, "s")) => {
            let hisses = ["s", "x", "z", "sh", "ch", "ce", "ge", "se"].iter().any(|end| head.ends_with(end));
            (head, usize::from(hisses))
        }
        Some((head, _)) => (head, 0),
        None => (word, 0),
    };
    (of_stem(word.as_bytes()) + spoken).max(1)
}

/// Words that are longer are in no list.
const LONGEST_KNOWN: usize = 16;

fn of_stem(word: &[u8]) -> usize {
    let (mut word, mut parts) = (word, 0);
    // Where its first vowel stands, found anew only where a beginning that has one is cut off: O(n) for any word.
    let vowel_of = |word: &[u8]| word.iter().position(|letter| is_vowel(*letter)).unwrap_or(word.len());
    let mut vowel = vowel_of(word);
    loop {
        if word.len() <= LONGEST_KNOWN
            && let Some(&count) = KNOWN.get(word)
        {
            return parts + count;
        }
        if let Some(rest @ [_, ..]) = word.strip_prefix(b"every") {
            (word, parts, vowel) = (rest, parts + 2, vowel_of(rest));
        } else if let Some((first, count)) = second_part(word, vowel) {
            (word, parts) = (first, parts + count);
        } else {
            return parts + of_part(word);
        }
    }
}

/// What stands before a second part, with its own `e` at its end, and the part's syllables; `vowel` is the word's first.
fn second_part(word: &[u8], vowel: usize) -> Option<(&[u8], usize)> {
    SECOND_PARTS.iter().find_map(|(part, count)| {
        let first = word.strip_suffix(part.as_bytes())?;
        let [start @ .., before, b'e'] = first else { return None };
        (!is_vowel(*before) && vowel < start.len()).then_some((first, *count))
    })
}

fn of_part(word: &[u8]) -> usize {
    let (mut count, mut in_group) = (0, false);
    for place in 0..word.len() {
        let vowel = is_vowel(word[place]) && !is_glide(word, place);
        count += match (vowel, in_group) {
            (true, false) => 1,
            (true, true) => usize::from(is_hiatus(word, place)),
            _ => 0,
        };
        in_group = vowel;
    }
    if count > 1 && has_silent_e(word) {
        count -= 1;
    }
    if word.ends_with(b"sm") || word.ends_with(b"thm") {
        count += 1;
    }
    count.max(1)
}

fn is_vowel(letter: u8) -> bool {
    matches!(letter, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// The `y` of `yes` and `layer`, the `u` of `quick`: vowel letters that open a syllable as consonants do.
fn is_glide(word: &[u8], place: usize) -> bool {
    let before = place.checked_sub(1).map(|i| word[i]);
    match word[place] {
        b'y' => {
            matches!(before, None | Some(b'a' | b'e' | b'o'))
                && matches!(word.get(place + 1), Some(b'a' | b'e' | b'i' | b'o' | b'u'))
                // `stayed`, `eyes`: the ending is silent, and nothing is opened.
                && !matches!(&word[place + 1..], b"ed" | b"es" | b"e")
        }
        b'u' => before == Some(b'q'),
        _ => false,
    }
}

/// Whether the vowel at `place` is spoken apart from the vowel before it.
fn is_hiatus(word: &[u8], place: usize) -> bool {
    let rest = &word[place..];
    let opens = |starts: &[&str]| starts.iter().any(|start| rest.starts_with(start.as_bytes()));
    // The letter before the pair; inside a word `ci`, `ti`, `si`, `gi` and `xi` are one sound.
    let head = place.checked_sub(2).map(|i| word[i]);
    let soft = place > 2 && matches!(head, Some(b'c' | b't' | b's' | b'g' | b'x'));
    match (word[place - 1], word[place]) {
        (b'i', b'a') => {
            let ends = rest.len() == 1 || opens(&["al", "an"]);
            !(soft && ends || head.is_some_and(is_vowel) || opens(&["age"]))
        }
        (b'i', b'o') => {
            let ends = matches!(rest, b"on" | b"ons") && matches!(head, Some(b'l' | b'n'));
            !(soft && opens(&["on", "ou"]) || ends)
        }
        (b'i', b'u') => true,
        (b'i', b'e') => {
            let ends = matches!(rest, b"er" | b"ers" | b"est") && !head.is_some_and(is_vowel) && place > 2;
            let science = opens(&["ence", "ent"]) && !(place > 2 && matches!(head, Some(b'c' | b't')));
            ends || science || opens(&["ety", "eti"]) || rest == b"et"
        }
        (b'e', b'o') => !(opens(&["ou", "op"]) || head == Some(b'g') && place > 2),
        (b'e', b'i') => matches!(rest, b"ing" | b"ings"),
        (b'e', b'u') => opens(&["um", "us"]),
        (b'u', b'a') => opens(&["al", "at", "ar"]) && head != Some(b'g'),
        (b'u', b'o') => opens(&["ous"]),
        (b'u', b'e') => opens(&["el", "et", "en"]) && head != Some(b'g'),
        (b'u', b'i') => {
            opens(&["ing", "ity", "itive", "ition", "id", "in"])
                && !opens(&["ide"])
                && !matches!(head, Some(b'g' | b'b'))
        }
        (b'y', b'i') => opens(&["ing"]),
        (b'y', b'a') => head.is_some_and(|letter| !is_vowel(letter)),
        (b'y', b'e') => matches!(rest, b"er" | b"ers") && head.is_some_and(|letter| !is_vowel(letter)),
        (b'o', b'i') => matches!(rest, b"ing" | b"ings"),
        (b'o', b'e') => opens(&["em", "et"]),
        (b'o', b'o') => opens(&["operat", "ordin"]),
        (b'a', b'o') => true,
        (b'a', b'i') => opens(&["ic"]),
        _ => false,
    }
}

/// Whether the last `e`, alone or in `-ed` and `-es`, is written and not spoken.
fn has_silent_e(word: &[u8]) -> bool {
    // Syllabic l, and r as the British spell it: `table`, `metre`.
    let keeps = |before: &[u8]| match before {
        [.., other, b'l'] => !is_vowel(*other) && *other != b'l' && *other != b'r' && *other != b'w',
        [.., b'c' | b't', b'r'] => true,
        _ => false,
    };
    match word {
        [before @ .., last, b'e'] => !is_vowel(*last) && !keeps(&word[..before.len() + 1]),
        [before @ .., last, b'e', b'd'] => {
            let stem = &word[..before.len() + 1];
            !(matches!(last, b't' | b'd') || is_vowel(*last) || keeps(stem) || stem.ends_with(b"dr"))
        }
        [before @ .., last, b'e', b's'] => {
            let stem = &word[..before.len() + 1];
            let hisses = matches!(last, b's' | b'x' | b'z' | b'c' | b'g')
                || stem.ends_with(b"ch")
                || stem.ends_with(b"sh");
            !(hisses || is_vowel(*last) || keeps(stem))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silent_endings_and_vowels_spoken_apart_are_counted_as_they_are_spoken() {
        let spoken = [
            (1, "named makes while whole stayed can't years through strength"),
            (
                2,
                "minutes table settled therefore didn't lion quiet layer something safety chaos wanted boxes",
            ),
            (3, "radio somebody obvious everything idea usual"),
            (4, "experience evaluate situation everybody information"),
        ];
        for (count, words) in spoken {
            for word in words.split(' ') {
                assert_eq!(syllables(word), count, "{word}");
            }
        }
    }

    #[test]
    fn anything_has_one_syllable_at_least() {
        for word in ["", "'", "n't", "x", "75", "日本", "ß", "e", "es", "ed", "'s", "ñ"] {
            assert_eq!(syllables(word), 1, "{word:?}");
        }
    }
}
