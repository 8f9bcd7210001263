//! One record of a file.

use serde_json::Value;

use super::value;

/// A record and its place; what is in it is looked at later, by several threads.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// Its number in the file, from 1; every record has one, readable or not.
    pub number: u64,
    /// The line that it begins in, from 1; none in files that have no lines.
    pub line: Option<u64>,
    /// What it holds.
    pub content: Content,
}

/// What a record holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A line of JSON, not parsed yet.
    Json(Vec<u8>),
    /// A value that had to be parsed to be found, and how many bytes it took in the file, about.
    Value(Value, usize),
    /// Nothing that can be used, and why.
    Unreadable(String),
}

impl Content {
    /// Its value.
    ///
    /// # Errors
    /// Why there is none, in a clause.
    pub fn value(self) -> std::result::Result<Value, String> {
        match self {
            Self::Value(value, _) => Ok(value),
            Self::Unreadable(why) => Err(why),
            Self::Json(line) => {
                let text = std::str::from_utf8(&line)
                    .map_err(|e| format!("not UTF-8 text: byte {} of the record", e.valid_up_to() + 1))?;
                let text = text.strip_prefix('\u{feff}').unwrap_or(text);
                value::parse(text)
            }
        }
    }

    /// About how many bytes it takes.
    pub(in crate::data) fn size(&self) -> usize {
        match self {
            Self::Json(line) => line.len(),
            Self::Value(_, bytes) => *bytes,
            Self::Unreadable(why) => why.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_json_says_why() {
        let told = |line: &[u8]| Content::Json(line.to_vec()).value().expect_err("no value");
        assert_eq!(told(b"{\"a\": 1"), "not JSON: EOF while parsing an object, column 7");
        assert_eq!(told(b"{\"a\": \"\xff\"}"), "not UTF-8 text: byte 8 of the record");
        let value = Content::Json("\u{feff}{\"a\": 1}".into()).value();
        assert_eq!(value, Ok(serde_json::json!({"a": 1})));
    }
}
