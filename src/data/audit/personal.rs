//! Personal data: mail addresses, phone numbers and card numbers in a text.

use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use regex::bytes::{Regex, RegexBuilder};
use serde::Serialize;

/// What a piece of a text looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Personal {
    /// A mail address.
    Mail,
    /// A phone number.
    Phone,
    /// The number of a payment card.
    Card,
}

impl fmt::Display for Personal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mail => "mail",
            Self::Phone => "phone",
            Self::Card => "card",
        })
    }
}

/// Fewest digits of anything that is looked for.
const FEWEST_DIGITS: usize = 7;

fn regex(pattern: &str) -> Regex {
    // A sign between groups of digits; no-break spaces and dashes stand for the plain ones.
    let sign = r"(?:[ -]|\xC2\xA0|\xE2\x80[\x90-\x93\xAF])";
    let built = RegexBuilder::new(&pattern.replace("~", sign)).unicode(false).build();
    // A pattern of this file: tests compile them all.
    built.unwrap_or_else(|e| panic!("the pattern {pattern} is none: {e}"))
}

static MAIL: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"[A-Za-z0-9\x80-\xFF][A-Za-z0-9\x80-\xFF._%+'-]{0,63}@(?:[A-Za-z0-9\x80-\xFF](?:[A-Za-z0-9\x80-\xFF-]{0,61}[A-Za-z0-9\x80-\xFF])?\.)+[A-Za-z]{2,24}",
    )
});
/// As they are printed: fours, or four, six and the rest; or without signs.
static CARD: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?:[0-9]{4}~){3}[0-9]{1,4}|[0-9]{4}~[0-9]{6}~[0-9]{4,5}|[0-9]{13,19}"));
static PHONE: LazyLock<Regex> = LazyLock::new(|| {
    let all = [
        // With the country's code.
        r"(?:\+|\b00)[1-9][0-9]{0,2}(?:~?\([0-9]{1,4}\))?(?:~?[0-9]{1,12}){1,6}",
        r"\+33(?:\.[0-9]{1,2}){5}",
        // North American: area code and exchange do not begin with 0 or 1.
        r"(?:\b1~|\b1\.)?\([2-9][0-9]{2}\)~?[2-9][0-9]{2}[.]?~?[0-9]{4}",
        r"\b(?:1-)?[2-9][0-9]{2}-[2-9][0-9]{2}-[0-9]{4}",
        r"\b(?:1\.)?[2-9][0-9]{2}\.[2-9][0-9]{2}\.[0-9]{4}",
        r"\b1 [2-9][0-9]{2} [2-9][0-9]{2} [0-9]{4}",
        r"\([1-9][0-9]\) ?9?[0-9]{4}-[0-9]{4}",
        // Within a country, with the 0 that leads to another town.
        r"\b0[1-9](?:[ .-][0-9]{2}){4}",
        r"(?:\(|\b)0[1-9][0-9]{1,4}\)?(?: ?/ ?|~)(?:[0-9]{3,8}(?:~[0-9]{1,5}){0,3}|[0-9]{2}(?: [0-9]{2}){2,4})",
    ];
    regex(&all.join("|"))
});

/// All that a text has, with where it stands in bytes.
///
/// Addresses at domains that are kept for examples (RFC 2606) or stand for one, and American numbers kept for fiction (555) are
/// not personal. Phone numbers are those with a country's code (eight to fifteen digits with it, ITU-T E.164), North American
/// ones with their signs, and those that begin with 0 and are written in groups. Card numbers have a known first part, the length
/// that goes with it, and a right check digit (ISO/IEC 7812, Luhn).
pub(super) fn personal(text: &str) -> Vec<(Personal, Range<usize>)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    if bytes.contains(&b'@') {
        let all = MAIL.find_iter(bytes).filter(|m| is_address(bytes, m.range()));
        found.extend(all.map(|m| (Personal::Mail, m.range())));
    }
    if bytes.iter().filter(|b| b.is_ascii_digit()).take(FEWEST_DIGITS).count() < FEWEST_DIGITS {
        return found;
    }
    let cards = CARD.find_iter(bytes).filter(|m| stands_alone(bytes, m.range()) && is_card(m.as_bytes()));
    found.extend(cards.map(|m| (Personal::Card, m.range())));
    let cards: Vec<Range<usize>> =
        found.iter().filter(|(what, _)| *what == Personal::Card).map(|(_, range)| range.clone()).collect();
    let phones = PHONE.find_iter(bytes).filter(|m| {
        let apart = |card: &Range<usize>| card.end <= m.start() || m.end() <= card.start;
        stands_alone(bytes, m.range()) && is_phone(m.as_bytes()) && cards.iter().all(apart)
    });
    found.extend(phones.map(|m| (Personal::Phone, m.range())));
    found.sort_by_key(|(_, range)| range.start);
    // A pattern may begin or end within a letter of several bytes.
    found.retain(|(_, range)| text.is_char_boundary(range.start) && text.is_char_boundary(range.end));
    found
}

fn digits(written: &[u8]) -> Vec<u8> {
    written.iter().filter(|b| b.is_ascii_digit()).map(|b| b - b'0').collect()
}

/// Not a piece of a name, a longer number, an address of the web, or an amount of money.
fn stands_alone(text: &[u8], range: Range<usize>) -> bool {
    let at = |at: Option<usize>| at.and_then(|at| text.get(at)).copied().unwrap_or(b' ');
    let (before, earlier) = (at(range.start.checked_sub(1)), at(range.start.checked_sub(2)));
    let (after, later) = (at(Some(range.end)), at(Some(range.end + 1)));
    let in_name =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'@' | b'=' | b'$' | b'#' | b'&' | b'%');
    let goes_on = |b: u8| matches!(b, b'-' | b'.' | b'/' | b':' | b'+' | b'^' | b',');
    let extension = after == b'x' && later.is_ascii_digit();
    !(in_name(before)
        || matches!(before, b'/' | b'+')
        || (goes_on(before) && earlier.is_ascii_digit())
        || (before == b'.' && earlier == b'0')
        || (in_name(after) && !extension)
        || (matches!(after, b'-' | b'.' | b'^') && later.is_ascii_digit()))
}

/// Domains that stand for anybody's.
const PLACEHOLDERS: [&str; 10] = [
    "email.com",
    "test.com",
    "domain.com",
    "yourdomain.com",
    "mydomain.com",
    "company.com",
    "yourcompany.com",
    "mail.com",
    "website.com",
    "site.com",
];
/// Endings of files: `icon@2x.png` is none of anybody's.
const FILES: [&str; 10] = ["png", "jpg", "jpeg", "gif", "svg", "webp", "py", "js", "ts", "json"];

fn is_address(text: &[u8], range: Range<usize>) -> bool {
    let at = |at: Option<usize>| at.and_then(|at| text.get(at)).copied().unwrap_or(b' ');
    // `git@host.org:path`, `x@W.sum()`, `https://user:word@host.org`.
    let (after, later) = (at(Some(range.end)), at(Some(range.end + 1)));
    let word = text[..range.start].rsplit(u8::is_ascii_whitespace).next().unwrap_or_default();
    let code = matches!(after, b'(' | b'[' | b'=') || (after == b':' && !later.is_ascii_whitespace());
    if code || word.windows(2).any(|pair| pair == b"//") {
        return false;
    }
    let address = String::from_utf8_lossy(&text[range]).to_lowercase();
    let Some((local, domain)) = address.rsplit_once('@') else { return false };
    let mut labels = domain.rsplit('.');
    let top = labels.next().unwrap_or_default();
    let example = matches!(top, "example" | "test" | "invalid" | "localhost" | "local" | "internal")
        || labels.any(|label| label == "example")
        || PLACEHOLDERS.contains(&domain)
        || FILES.contains(&top);
    !example && !matches!(local, "noreply" | "no-reply" | "donotreply" | "git")
}

fn is_phone(written: &[u8]) -> bool {
    let digits = digits(written);
    let signs = written.iter().any(|b| !b.is_ascii_digit() && *b != b'+');
    match written {
        [b'+', ..] => match digits.as_slice() {
            [1, area, ..] if digits.len() == 11 => *area > 1 && !is_fiction(&digits[1..]),
            // Without signs a short one is as well a number with its sign.
            _ => (8..=15).contains(&digits.len()) && (signs || digits.len() >= 10),
        },
        // Without signs it is any number with noughts before.
        [b'0', b'0', ..] => signs && (10..=17).contains(&digits.len()) && digits.iter().any(|d| *d > 1),
        [b'0', ..] | [b'(', b'0', ..] => {
            // Numbers of a lottery, or a list of months.
            let counted =
                written.split(|b| !b.is_ascii_digit()).all(|group| group.len() == 2 && group[0] == b'0');
            (9..=12).contains(&digits.len()) && !counted
        }
        _ => {
            let ten = &digits[digits.len().saturating_sub(10)..];
            !is_fiction(ten)
        }
    }
}

/// American numbers that nobody has: 555-01xx, and the area 555.
fn is_fiction(ten: &[u8]) -> bool {
    ten.len() == 10 && (ten[..3] == [5, 5, 5] || (ten[3..6] == [5, 5, 5] && ten[6..8] == [0, 1]))
}

fn is_card(written: &[u8]) -> bool {
    let digits = digits(written);
    let first = digits.iter().take(4).fold(0, |n, digit| n * 10 + u32::from(*digit));
    // The ranges of the schemes that issue cards.
    let fits = match (first, digits.len()) {
        (4000..=4999, 13 | 16 | 19) => true,
        (5100..=5599 | 2221..=2720, 16) => true,
        (3400..=3499 | 3700..=3799, 15) => true,
        (3000..=3059 | 3600..=3699 | 3800..=3999, 14) => true,
        (6011 | 6440..=6599 | 3528..=3589, 16..=19) => true,
        _ => false,
    };
    let mut signs = written.iter().filter(|b| !b.is_ascii_digit());
    let sign = signs.next();
    fits && signs.all(|other| Some(other) == sign || !other.is_ascii()) && checks(&digits)
}

/// Luhn's check: from the right, every second digit doubled, the sum of all digits divides by ten.
fn checks(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, digit)| match (i % 2, u32::from(*digit)) {
            (0, value) => value,
            (_, value) if value > 4 => 2 * value - 9,
            (_, value) => 2 * value,
        })
        .sum();
    sum.is_multiple_of(10) && digits.iter().any(|d| *d != 0)
}

/// What was found without what is personal about it: letters as `a`, digits as `9`, the domain's end and the signs as they are.
pub(super) fn masked(found: &str) -> String {
    let end = found.rfind('.').filter(|_| found.contains('@')).unwrap_or(found.len());
    let mask = |(at, c): (usize, char)| match c {
        _ if at >= end => c,
        c if c.is_ascii_digit() => '9',
        c if c.is_alphabetic() => 'a',
        c => c,
    };
    found.char_indices().map(mask).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<(Personal, &str)> {
        personal(text).into_iter().map(|(kind, range)| (kind, &text[range])).collect()
    }

    #[test]
    fn mail_addresses_are_found_but_those_of_examples_and_of_code() {
        assert_eq!(
            found("Write to ann.b+c@mail.uni-x.de, or <BOB@X.ORG>. mailto:jo@x.fr ann@münchen.de"),
            [
                (Personal::Mail, "ann.b+c@mail.uni-x.de"),
                (Personal::Mail, "BOB@X.ORG"),
                (Personal::Mail, "jo@x.fr"),
                (Personal::Mail, "ann@münchen.de")
            ]
        );
        for none in [
            "a@example.com",
            "me@shop.example",
            "x@EXAMPLE.co.uk",
            "@handle",
            "a @ b.de",
            "user@localhost",
            "a@b",
            "@",
            "3 @ 4.50",
            "git@github.com:a/b.git",
            "https://user:word@host.com/x",
            "root@db.internal",
            "Q@K.transpose(1, 0)",
            "icon@2x.png",
            "you@yourdomain.com",
        ] {
            assert_eq!(found(none), [], "{none}");
        }
    }

    #[test]
    fn phone_numbers_are_found_as_they_are_written() {
        for phone in [
            "+49 30 901820",
            "+1-212-736-5000",
            "(212) 736-5000",
            "212-736-5000",
            "212.736.5000",
            "1 (212) 736-5000",
            "+44 (0)20 7946 0018",
            "0049 30 901820",
            "030/901820-12",
            "089 / 12 34 56 78",
            "06 12 34 56 78",
            "06.12.34.56.78",
            "0171 1234567",
            "020 7946 0018",
            "+4930901820",
            "+49\u{a0}30\u{a0}901820",
            "(11) 91234-5678",
        ] {
            for text in
                [format!("Call {phone}, please."), format!("Tel:{phone}"), format!("**{phone}** 24/7")]
            {
                assert_eq!(found(&text), [(Personal::Phone, phone)], "{text}");
            }
        }
        let two = found("NY 10001 (212) 736-5000, 212-736-5001");
        assert_eq!(two.iter().map(|(_, text)| *text).collect::<Vec<_>>(), ["(212) 736-5000", "212-736-5001"]);
    }

    #[test]
    fn other_numbers_are_no_phone_numbers() {
        for none in [
            "(212) 555-0123",
            "555-555-5555",
            "1234567",
            "2,000,000",
            "3.141592653589793",
            "2024-01-15 12:30",
            "01-15-2024 12:30:45",
            "15.01.2024 10.30.00",
            "2024/01/15",
            "192.168.100.200",
            "978-3-16-148410-0",
            "$1 234 567 890",
            "1 000 000 000",
            "x=2127365000",
            "id_212-736-5000",
            "https://x.org/212-736-5000",
            "10 20 30 40 50 60",
            "01 02 03 04 05",
            "0 1 2 3 4 5 6 7 8 9",
            "0.123 456 789",
            "12:34:56 789 012",
            "1999-2000, 2001-2002",
            "+1 + 2 + 3 + 4 + 5 + 6 + 7",
            "5 + 1234567890",
            "x = +12345678",
            "+40.712776, -74.005974",
            "0010110101",
            "00123456789",
            "999 888 7777",
            "200 300 4000",
        ] {
            assert_eq!(found(none), [], "{none}");
        }
    }

    /// Numbers that card schemes publish for tests.
    #[test]
    fn card_numbers_have_a_right_check_digit_and_their_groups() {
        for card in [
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "4111111111111111",
            "5555555555554444",
            "3782 822463 10005",
            "6011111111111117",
            "4222222222222",
            "2223003122003222",
        ] {
            for text in [format!("card {card}."), format!("{card} 12/25 123"), format!("{card},12/25,123")] {
                assert_eq!(found(&text), [(Personal::Card, card)], "{text}");
            }
        }
        for none in [
            "4111 1111 1111 1112",
            "41 1111 1111 1111 11",
            "4111 1111-1111 1111",
            "0000 0000 0000 0000",
            "9111 1111 1111 1111",
            "41111111111111111111111",
            "1234567890123456",
            "5901234123457",
        ] {
            assert_eq!(found(none), [], "{none}");
        }
    }

    #[test]
    fn a_mask_shows_the_shape_alone() {
        assert_eq!(masked("ann.b+c9@uni-x.de"), "aaa.a+a9@aaa-a.de");
        assert_eq!(masked("+49 30 90"), "+99 99 99");
    }

    #[test]
    fn texts_of_other_scripts_are_no_trouble() {
        assert_eq!(found("電話 +81 3-1234-5678、どうぞ"), [(Personal::Phone, "+81 3-1234-5678")]);
        assert_eq!(found("é@é.é 1234567890é"), []);
    }
}
