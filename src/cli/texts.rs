//! Files of texts that a user names.

use crate::error::{Error, IoContext, Result};
use serde_json::{Map, Value};
use std::path::Path;

/// The file's text, without the byte-order mark that some editors put before it.
///
/// # Errors
/// The file is not there or not UTF-8, or holds nothing but white space.
pub(super) fn read_texts(file: &Path) -> Result<String> {
    let content = std::fs::read_to_string(file).asked("read the texts", file)?;
    let content = content.strip_prefix('\u{feff}').unwrap_or(&content);
    if content.trim().is_empty() {
        return Err(Error::input("the file holds no text").in_file(file).expected("one text a line"));
    }
    Ok(content.to_owned())
}

/// What a line looks like; `nll` alone reads a `prompt`.
const EXPECTED: &str = "{\"text\": \"...\"}, or {\"prompt\": \"...\", \"text\": \"...\"}";

/// A line that is a JSON object, and where it stands.
pub(super) struct JsonLine<'a> {
    pub(super) object: Map<String, Value>,
    pub(super) file: &'a Path,
    pub(super) line: usize,
}

impl<'a> JsonLine<'a> {
    /// Parses line number `line`, counted from 1.
    pub(super) fn parse(text: &str, file: &'a Path, line: usize) -> Result<Self> {
        match serde_json::from_str(text) {
            Ok(object) => Ok(Self { object, file, line }),
            Err(e) => {
                Err(Error::input("a line is not a JSON object").at(file, line).expected(EXPECTED).because(e))
            }
        }
    }

    /// The string under `key`; none where the key is not there.
    pub(super) fn string(&self, key: &str) -> Result<Option<&str>> {
        match self.object.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(self.fail(&format!("`{key}` is not a string"))),
        }
    }

    /// The string under `text`, which every line has.
    pub(super) fn text(&self) -> Result<&str> {
        self.string("text")?.ok_or_else(|| self.fail("a line has no `text`"))
    }

    fn fail(&self, what: &str) -> Error {
        Error::input(what).at(self.file, self.line).expected(EXPECTED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_text_and_an_empty_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.txt");
        let read = |bytes: &str| {
            std::fs::write(&file, bytes).unwrap();
            read_texts(&file).map_err(|e| e.to_string())
        };
        assert_eq!(read("\u{feff}a\n\u{feff}b\n").unwrap(), "a\n\u{feff}b\n");
        for nothing in ["", "\n \n", "\u{feff}", "\u{feff}\n"] {
            assert!(read(nothing).unwrap_err().contains("the file holds no text"), "{nothing:?}");
        }
        assert!(read_texts(&folder.path().join("b.txt")).unwrap_err().to_string().contains("b.txt"));
    }

    #[test]
    fn a_value_that_is_no_string_is_refused_with_its_line() {
        let line = |text| JsonLine::parse(text, Path::new("t.jsonl"), 3);
        let good = line(r#"{"prompt": "a", "text": "b"}"#).unwrap();
        assert_eq!((good.string("prompt").unwrap(), good.text().unwrap()), (Some("a"), "b"));
        assert_eq!(line(r#"{"text": "b"}"#).unwrap().string("prompt").unwrap(), None);
        for bad in [r#"{"prompt": 5}"#, r#"{"prompt": null}"#, r#"{"prompt": ["a"]}"#] {
            let error = line(bad).unwrap().string("prompt").unwrap_err().to_string();
            assert!(error.contains("`prompt` is not a string") && error.contains("t.jsonl:3"), "{error}");
        }
        for bad in ["5", "[]", "{", ""] {
            assert!(line(bad).err().unwrap().to_string().contains("t.jsonl:3"), "{bad}");
        }
        assert!(line(r#"{"txt": "b"}"#).unwrap().text().unwrap_err().to_string().contains("no `text`"));
    }
}
