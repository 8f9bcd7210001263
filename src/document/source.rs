//! A TOML file as a tree of fields.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::field::{Entry, Field, Node};
use crate::error::{Error, Result};

/// Reads a TOML file.
///
/// # Errors
/// The file cannot be read, is not UTF-8 (with the line), or is not TOML (with the line).
pub fn read(path: &Path) -> Result<Field> {
    parse(path, &read_text(path)?)
}

/// Reads a text file that a user named; a byte that is not UTF-8 is an error with its line.
pub(crate) fn read_text(path: &Path) -> Result<String> {
    let bytes = std::fs::read(path).map_err(|e| {
        Error::input("cannot read the file")
            .in_file(path)
            .because(e)
            .help("check the path; it is relative to the working directory, or to the file that names it")
    })?;
    String::from_utf8(bytes).map_err(|e| {
        let valid = e.utf8_error().valid_up_to();
        let line = line_of(&e.as_bytes()[..valid], valid);
        Error::input("the file is not UTF-8 text").at(path, line).expected("UTF-8").because(e.utf8_error())
    })
}

/// Reads TOML text; `path` is only for errors.
pub(crate) fn parse(path: &Path, text: &str) -> Result<Field> {
    let table = DeTable::parse(text).map_err(|e| {
        let line = e.span().map_or(0, |span| line_of(text.as_bytes(), span.start));
        Error::input(format!("not valid TOML: {}", e.message().trim())).at(path, line)
    })?;
    let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i).collect();
    let reader = Reader { path: Arc::from(path), ends };
    let entries = reader.entries("", table.get_ref())?;
    Ok(Field { path: Arc::clone(&reader.path), key: String::new(), line: 0, node: Node::Table(entries) })
}

/// Line of a byte offset, from 1.
fn line_of(text: &[u8], offset: usize) -> usize {
    1 + text[..offset.min(text.len())].iter().filter(|b| **b == b'\n').count()
}

struct Reader {
    path: Arc<Path>,
    /// Offsets of the line feeds.
    ends: Vec<usize>,
}

impl Reader {
    fn line(&self, span: Range<usize>) -> usize {
        1 + self.ends.partition_point(|end| *end < span.start)
    }

    fn entries(&self, parent: &str, table: &DeTable<'_>) -> Result<Vec<Entry>> {
        let mut entries = Vec::with_capacity(table.len());
        for (key, value) in table {
            let name = key.get_ref().to_string();
            let path = if parent.is_empty() { name.clone() } else { format!("{parent}.{name}") };
            entries.push(Entry { name, line: self.line(key.span()), field: self.field(path, value)? });
        }
        // toml sorts its tables by name; people read errors in the order of the file.
        entries.sort_by_key(|e| e.line);
        Ok(entries)
    }

    fn field(&self, key: String, value: &Spanned<DeValue<'_>>) -> Result<Field> {
        let line = self.line(value.span());
        let bad = |what: &str| Error::input(what.to_owned()).at(&self.path, line).key(key.clone());
        let node = match value.get_ref() {
            DeValue::String(text) => Node::Text(text.to_string()),
            DeValue::Boolean(flag) => Node::Flag(*flag),
            DeValue::Datetime(_) => Node::Date,
            DeValue::Integer(integer) => Node::Integer(
                integer_value(integer).ok_or_else(|| bad("the integer does not fit into 64 bits"))?,
            ),
            DeValue::Float(float) => {
                Node::Float(float.as_str().parse().map_err(|e| bad("not a number").because(e))?)
            }
            DeValue::Array(items) => {
                // Elements are counted from 0, as in the paths of JSON.
                let items = items.iter().enumerate().map(|(i, item)| self.field(format!("{key}.{i}"), item));
                Node::List(items.collect::<Result<_>>()?)
            }
            DeValue::Table(table) => Node::Table(self.entries(&key, table)?),
        };
        Ok(Field { path: Arc::clone(&self.path), key, line, node })
    }
}

fn integer_value(integer: &DeInteger<'_>) -> Option<i64> {
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_toml_names_the_line() {
        let err = parse(Path::new("a.toml"), "a = 1\nb = [1,\nc = 2\n").unwrap_err();
        assert!((2..=3).contains(&err.place().unwrap().line), "{err}");
        assert!(err.what().starts_with("not valid TOML"), "{err}");
    }

    #[test]
    fn a_key_given_twice_is_an_error_with_its_line() {
        let err = parse(Path::new("a.toml"), "a = 1\n\na = 2\n").unwrap_err();
        assert_eq!(err.place().unwrap().line, 3, "{err}");
    }

    #[test]
    fn text_that_is_not_utf8_names_its_line() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bad.toml");
        std::fs::write(&path, b"a = 1\nb = \"\xff\"\n").unwrap();
        let err = read(&path).unwrap_err();
        assert_eq!(err.place().unwrap().line, 2, "{err}");
    }

    #[test]
    fn a_missing_file_is_the_users_error() {
        let err = read(Path::new("/nowhere/suite.toml")).unwrap_err();
        assert_eq!(err.kind(), crate::error::Kind::Input);
        assert!(err.to_string().contains("/nowhere/suite.toml"), "{err}");
    }

    #[test]
    fn tables_and_their_elements_know_their_lines() {
        let root =
            parse(Path::new("a.toml"), "x = 1\n\n[[t]]\nid = 1\n\n[[t]]\nid = 2\n[s]\ny = 0x10\n").unwrap();
        let root = root.section(&["x", "t", "s"]).unwrap();
        let lines: Vec<usize> = root.get("t").unwrap().list().unwrap().iter().map(Field::line).collect();
        assert_eq!(lines, [3, 6]);
        let s = root.get("s").unwrap().section(&["y"]).unwrap();
        assert_eq!(s.need("y", "a number").unwrap().number().unwrap(), 16.0);
        assert_eq!(s.get("y").unwrap().line(), 9);
    }
}
