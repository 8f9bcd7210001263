//! One value of a TOML file that knows its place.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::section::Section;
use crate::error::{Error, Result};

/// A value, and where it stands: file, line and dotted key.
#[derive(Debug, Clone)]
pub struct Field {
    pub(super) path: Arc<Path>,
    pub(super) key: String,
    pub(super) line: usize,
    pub(super) node: Node,
}

#[derive(Debug, Clone)]
pub(super) enum Node {
    Text(String),
    Integer(i64),
    Float(f64),
    Flag(bool),
    Date,
    List(Vec<Field>),
    Table(Vec<Entry>),
}

/// A key of a table with the line of the key itself.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) field: Field,
}

impl Node {
    fn describe(&self) -> &'static str {
        match self {
            Node::Text(_) => "text",
            Node::Integer(_) => "an integer",
            Node::Float(_) => "a number",
            Node::Flag(_) => "true or false",
            Node::Date => "a date",
            Node::List(_) => "a list",
            Node::Table(_) => "a table",
        }
    }
}

impl Field {
    /// The file this value was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its line, from 1.
    pub fn line(&self) -> usize {
        self.line
    }

    /// A user's error at this place.
    pub fn error(&self, what: impl Into<String>) -> Error {
        self.place(Error::input(what))
    }

    /// Another error, said to be at this place.
    pub fn place(&self, error: Error) -> Error {
        let error = error.at(&self.path, self.line);
        if self.key.is_empty() { error } else { error.key(self.key.clone()) }
    }

    fn wrong(&self, expected: &str) -> Error {
        self.error(format!("this is {}", self.node.describe())).expected(expected)
    }

    /// Text that is not blank.
    ///
    /// # Errors
    /// Another type, or only white space.
    pub fn text(&self) -> Result<&str> {
        match &self.node {
            Node::Text(text) if text.trim().is_empty() => {
                Err(self.error("the text is empty").expected("text that is not blank"))
            }
            Node::Text(text) => Ok(text),
            _ => Err(self.wrong("text in quotation marks")),
        }
    }

    /// A finite number; an integer is one too.
    ///
    /// # Errors
    /// Another type, infinity or NaN.
    pub fn number(&self) -> Result<f64> {
        match self.node {
            Node::Float(value) if value.is_finite() => Ok(value),
            Node::Float(value) => {
                Err(self.error(format!("`{value}` is no use here")).expected("a finite number"))
            }
            #[allow(clippy::cast_precision_loss)]
            Node::Integer(value) => Ok(value as f64),
            _ => Err(self.wrong("a number")),
        }
    }

    /// A finite number between two bounds, both included.
    ///
    /// # Errors
    /// No number, or outside of the bounds.
    pub fn number_in(&self, range: RangeInclusive<f64>) -> Result<f64> {
        let value = self.number()?;
        if range.contains(&value) {
            return Ok(value);
        }
        let expected = format!("a number from {} to {}", range.start(), range.end());
        Err(self.error(format!("`{value}` is out of range")).expected(expected))
    }

    /// A whole number between two bounds, both included.
    ///
    /// # Errors
    /// No integer, or outside of the bounds.
    pub fn count_in(&self, range: RangeInclusive<usize>) -> Result<usize> {
        let expected = format!("a whole number from {} to {}", range.start(), range.end());
        let Node::Integer(value) = self.node else { return Err(self.wrong(&expected)) };
        usize::try_from(value)
            .ok()
            .filter(|v| range.contains(v))
            .ok_or_else(|| self.error(format!("`{value}` is out of range")).expected(expected))
    }

    /// `true` or `false`.
    ///
    /// # Errors
    /// Another type.
    pub fn flag(&self) -> Result<bool> {
        match self.node {
            Node::Flag(flag) => Ok(flag),
            _ => Err(self.wrong("true or false")),
        }
    }

    /// The one of `all` whose name this text is; `what` calls them in the error, in the singular.
    ///
    /// # Errors
    /// No text, or a name that none of them has.
    pub fn one_of<T: Copy>(&self, what: &str, all: &[T], name: impl Fn(T) -> &'static str) -> Result<T> {
        let given = self.text()?;
        all.iter().copied().find(|one| name(*one) == given).ok_or_else(|| {
            self.error(format!("unknown {what} `{given}`")).known(given, all.iter().map(|one| name(*one)))
        })
    }

    /// The elements of a list.
    ///
    /// # Errors
    /// Another type.
    pub fn list(&self) -> Result<&[Field]> {
        match &self.node {
            Node::List(items) => Ok(items),
            _ => Err(self.wrong("a list in square brackets")),
        }
    }

    /// The elements of a list that must hold something.
    ///
    /// # Errors
    /// Another type, or an empty list.
    pub fn filled_list(&self) -> Result<&[Field]> {
        let items = self.list()?;
        if items.is_empty() {
            return Err(self.error("the list is empty").expected("at least one element"));
        }
        Ok(items)
    }

    /// A list of at least one text, each given once.
    ///
    /// # Errors
    /// Another type, an empty list, an empty or a repeated text.
    pub fn texts(&self) -> Result<Vec<String>> {
        let mut texts: Vec<String> = Vec::new();
        for item in self.filled_list()? {
            let text = item.text()?;
            if texts.iter().any(|t| t == text) {
                return Err(item.error(format!("`{text}` is given twice")).expected("each element once"));
            }
            texts.push(text.to_owned());
        }
        Ok(texts)
    }

    /// A table whose keys must all be among `known`.
    ///
    /// # Errors
    /// Another type, or a key that is not known: with its line and the nearest known name.
    pub fn section(&self, known: &[&str]) -> Result<Section<'_>> {
        let Node::Table(entries) = &self.node else { return Err(self.wrong("a table")) };
        match entries.iter().find(|e| !known.contains(&e.name.as_str())) {
            Some(unknown) => Err(Error::input(format!("unknown key `{}`", unknown.name))
                .at(&self.path, unknown.line)
                .key(unknown.field.key.clone())
                .known(&unknown.name, known)),
            None => Ok(Section { field: self, entries }),
        }
    }

    /// The value as JSON, for what has a form of its own.
    ///
    /// # Errors
    /// A date, infinity or NaN, which JSON does not have.
    pub fn json(&self) -> Result<Value> {
        Ok(match &self.node {
            Node::Text(text) => Value::from(text.as_str()),
            Node::Integer(value) => Value::from(*value),
            Node::Float(_) => Value::from(self.number()?),
            Node::Flag(flag) => Value::from(*flag),
            Node::Date => return Err(self.wrong("text, a number, true or false, a list or a table")),
            Node::List(items) => items.iter().map(Self::json).collect::<Result<Vec<_>>>()?.into(),
            Node::Table(entries) => {
                let entries = entries.iter().map(|e| Ok((e.name.clone(), e.field.json()?)));
                Value::Object(entries.collect::<Result<_>>()?)
            }
        })
    }

    /// The names and values of a table whose keys are free.
    ///
    /// # Errors
    /// Another type.
    pub fn table(&self) -> Result<impl Iterator<Item = (&str, &Field)>> {
        match &self.node {
            Node::Table(entries) => Ok(entries.iter().map(|e| (e.name.as_str(), &e.field))),
            _ => Err(self.wrong("a table")),
        }
    }

    /// Whether this is text; for keys that take text or a list.
    pub fn is_text(&self) -> bool {
        matches!(self.node, Node::Text(_))
    }

    /// Text as a path relative to the folder of this file.
    ///
    /// # Errors
    /// Another type, or only white space.
    pub fn relative_path(&self) -> Result<PathBuf> {
        let text = self.text()?;
        Ok(self.path.parent().unwrap_or(Path::new("")).join(text))
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn root(text: &str) -> Field {
        parse(Path::new("a.toml"), text).unwrap()
    }

    fn value(text: &str) -> Field {
        root(&format!("k = {text}")).section(&["k"]).unwrap().get("k").unwrap().clone()
    }

    #[test]
    fn an_unknown_key_names_its_line_and_the_nearest_known_one() {
        let root = root("[generation]\ntop_p = 0.9\ntemprature = 1\n");
        let section = root.section(&["generation"]).unwrap();
        let err =
            section.get("generation").unwrap().section(&["temperature", "top_p"]).unwrap_err().to_string();
        assert!(err.contains("a.toml:3 `generation.temprature`"), "{err}");
        assert!(err.contains("did you mean: temperature?"), "{err}");
    }

    #[test]
    fn numbers_out_of_range_and_not_finite_are_refused() {
        assert!(value("nan").number().is_err());
        assert!(value("inf").number().is_err());
        assert!(value("1.5").number_in(0.0..=1.0).is_err());
        assert!(value("-1").count_in(0..=4).is_err());
        assert!(value("1.0").count_in(0..=4).is_err());
        assert_eq!(value("4").count_in(0..=4).unwrap(), 4);
        assert_eq!(value("1").number_in(0.0..=1.0).unwrap(), 1.0);
    }

    #[test]
    fn a_wrong_type_says_what_it_is_and_what_was_expected() {
        let err = value("[1]").text().unwrap_err().to_string();
        assert!(err.contains("this is a list") && err.contains("expected: text"), "{err}");
        assert!(value("1").list().is_err());
        assert!(value("1979-05-27").text().is_err());
        assert!(value("\"x\"").flag().is_err());
        assert!(value("\"x\"").section(&[]).is_err());
    }

    #[test]
    fn empty_texts_and_lists_and_repeats_are_refused() {
        assert!(value("\" \"").text().is_err());
        assert!(value("[]").texts().is_err());
        assert!(value("[\"a\", \"a\"]").texts().is_err());
        assert_eq!(value("[\"a\", \"b\"]").texts().unwrap(), ["a", "b"]);
    }
}
