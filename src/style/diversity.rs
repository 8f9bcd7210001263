//! Lexical diversity that hardly depends on the length of the text: MTLD and HD-D.

/// Type-token ratio at which a factor of MTLD ends (McCarthy & Jarvis 2010, p. 385).
const FACTOR_ENDS: f64 = 0.72;
/// Words that a factor of MTLD has at least.
const LEAST_OF_FACTOR: u32 = 10;
/// Words that HD-D draws (McCarthy & Jarvis 2007, p. 466).
const DRAWS: usize = 42;
/// Words below which both indices are absent: from 50 on they are stable (Zenker & Kyle 2021, *Assessing Writing* 47).
pub const LEAST_WORDS: usize = 50;

/// Measure of textual lexical diversity (McCarthy & Jarvis 2010), in words, above 0: the mean length of the stretches in
/// which the share of distinct words stays at 0.72 or above, forwards and backwards.
///
/// A stretch ends with the word that brings the share below 0.72, and has ten words at least; what is left at the end
/// counts as the part of a stretch that it has used up, (1 − share)/(1 − 0.72), as in TAALED (Kyle et al. 2021). Absent
/// below [`LEAST_WORDS`], and where no word comes twice: the measure has no upper end then. Words are numbers below
/// `distinct`, equal where the words are. Cost: O(n).
pub fn mtld(words: &[u32], distinct: usize) -> Option<f64> {
    if words.len() < LEAST_WORDS {
        return None;
    }
    let forwards = factors(words.iter(), distinct);
    let backwards = factors(words.iter().rev(), distinct);
    let length = words.len() as f64;
    (forwards > 0.0 && backwards > 0.0).then(|| (length / forwards + length / backwards) / 2.0)
}

fn factors<'a>(words: impl ExactSizeIterator<Item = &'a u32>, distinct: usize) -> f64 {
    // The stretch in which each word stood last, counted from 1.
    let mut seen = vec![0u32; distinct];
    let (mut stretch, mut types, mut tokens, mut factors) = (1, 0u32, 0u32, 0.0);
    let last = words.len() - 1;
    for (place, &word) in words.enumerate() {
        let stood = &mut seen[word as usize];
        types += u32::from(*stood != stretch);
        *stood = stretch;
        tokens += 1;
        let share = f64::from(types) / f64::from(tokens);
        if place == last {
            factors += (1.0 - share) / (1.0 - FACTOR_ENDS);
        } else if share < FACTOR_ENDS && tokens >= LEAST_OF_FACTOR {
            factors += 1.0;
            stretch += 1;
            (types, tokens) = (0, 0);
        }
    }
    factors
}

/// HD-D (McCarthy & Jarvis 2007), 0 to 1: the type-token ratio to expect in 42 words drawn from the text.
///
/// Σ over distinct words (1 − P(none of its f places is among 42 of n))/42, by the hypergeometric distribution. Absent
/// below [`LEAST_WORDS`]. Words are numbers below `distinct`. Cost: O(n).
pub fn hd_d(words: &[u32], distinct: usize) -> Option<f64> {
    let n = words.len();
    if n < LEAST_WORDS {
        return None;
    }
    let mut counts = vec![0usize; distinct];
    words.iter().for_each(|&word| counts[word as usize] += 1);
    let missed = |count: usize| {
        // C(n − f, 42)/C(n, 42) = C(n − 42, f)/C(n, f): the shorter product of the two.
        let (steps, other) = (count.min(DRAWS), count.max(DRAWS));
        if count + DRAWS > n {
            return 0.0;
        }
        (0..steps).map(|i| (n - other - i) as f64 / (n - i) as f64).product::<f64>()
    };
    let once = missed(1);
    let drawn = counts.iter().filter(|count| **count > 0).map(|&count| match count {
        1 => 1.0 - once,
        _ => 1.0 - missed(count),
    });
    Some(drawn.sum::<f64>() / DRAWS as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_one_word_has_the_least_diversity_and_one_without_repeats_no_mtld() {
        // Five stretches of ten words, and ten words at the end whose share of distinct words is 0.1.
        let expected = 60.0 / (5.0 + 0.9 / 0.28);
        assert!((mtld(&[0; 60], 1).expect("long enough") - expected).abs() < 1e-9);
        assert!((hd_d(&[0; 60], 1).expect("long enough") - 1.0 / 42.0).abs() < 1e-12);
        let all: Vec<u32> = (0..60).collect();
        assert_eq!(mtld(&all, 60), None);
        assert!((hd_d(&all, 60).expect("long enough") - 1.0).abs() < 1e-12);
        assert_eq!((mtld(&[0; 49], 1), hd_d(&[0; 49], 1)), (None, None));
    }

    #[test]
    fn hd_d_is_the_hypergeometric_expectation() {
        // 50 words, one of them twice: a word is missed by 42 of 50 with C(49,42)/C(50,42) = 8/50, a double one with
        // C(48,42)/C(50,42) = 8·7/(50·49).
        let words: Vec<u32> = (0..49).chain([0]).collect();
        let expected = (48.0 * (1.0 - 0.16) + 1.0 - 56.0 / 2450.0) / 42.0;
        assert!((hd_d(&words, 49).expect("long enough") - expected).abs() < 1e-12);
    }
}
