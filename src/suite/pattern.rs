//! Regular expressions of a suite: judged in linear time, and short enough for that to mean something.

use regex::{Regex, RegexBuilder, bytes};
use std::borrow::Cow;

use crate::error::{Error, Result};

/// Bytes of a compiled pattern, most of which letters outside of ASCII take: `\w` is some 50 kB.
pub(super) const MOST_BYTES: usize = 1 << 22;
/// The same where `\w` and the like mean ASCII alone, so that what is left is repetitions: some 450 to 900 of one character.
///
/// A step through a text costs up to as much as the pattern is long. With the limit of the regex crate, 10 MiB, `a(?:[ab]?){70000}!`
/// takes 19 s for 16 kB of text; within this one the worst took 8 s a megabyte.
const MOST_REPEATED: usize = 1 << 16;

/// The same pattern with an `a` for each character and class outside of ASCII, so that it compiles without Unicode.
fn in_ascii(pattern: &str) -> Cow<'_, str> {
    let plain: String = pattern.chars().map(|c| if c.is_ascii() { c } else { 'a' }).collect();
    let class = Regex::new(r"\\[pP](?:\{[^}]*\}|\w)").ok();
    class.map_or(Cow::Borrowed(pattern), |class| class.replace_all(&plain, "[a]").into_owned().into())
}

/// Compiles a pattern.
///
/// # Errors
/// It is no regular expression (look-around and references back are none), or repeats too much.
pub fn regex(pattern: &str) -> Result<Regex> {
    let repeated =
        bytes::RegexBuilder::new(&in_ascii(pattern)).unicode(false).size_limit(MOST_REPEATED).build();
    if let Err(regex::Error::CompiledTooBig(_)) = repeated {
        return Err(Error::input(
            "the regular expression repeats so much that it would be slow on a long answer",
        )
        .expected("counts in `{…}` that amount to some hundreds of characters"));
    }
    RegexBuilder::new(pattern).size_limit(MOST_BYTES).build().map_err(|e| match e {
        regex::Error::CompiledTooBig(_) => {
            Error::input("the regular expression is too large: `\\w` and `\\d` hold all of Unicode")
                .expected("`[A-Za-z0-9_]` and `[0-9]` in their place, or fewer repetitions of them")
        }
        _ => Error::input("not a regular expression")
            .because(e)
            .expected("no look-around and no references back: a pattern is matched in linear time"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_patterns_compile_and_those_that_repeat_thousands_of_times_do_not() {
        for pattern in [
            r"^\w{3,12}$",
            r"\bParis\b",
            "(?i)^(yes|no)[.!]?$",
            r"\p{Lu}é{2}[äö]",
            r"\d{1,3}(?:,\d{3})*",
            "(a+)+$",
            r"^\w{1,30}$",
            r"^([\w'’]+,? ?){1,11}\. ([\w'’]+,? ?){1,11}\.$",
        ] {
            assert!(regex(pattern).is_ok(), "{pattern}");
        }
        for (pattern, wanted) in [
            ("(", "not a regular expression"),
            ("(?=a)b", "not a regular expression"),
            (r"(a)\1", "not a regular expression"),
            ("a{5000}", "repeats so much"),
            ("(?:(?:a{50}){50}){50}", "repeats so much"),
            ("(?:a?){2000}b", "repeats so much"),
            (r"\w{200}", "too large"),
            (r"\p{L}|a(?:[ab]?){5000}!", "repeats so much"),
            (r"[ä]|a(?:[ab]?){5000}!", "repeats so much"),
        ] {
            let told = regex(pattern).unwrap_err().to_string();
            assert!(told.contains(wanted), "{pattern}: {told}");
        }
    }
}
