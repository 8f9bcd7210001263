//! The number that an answer ends in.

use super::digits::digits;
use regex::Regex;
use std::ops::Range;
use std::sync::LazyLock;

static MARKED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"#### *([-−]?[$€£¥]?[0-9.][0-9.,]*)").ok());

/// Signs of currency that stand between a minus sign and its number.
const CURRENCIES: [char; 4] = ['$', '€', '£', '¥'];

/// The number that an answer gives, in the first of `units` (each a spelling and what one of it is worth; an empty spelling is a
/// number without a unit). None where there is no number, or none with a unit that is asked for.
///
/// It is the first number that stands right after `####`, as solutions of GSM8K end (Cobbe et al. 2021), else the one in the last
/// `\boxed{…}`, which must hold a plain number, else the last of the text. A minus sign counts where it does not stand between two
/// terms: `7-3` ends in 3, `= -2` in −2. A unit stands after its number, or, as `$` does, right before it; a number with a unit
/// goes before one without.
///
/// **Separators.** A point begins the fraction. Thousands may be parted by commas, underscores, apostrophes, no-break, narrow
/// no-break or thin spaces: by one kind, with one to three digits first (no 0 before them), then three each time. Plain spaces
/// part them where a sign of currency or `=` stands before the number, or it is the whole answer but for a unit; elsewhere
/// (`on May 5 300 people`, `95 100 100`) such groups could be several numbers, as could digits parted otherwise (`1,23`,
/// `1.234,5`, `1.2.3`, `5'11`): where the number that counts is such a one, there is no number, rather than a part of it or one
/// before it. A plain space between other digits stands between two numbers (`1 23`, `2019 300`, `Q3 200`). LaTeX's `{,}` and
/// `\,` part thousands too.
pub fn answer_number(text: &str, units: &[(String, f64)]) -> Option<f64> {
    let text = &text.replace("{,}", ",").replace(r"\,", "\u{2009}");
    let marked = MARKED.as_ref().and_then(|m| m.captures(text)).and_then(|c| c.get(1));
    if let Some(marked) = marked {
        // The unit may follow the number, up to the end of its line.
        let line = text[marked.start()..].lines().next().unwrap_or_default();
        return numbers(line, units).first().copied().flatten();
    }
    match boxed(text) {
        Some(inside) => plain(inside).and_then(|inside| numbers(&inside, units).last().copied().flatten()),
        None => numbers(text, units).last().copied().flatten(),
    }
}

/// The inside of the last `\boxed{…}`, braces within it matched.
fn boxed(text: &str) -> Option<&str> {
    let (_, rest) = text.rsplit_once(r"\boxed{")?;
    let mut open = 1;
    let end = rest.char_indices().find(|(_, c)| {
        open += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        open == 0
    });
    end.map(|(end, _)| &rest[..end])
}

/// LaTeX without what only sets a number; none where it computes one, such as a fraction or a power.
fn plain(inside: &str) -> Option<String> {
    let marks = [
        (r"\$", "$"),
        (r"\%", "%"),
        (r"\!", ""),
        (r"\ ", " "),
        ("~", " "),
        (r"\text", " "),
        (r"\mathrm", " "),
    ];
    let text = marks.iter().fold(inside.to_owned(), |text, (mark, plain)| text.replace(mark, plain));
    (!text.contains(['\\', '^', '_', '/'])).then(|| text.replace(['{', '}'], " "))
}

/// All numbers of a text, in the first unit, none where one cannot be read; those without a unit only where no number has one.
fn numbers(text: &str, units: &[(String, f64)]) -> Vec<Option<f64>> {
    let (mut named, mut bare) = (Vec::new(), Vec::new());
    let worth = units.iter().find(|(unit, _)| unit.is_empty()).map(|(_, factor)| *factor);
    let worth = worth.or(units.is_empty().then_some(1.0));
    for one in digits(text) {
        let unit = unit_of(text, &one.place, units);
        let before = &text[..one.place.start];
        let before = unit.and_then(|(unit, _)| before.strip_suffix(unit)).unwrap_or(before);
        let value = one.value.map(|value| if negative(before) { -value } else { value });
        match (unit, worth) {
            (Some((_, factor)), _) => named.push(value.map(|value| value * factor)),
            (None, Some(factor)) => bare.push(value.map(|value| value * factor)),
            (None, None) => {}
        }
    }
    if named.is_empty() { bare } else { named }
}

/// The longest unit that stands at the number.
fn unit_of<'u>(text: &str, number: &Range<usize>, units: &'u [(String, f64)]) -> Option<(&'u str, f64)> {
    let after = text[number.end..].trim_start();
    let before = text[..number.start].trim_end_matches(['-', '−']);
    let stands = |unit: &str| {
        // `60 km/h` and `5 km^2` are no kilometres.
        let ends = |rest: &str| {
            !rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '/' | '^' | '·' | '*'))
        };
        let follows = after.strip_prefix(unit).is_some_and(ends);
        follows || before.ends_with(unit) && !unit.chars().any(char::is_alphanumeric)
    };
    let named = units.iter().filter(|(unit, _)| !unit.is_empty() && stands(unit));
    named.max_by_key(|(unit, _)| unit.len()).map(|(unit, factor)| (unit.as_str(), *factor))
}

/// Whether what stands before a number ends in its sign.
fn negative(before: &str) -> bool {
    let mut before = before.trim_end_matches(CURRENCIES).chars().rev();
    matches!(before.next(), Some('-' | '−'))
        && before.next().is_none_or(|c| !(c.is_alphanumeric() || c == ')'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_number_is_read_with_sign_and_separators() {
        for (text, want) in [
            ("The answer is 42.", 42.0),
            ("1,234 apples", 1234.0),
            ("3 - 5 = -2", -2.0),
            ("costs $0.75 each", 0.75),
            ("a loss of -$3", -3.0),
            ("x=.5", 0.5),
            ("7-3", 3.0),
            ("version 2, then 3.50", 3.5),
            ("the primes 2, 3", 3.0),
            ("a loss of -€1 200,", -1200.0),
            ("1,234km", 1234.0),
            ("about 12,345,678.5 in all", 12_345_678.5),
            ("it falls to −4 °C", -4.0),
            ("f(x)-9", 9.0),
        ] {
            assert_eq!(answer_number(text, &[]), Some(want), "{text}");
        }
        for text in ["none", "the primes 2,3", "1,2345", "7, or 1.234,5", "it is 1,23"] {
            assert_eq!(answer_number(text, &[]), None, "{text}");
        }
    }

    #[test]
    fn a_marked_answer_stands_before_what_is_said_after_it() {
        for (text, want) in [
            ("5 + 2 = 7\n#### 7 of 9", Some(7.0)),
            ("#### -$1,200", Some(-1200.0)),
            ("#### Step 2\n4*3=12\nThe answer is 12.", Some(12.0)),
            (r"So \boxed{x = 12}, in step 3.", Some(12.0)),
            (r"\boxed{1{,}234}", Some(1234.0)),
            (r"\boxed{1,\!234}", Some(1234.0)),
            (r"\boxed{1\,234}", Some(1234.0)),
            ("#### 1,23 or 4", None),
            (r"\boxed{5\text{ km}}", Some(5.0)),
            (r"\boxed{\frac{1}{2}}", None),
            (r"\boxed{10^{3}}", None),
            (r"\boxed{7", Some(7.0)),
            ("####", None),
            ("12, then ٣", Some(12.0)),
        ] {
            assert_eq!(answer_number(text, &[]), want, "{text}");
        }
    }

    #[test]
    fn a_unit_decides_which_number_and_how_much_it_is() {
        let units: Vec<(String, f64)> =
            [("km", 1.0), ("m", 0.001), ("$", 2.0)].map(|(unit, factor)| (unit.to_owned(), factor)).to_vec();
        for (text, want) in [
            ("12 km in 3 hours", Some(12.0)),
            ("That is 1,500 m.", Some(1.5)),
            ("5km", Some(5.0)),
            ("1.5e3 m", Some(1.5)),
            ("it costs $4", Some(8.0)),
            ("60 km/h for 2 h", None),
            ("5 km^2", None),
            ("$-3", Some(-6.0)),
            ("a loss of -$3", Some(-6.0)),
            ("12 miles", None),
            ("1,500m", Some(1.5)),
            ("7 km, or 1,50 km", None),
            ("12", None),
        ] {
            assert_eq!(answer_number(text, &units), want, "{text}");
        }
        let bare = [("km".to_owned(), 1.0), (String::new(), 1.0)];
        assert_eq!(answer_number("12", &bare), Some(12.0));
        assert_eq!(answer_number("12 km in 3 hours", &bare), Some(12.0));
        let speeds = [("km".to_owned(), 1.0), ("km/h".to_owned(), 3.0)];
        assert_eq!(answer_number("at 20 km/h", &speeds), Some(60.0));
    }
}
