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
    // In `1..5`, `so...5` and `No.5` no point begins a number.
    let begins = |start: usize| {
        let before = text[..start].chars().next_back();
        !text[start..].starts_with('.') || !before.is_some_and(|c| c == '.' || c.is_alphabetic())
    };
    let runs = RUN.as_ref().into_iter().flat_map(|run| run.find_iter(text));
    let runs: Vec<Range<usize>> =
        runs.map(|run| run.start() + usize::from(!begins(run.start()))..run.end()).collect();
    let mut found: Vec<Digits> = Vec::with_capacity(runs.len());
    let mut rest = &runs[..];
    while let Some(first) = rest.first() {
        let groups = groups(text, rest);
        let place = first.start..rest[groups - 1].end;
        let digits = &text[place.clone()];
        let value = match groups {
            1 => value(digits),
            _ if is_said_to_be_one(text, &place) => value(&digits.replace(' ', "")),
            _ => None,
        };
        found.push(Digits { place, value });
        rest = &rest[groups..];
    }
    found
}

/// How many of the runs, from the first on, may be one number whose thousands plain spaces part: `1 234 567` is three.
fn groups(text: &str, runs: &[Range<usize>]) -> usize {
    let after_letter = text[..runs[0].start].ends_with(|c: char| c.is_alphabetic() || c == ':');
    let mut groups = 1;
    while let Some(next) = runs.get(groups).filter(|_| !after_letter) {
        let parted = text.get(runs[groups - 1].end..next.start) == Some(" ");
        if !parted || !in_thousands(&text[runs[0].start..next.end], ' ') {
            break;
        }
        groups += 1;
    }
    groups
}

/// Whether what stands around digits in groups says that they are one number: a sign of currency or `=` before them, or nothing
/// but a unit around. `95 100 100` in a sentence may as well be three.
fn is_said_to_be_one(text: &str, place: &Range<usize>) -> bool {
    let before = text[..place.start].trim_end_matches([' ', '-', '−']);
    before.ends_with(['=', '$', '€', '£', '¥'])
        || before.trim_start().is_empty() && text[place.end..].split_whitespace().count() <= 1
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
            "= 1 234 567.",
            " $1 234 567 are a lot",
            "1 234 567 km",
        ] {
            assert_eq!(values(text), [Some(1_234_567.0)], "{text}");
        }
        assert_eq!(values("12,345.5 and $12 345.5"), [Some(12_345.5); 2]);
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
            "of 1 234 567.",
            "scores: 95 100 100",
            "May 5 300 people came",
            "3 200 g packs",
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
            ("1 2345", [1.0, 2345.0]),
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
        assert_eq!(values("No.5"), [Some(5.0)]);
        assert_eq!(values("in 2023 1 200 people"), [Some(2023.0), None]);
        assert_eq!(values("10 000–12 000"), [None, None]);
        assert_eq!(values("2×1 250"), [Some(2.0), None]);
        assert_eq!(values("7 80 000"), [Some(7.0), None]);
        assert_eq!(values("x=.5"), [Some(0.5)]);
    }
}
