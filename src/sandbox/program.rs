//! A program to run: code that is not trusted, and tests that are.

use rand::RngCore;

/// Text of what runs inside of Python before and after the program.
const RUNNER: &str = include_str!("runner.py");

/// A program: `setup` is run, then `tests` in the same module. Both are files of their own to Python, so that nothing that
/// `setup` leaves open (a string, a bracket) can swallow a test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Program {
    /// What an answer gives.
    pub setup: String,
    /// What must then hold.
    pub tests: String,
}

/// What proves that a program ran to its end: the runner writes it last, and no code is told.
pub(super) struct Token(String);

impl Token {
    pub(super) fn new() -> Self {
        let mut bytes = [0; 16];
        rand::rng().fill_bytes(&mut bytes);
        Self(bytes.iter().map(|b| format!("{b:02x}")).collect())
    }

    /// Whether the runner's report (a `+` where the program's code began, then the token) is complete.
    pub(super) fn proves(&self, report: &[u8]) -> bool {
        report.strip_prefix(b"+") == Some(self.0.as_bytes())
    }
}

impl Program {
    /// Arguments of Python: no site packages, no byte code written, UTF-8, the runner.
    pub(super) const ARGUMENTS: [&str; 7] = ["-S", "-s", "-B", "-X", "utf8", "-c", RUNNER];

    /// What the runner reads: token, length of the setup in bytes, setup, tests.
    pub(super) fn encoded(&self, token: &Token) -> Vec<u8> {
        let Self { setup, tests } = self;
        format!("{}\n{}\n{setup}{tests}", token.0, setup.len()).into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_after_the_mark_proves_anything() {
        let token = Token("ab".into());
        assert!(token.proves(b"+ab"));
        for forged in [&b""[..], b"+", b"ab", b"+a", b"+abc", b"++ab"] {
            assert!(!token.proves(forged));
        }
        let program = Program { setup: "é = 1\n".into(), tests: "assert é".into() };
        assert_eq!(program.encoded(&token), "ab\n7\né = 1\nassert é".as_bytes());
    }
}
