//! Regular expressions of a suite: judged in linear time, and short enough for that to mean something.

use regex::{Regex, RegexBuilder, bytes};

use crate::error::{Error, Result};

/// Bytes of a compiled pattern, most of which letters outside of ASCII take: `\w` is some 50 kB.
pub(super) const MOST_BYTES: usize = 1 << 20;
/// The same where `\w` and the like mean ASCII alone, so that what is left is repetitions: some 450 to 900 of one character.
///
/// A step through a text costs up to as much as the pattern is long. With the limit of the regex crate, 10 MiB, `a(?:[ab]?){70000}!`
/// takes 19 s for 16 kB of text; within this one the worst took 8 s a megabyte.
const MOST_REPEATED: usize = 1 << 16;

/// Compiles a pattern.
///
/// # Errors
/// It is no regular expression (look-around and references back are none), or repeats too much.
pub fn regex(pattern: &str) -> Result<Regex> {
    let repeated = bytes::RegexBuilder::new(pattern).unicode(false).size_limit(MOST_REPEATED).build();
    if let Err(regex::Error::CompiledTooBig(_)) = repeated {
        return Err(Error::input(
            "the regular expression repeats so much that it would be slow on a long answer",
        )
        .expected("counts in `{…}` that amount to some hundreds of characters"));
    }
    RegexBuilder::new(pattern)
        .size_limit(MOST_BYTES)
        .build()
        .map_err(|e| Error::input("not a regular expression").because(e))
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
            (r"\w{200}", "not a regular expression"),
        ] {
            let told = regex(pattern).unwrap_err().to_string();
            assert!(told.contains(wanted), "{pattern}: {told}");
        }
    }
}
