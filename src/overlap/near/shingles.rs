//! A text's words and shingles, as hashes.

use twox_hash::XxHash64;

/// Words of a shingle.
const SHINGLE: usize = 3;

/// Adds the hashes of a text's words: runs of letters and digits, in lower case, as [`crate::suite::normalized`] has them; of
/// scripts without spaces each sign is a word.
pub(crate) fn words(text: &str, into: &mut Vec<u64>) {
    tokens(text, false, into);
}

/// The same, and signs that are no punctuation: `a + b` is another thing than `a - b`.
pub(super) fn words_and_signs(text: &str, into: &mut Vec<u64>) {
    tokens(text, true, into);
}

fn tokens(text: &str, signs: bool, into: &mut Vec<u64>) {
    let mut begun: Option<usize> = None;
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let in_word = c.is_alphanumeric() && !stands_alone(c);
        match (in_word, begun) {
            (true, None) => begun = Some(at),
            (false, Some(from)) => {
                into.push(hash(&text[from..at]));
                begun = None;
            }
            _ => {}
        }
        if !in_word && (c.is_alphanumeric() || (signs && is_sign(before, c))) {
            into.push(hash(&text[at..at + c.len_utf8()]));
        }
        before = c;
    }
    into.extend(begun.map(|from| hash(&text[from..])));
}

fn hash(word: &str) -> u64 {
    let mut lowered = [0_u8; 64];
    if word.len() > lowered.len() || !word.is_ascii() {
        return XxHash64::oneshot(0, word.to_lowercase().as_bytes());
    }
    let lower = &mut lowered[..word.len()];
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    XxHash64::oneshot(0, lower)
}

/// Signs of scripts that put no space between words: Thai to Burmese and Khmer, kana and Han.
fn stands_alone(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// What is neither white space nor what prose is punctuated with. A hyphen is a minus where white space stands before it.
fn is_sign(before: char, c: char) -> bool {
    match c {
        '-' => before.is_whitespace(),
        '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '"' | '(' | ')' | '_' | '`' | '…' | '“' | '”' | '‘'
        | '’' | '–' | '—' => false,
        c => !c.is_whitespace() && !c.is_control(),
    }
}

/// One hash of several words, in their order.
pub(crate) fn together(words: &[u64]) -> u64 {
    words.iter().fold(words.len() as u64, |hash, word| mixed(hash.rotate_left(23) ^ word))
}

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

/// A multiplication whose halves are folded: each bit of the number reaches most of the result.
fn mixed(x: u64) -> u64 {
    let wide = u128::from(x ^ 0x9e37_79b9_7f4a_7c15) * 0xa076_1d64_78bd_642f;
    // Both casts take a half.
    (wide as u64) ^ ((wide >> 64) as u64)
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
        super::words("a + b", &mut words);
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
