//! Numbers as they stand in a text, without sign and unit: digits, and how they are parted.

use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

/// What parts thousands between digits, besides a plain space: comma, underscore, apostrophe, no-break, narrow no-break and thin
/// space.
const SEPARATORS: [char; 7] = [',', '_', '\'', '’', '\u{a0}', '\u{202f}', '\u{2009}'];

/// Digits with points and separators, one at a time, between them.
static RUN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let parted = SEPARATORS.iter().collect::<String>();
    Regex::new(&format!(r"\.?[0-9]+(?:[.{parted}][0-9]+)*(?:[eE][-+]?[0-9]+\b(?:[.{parted}][0-9]+)*)?")).ok()
});

/// One number of a text.
pub(super) struct Digits {
    /// Where it stands.
    pub place: Range<usize>,
    /// What it is; none where its separators do not say.
    pub value: Option<f64>,
}

/// All numbers of a text, by the rule of [`super::answer_number`]. Cost: O(n).
pub(super) fn digits(text: &str) -> Vec<Digits> {
    let doubled = |start: usize| text[..start].ends_with('.') && text[start..].starts_with('.');
    let runs = RUN.as_ref().into_iter().flat_map(|run| run.find_iter(text));
    // In `1..5` and `so...5` no point begins a number.
    let runs: Vec<Range<usize>> =
        runs.map(|run| run.start() + usize::from(doubled(run.start()))..run.end()).collect();
    let linked = |left: &Range<usize>, right: &Range<usize>| text.get(left.end..right.start) == Some(" ");
    let mut found = Vec::with_capacity(runs.len());
    for chain in runs.chunk_by(linked) {
        let (first, last) = (chain[0].start, chain[chain.len() - 1].end);
        if chain.len() > 1 && stands_alone(&text[..first]) && in_thousands(&text[first..last], ' ') {
            let value = value(&text[first..last].replace(' ', ""));
            found.push(Digits { place: first..last, value });
        } else {
            found.extend(
                chain.iter().map(|run| Digits { place: run.clone(), value: value(&text[run.clone()]) }),
            );
        }
    }
    found
}

/// Whether what stands before digits leaves them to be the first of a number: not `Q3 200`, `10:30 200` or `7-3 100`.
fn stands_alone(before: &str) -> bool {
    let mut before = before.chars().rev();
    match (before.next(), before.next()) {
        (None, _) => true,
        (Some(c), _) if c.is_alphanumeric() => false,
        (Some(c), Some(earlier)) => c.is_whitespace() || !earlier.is_ascii_digit(),
        (Some(_), None) => true,
    }
}

/// Whether digits, with a fraction or without, stand in groups of three: one to three digits that do not begin with 0, then three
/// after each separator.
fn in_thousands(run: &str, separator: char) -> bool {
    let (whole, fraction) = run.split_once('.').unwrap_or((run, "0"));
    let mut groups = whole.split(separator);
    let first = groups
        .next()
        .is_some_and(|group| (1..=3).contains(&group.len()) && are_digits(group) && !group.starts_with('0'));
    first && groups.all(|group| group.len() == 3 && are_digits(group)) && are_digits(fraction)
}

fn are_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a run of digits is; none where it could be several things, or is too large to be told.
fn value(run: &str) -> Option<f64> {
    let (mantissa, exponent) = run.split_once(['e', 'E']).unwrap_or((run, "0"));
    let plain = match mantissa.find(SEPARATORS).and_then(|at| mantissa[at..].chars().next()) {
        Some(separator) if in_thousands(mantissa, separator) => mantissa.replace(separator, ""),
        Some(_) => return None,
        None => mantissa.to_owned(),
    };
    format!("{plain}e{exponent}").parse().ok().filter(|value: &f64| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<Option<f64>> {
        digits(text).into_iter().map(|found| found.value).collect()
    }

    #[test]
    fn thousands_are_parted_by_one_kind_of_mark_and_three_digits() {
        for text in [
            "1,234,567",
            "1_234_567",
            "1'234'567",
            "1’234’567",
            "1 234 567",
            "1\u{a0}234\u{a0}567",
            "1\u{202f}234\u{202f}567",
            "1\u{2009}234\u{2009}567",
            "1234567",
            "1234.567e3",
            "is 1 234 567.",
        ] {
            assert_eq!(values(text), [Some(1_234_567.0)], "{text}");
        }
        assert_eq!(values("12,345.5 and 12 345.5"), [Some(12_345.5); 2]);
    }

    #[test]
    fn what_could_be_several_numbers_is_none_of_them() {
        for text in [
            "1,23",
            "1,2345",
            "12,34,567",
            "1234,567",
            "0,123",
            "1.234,5",
            "1,234_567",
            "1.2.3",
            "192.168.0.1",
            "1_23",
            "5'11",
            "1\u{a0}23",
            "3.141_592",
            "1e999",
            "1e5.2",
            "1,2,3",
        ] {
            assert_eq!(values(text), [None], "{text}");
        }
    }

    #[test]
    fn numbers_that_stand_apart_stay_apart() {
        for (text, apart) in [
            ("1, 234", [1.0, 234.0]),
            ("1  234", [1.0, 234.0]),
            ("1\n234", [1.0, 234.0]),
            ("1 23", [1.0, 23.0]),
            ("2019 300", [2019.0, 300.0]),
            ("1,234 567", [1234.0, 567.0]),
            ("0 123", [0.0, 123.0]),
            ("Q3 200", [3.0, 200.0]),
            ("1..5", [1.0, 5.0]),
            ("5' 11", [5.0, 11.0]),
        ] {
            assert_eq!(values(text), apart.map(Some), "{text}");
        }
        assert_eq!(values("10:30 200"), [10.0, 30.0, 200.0].map(Some));
        assert_eq!(values("wait...5"), [Some(5.0)]);
        assert_eq!(values("x=.5"), [Some(0.5)]);
    }
}
