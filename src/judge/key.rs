//! The key that an endpoint may ask for.

use crate::error::{Error, Result};
use std::fmt;

/// Fewer characters are no secret but a word that servers without keys are given.
const SECRET: usize = 8;

/// A key from an environment variable; it is sent, and never printed or written.
#[derive(Clone, PartialEq, Eq)]
pub struct Key(String);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl Key {
    /// The key that the environment variable `name` holds.
    ///
    /// # Errors
    /// The variable is not set, empty, or holds what no header can carry. The value is not repeated, nor is a `name` that
    /// is none, since it may be a key in the wrong place.
    pub fn from_env(name: &str) -> Result<Self> {
        check_name(name)?;
        let value = std::env::var(name).map_err(|_| {
            Error::input(format!("the environment variable `{name}` is not set"))
                .expected("the key of the judge's endpoint in it")
                .help("set it, or leave `key_env` and --judge-key-env out for a server without keys")
        })?;
        let value = value.trim();
        if value.is_empty() || !value.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Error::input(format!("the environment variable `{name}` holds no key"))
                .expected("visible ASCII characters without spaces"));
        }
        Ok(Self(value.to_owned()))
    }

    /// The value of the `Authorization` header.
    pub(super) fn authorization(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// The text with every copy of the key struck out: a server may send back what it was sent.
    pub(super) fn struck_from(&self, text: &str) -> String {
        if self.0.len() < SECRET { text.to_owned() } else { text.replace(&self.0, "[key]") }
    }
}

/// Refuses what cannot be the name of an environment variable.
///
/// # Errors
/// Anything but letters, digits and `_`; it is not repeated.
pub(super) fn check_name(name: &str) -> Result<()> {
    let start = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if start && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Ok(());
    }
    Err(Error::input("this cannot be the name of an environment variable")
        .expected("letters, digits and `_`, such as JUDGE_API_KEY; the key itself stands in the variable"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_struck_out_and_not_shown() {
        let key = Key("sk-0123456789".to_owned());
        assert_eq!(key.struck_from("wrong key sk-0123456789!"), "wrong key [key]!");
        assert_eq!(format!("{key:?}"), "Key(..)");
        assert_eq!(Key("none".to_owned()).struck_from("none"), "none");
    }

    #[test]
    fn a_key_in_the_place_of_a_name_is_not_repeated() {
        let error = Key::from_env("sk-0123456789").unwrap_err().to_string();
        assert!(error.contains("environment variable") && !error.contains("0123"), "{error}");
        assert!(Key::from_env("PERSONA_EVAL_NO_SUCH_KEY").unwrap_err().to_string().contains("not set"));
        assert!(check_name("").is_err() && check_name("1A").is_err() && check_name("A_1").is_ok());
    }
}
