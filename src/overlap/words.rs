//! A text's words, as hashes.

use twox_hash::XxHash64;

/// Adds the hashes of a text's words: runs of letters and digits, in lower case, as [`crate::suite::normalized`] has them; of
/// scripts without spaces each sign is a word.
pub(crate) fn words(text: &str, into: &mut Vec<u64>) {
    tokens(text, false, into);
}

/// The same, and signs that are no punctuation: `a + b` is another thing than `a - b`.
#[cfg(feature = "data")]
pub(crate) fn words_and_signs(text: &str, into: &mut Vec<u64>) {
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

/// A multiplication whose halves are folded: each bit of the number reaches most of the result.
fn mixed(x: u64) -> u64 {
    let wide = u128::from(x ^ 0x9e37_79b9_7f4a_7c15) * 0xa076_1d64_78bd_642f;
    // Both casts take a half.
    (wide as u64) ^ ((wide >> 64) as u64)
}
