//! Repetition: n-grams that come again, and the longest stretch of words that does.

use std::collections::HashSet;

/// Words in an n-gram (Welleck et al. 2020 report n = 4).
const GRAM: usize = 4;

/// Share of 4-grams that stood in the text before, 0 to below 1: 1 − distinct/all (seq-rep-4, Welleck et al. 2020,
/// *Neural Text Generation with Unlikelihood Training*); absent below four words.
///
/// `words` are numbers, equal where the words are.
pub(super) fn repeated_grams(words: &[u32]) -> Option<f64> {
    let grams = words.windows(GRAM);
    let all = grams.len();
    let distinct: HashSet<[u32; GRAM]> = grams.filter_map(|gram| gram.try_into().ok()).collect();
    (all > 0).then(|| 1.0 - distinct.len() as f64 / all as f64)
}

/// Length in words of the longest stretch that stands in the text twice; the two may overlap. Absent for no words.
///
/// By the suffix array (prefix doubling, Manber & Myers 1993) and its common prefixes (Kasai et al. 2001):
/// O(n log² n), also where one word fills the text.
pub(super) fn longest_repeat(words: &[u32]) -> Option<usize> {
    let n = words.len();
    if n == 0 {
        return None;
    }
    let mut order: Vec<usize> = (0..n).collect();
    // Ranks count from 1, so that 0 is left for what lies behind the end.
    let mut rank: Vec<usize> = words.iter().map(|word| *word as usize + 1).collect();
    let mut length = 1;
    loop {
        let key = |i: usize| (rank[i], rank.get(i + length).copied().unwrap_or(0));
        order.sort_unstable_by_key(|&i| key(i));
        let mut next = vec![1; n];
        for pair in order.windows(2) {
            next[pair[1]] = next[pair[0]] + usize::from(key(pair[0]) != key(pair[1]));
        }
        rank = next;
        if rank[order[n - 1]] == n {
            break;
        }
        length *= 2;
    }
    let (mut longest, mut common) = (0, 0);
    for i in 0..n {
        let place = rank[i] - 1;
        if place == 0 {
            common = 0;
            continue;
        }
        let j = order[place - 1];
        while i + common < n && j + common < n && words[i + common] == words[j + common] {
            common += 1;
        }
        longest = longest.max(common);
        common = common.saturating_sub(1);
    }
    Some(longest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_comes_again_is_counted_once_less_than_it_stands() {
        assert_eq!(repeated_grams(&[1, 2, 3]), None);
        assert_eq!(repeated_grams(&[1, 2, 3, 4, 5]), Some(0.0));
        assert_eq!(repeated_grams(&[1, 2, 3, 4, 9, 1, 2, 3, 4]), Some(1.0 - 5.0 / 6.0));
        assert_eq!(longest_repeat(&[]), None);
        assert_eq!(longest_repeat(&[7]), Some(0));
        assert_eq!(longest_repeat(&[1, 2, 3, 4, 9, 1, 2, 3, 4]), Some(4));
        assert_eq!(longest_repeat(&[5; 1_000]), Some(999));
    }

    proptest! {
        #[test]
        fn the_longest_repeat_is_what_a_search_of_all_stretches_finds(words in prop::collection::vec(0u32..4, 0..40)) {
            let twice = |l: usize| {
                let stretches: Vec<&[u32]> = words.windows(l).collect();
                (0..stretches.len()).any(|i| stretches[..i].contains(&stretches[i]))
            };
            let found = (1..=words.len()).rev().find(|l| twice(*l)).unwrap_or(0);
            prop_assert_eq!(longest_repeat(&words), (!words.is_empty()).then_some(found));
        }
    }
}
