//! A table of a TOML file whose keys have been checked.

use super::field::{Entry, Field};
use crate::error::{Error, Result};

/// A table with known keys only.
#[derive(Debug, Clone, Copy)]
pub struct Section<'a> {
    pub(super) field: &'a Field,
    pub(super) entries: &'a [Entry],
}

impl<'a> Section<'a> {
    /// The value of a key that may be left out.
    pub fn get(&self, key: &str) -> Option<&'a Field> {
        self.entries.iter().find(|e| e.name == key).map(|e| &e.field)
    }

    /// The value of a key that must be there.
    ///
    /// # Errors
    /// The key is missing; `expected` says what it should have held.
    pub fn need(&self, key: &str, expected: &str) -> Result<&'a Field> {
        self.get(key).ok_or_else(|| self.error(format!("the key `{key}` is missing")).expected(expected))
    }

    /// The elements of a list of tables; none if the key is left out.
    ///
    /// # Errors
    /// The value is no list, or an empty one.
    pub fn items(&self, key: &str) -> Result<&'a [Field]> {
        self.get(key).map_or(Ok(&[]), Field::filled_list)
    }

    /// A user's error at this table.
    pub fn error(&self, what: impl Into<String>) -> Error {
        self.field.error(what)
    }

    /// The table as a value.
    pub fn field(&self) -> &'a Field {
        self.field
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::parse;

    #[test]
    fn a_missing_key_names_the_table_and_what_it_should_hold() {
        let root = parse(Path::new("a.toml"), "\n[[persona]]\nid = \"x\"\n").unwrap();
        let items = root.section(&["persona"]).unwrap().items("persona").unwrap();
        let err =
            items[0].section(&["id", "voice"]).unwrap().need("voice", "one line").unwrap_err().to_string();
        assert!(err.contains("the key `voice` is missing") && err.contains("a.toml:2 `persona.0`"), "{err}");
        assert!(err.contains("expected: one line"), "{err}");
    }
}
