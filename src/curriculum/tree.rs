//! A YAML file as a tree of nodes that know their file, line and key, so that every error names its place.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Spanned};

use crate::error::{Error, Place, Result};

/// A value, and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Node {
    path: Arc<Path>,
    line: usize,
    key: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Nothing,
    Flag(bool),
    Whole(u64),
    Number(f64),
    Text(String),
    List(Vec<Node>),
    Table(Vec<(String, Node)>),
}

impl Node {
    /// Reads the text of a file.
    ///
    /// # Errors
    /// It is no YAML, or a key stands twice in one table.
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        // Repeated keys are passed through, to be told with both lines.
        let options = serde_saphyr::options! {
            duplicate_keys: DuplicateKeyPolicy::PassThrough,
            strict_booleans: true,
        };
        let raw: Spanned<Raw> = serde_saphyr::from_str_with_options(text, options).map_err(|e| {
            let line = e.location().map_or(0, |l| l.line());
            Error::input("the YAML document cannot be read").at(path, line as usize).because(e.to_string())
        })?;
        Self::placed(&Arc::from(path), raw, String::new())
    }

    fn placed(path: &Arc<Path>, raw: Spanned<Raw>, key: String) -> Result<Self> {
        let line = line_of(&raw);
        let below = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
        let kind = match raw.value {
            Raw::Nothing => Kind::Nothing,
            Raw::Flag(value) => Kind::Flag(value),
            Raw::Whole(value) => Kind::Whole(value),
            Raw::Number(value) => Kind::Number(value),
            Raw::Text(text) => Kind::Text(text),
            Raw::List(items) => {
                let items = items.into_iter().enumerate();
                Kind::List(
                    items
                        .map(|(i, item)| Self::placed(path, item, below(&i.to_string())))
                        .collect::<Result<_>>()?,
                )
            }
            Raw::Table(entries) => {
                let mut table: Vec<(String, Self)> = Vec::with_capacity(entries.len());
                let mut lines: Vec<usize> = Vec::with_capacity(entries.len());
                for (name, value) in entries {
                    let key = below(&name.value);
                    if let Some(first) = table.iter().position(|(known, _)| *known == name.value) {
                        return Err(Error::input(format!("the key `{}` is given twice", name.value))
                            .at(path, line_of(&name))
                            .key(key)
                            .expected(format!("each key once; the first stands in line {}", lines[first])));
                    }
                    // An error at a value names the line of its key: what is inside a table begins below it.
                    let at = line_of(&name);
                    lines.push(at);
                    let mut node = Self::placed(path, value, key)?;
                    node.line = at;
                    table.push((name.value, node));
                }
                Kind::Table(table)
            }
        };
        Ok(Self { path: Arc::clone(path), line, key, kind })
    }

    /// A user's error at this place.
    pub fn error(&self, what: impl Into<String>) -> Error {
        let error = Error::input(what).at(&self.path, self.line);
        if self.key.is_empty() { error } else { error.key(self.key.clone()) }
    }

    /// Where it stands.
    pub fn place(&self) -> Place {
        Place { path: self.path.to_path_buf(), line: self.line, key: self.key.clone() }
    }

    fn wrong(&self, expected: &str) -> Error {
        let is = match self.kind {
            Kind::Nothing => "empty",
            Kind::Flag(_) => "true or false",
            Kind::Whole(_) => "a whole number",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "text",
            Kind::List(_) => "a list",
            Kind::Table(_) => "a table",
        };
        self.error(format!("this is {is}")).expected(expected)
    }

    /// Text that is not blank.
    pub fn text(&self) -> Result<&str> {
        match &self.kind {
            Kind::Text(text) if !text.trim().is_empty() => Ok(text),
            _ => Err(self.wrong("text that is not blank")),
        }
    }

    /// A finite number that `fits`; `expected` says which do.
    pub fn number(&self, expected: &str, fits: impl Fn(f64) -> bool) -> Result<f64> {
        let value = match &self.kind {
            Kind::Number(value) => *value,
            Kind::Whole(value) => *value as f64,
            // What YAML 1.1 takes for text, as 2e-5.
            Kind::Text(text) => text.parse().map_err(|_| self.wrong(expected))?,
            _ => return Err(self.wrong(expected)),
        };
        if value.is_finite() && fits(value) {
            return Ok(value);
        }
        Err(self.error(format!("`{value}` is out of range")).expected(expected))
    }

    /// A whole number from `least` to `most`.
    pub fn whole(&self, least: u64, most: u64) -> Result<u64> {
        let expected = format!("a whole number from {least} to {most}");
        match self.kind {
            Kind::Whole(value) if (least..=most).contains(&value) => Ok(value),
            Kind::Whole(value) => Err(self.error(format!("`{value}` is out of range")).expected(expected)),
            _ => Err(self.wrong(&expected)),
        }
    }

    /// `true` or `false`.
    pub fn flag(&self) -> Result<bool> {
        match self.kind {
            Kind::Flag(value) => Ok(value),
            _ => Err(self.wrong("true or false")),
        }
    }

    /// Whether this is text, for keys that take text or something else.
    pub fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text(_))
    }

    /// The elements of a list with one at least.
    pub fn list(&self) -> Result<&[Self]> {
        match &self.kind {
            Kind::List(items) if items.is_empty() => {
                Err(self.error("the list is empty").expected("at least one element"))
            }
            Kind::List(items) => Ok(items),
            _ => Err(self.wrong("a list")),
        }
    }

    /// Names and values of a table; nothing at all is an empty one.
    pub fn table(&self) -> Result<&[(String, Self)]> {
        match &self.kind {
            Kind::Table(entries) => Ok(entries),
            Kind::Nothing => Ok(&[]),
            _ => Err(self.wrong("a table of `key: value`")),
        }
    }

    /// A table whose keys are all among `known`.
    pub fn section(&self, known: &[&str]) -> Result<Section<'_>> {
        let entries = self.table()?;
        match entries.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((name, node)) => Err(node.error(format!("unknown key `{name}`")).known(name, known)),
            None => Ok(Section { node: self, entries }),
        }
    }
}

fn line_of<T>(spanned: &Spanned<T>) -> usize {
    usize::try_from(spanned.referenced.line()).unwrap_or_default()
}

/// A table with known keys only.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section<'a> {
    node: &'a Node,
    entries: &'a [(String, Node)],
}

impl<'a> Section<'a> {
    /// The value of a key that may be left out.
    pub fn get(&self, key: &str) -> Option<&'a Node> {
        self.entries.iter().find(|(name, _)| name == key).map(|(_, node)| node)
    }

    /// The value of a key that must be there; `expected` says what it should hold.
    pub fn need(&self, key: &str, expected: &str) -> Result<&'a Node> {
        let missing = || self.node.error(format!("the key `{key}` is missing")).expected(expected);
        self.get(key).ok_or_else(missing)
    }
}

/// A value as YAML has it, its parts with their places.
#[derive(Debug, Clone)]
enum Raw {
    Nothing,
    Flag(bool),
    Whole(u64),
    Number(f64),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Table(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Raw;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value of YAML")
            }

            fn visit_unit<E>(self) -> std::result::Result<Raw, E> {
                Ok(Raw::Nothing)
            }

            fn visit_none<E>(self) -> std::result::Result<Raw, E> {
                Ok(Raw::Nothing)
            }

            fn visit_bool<E>(self, value: bool) -> std::result::Result<Raw, E> {
                Ok(Raw::Flag(value))
            }

            fn visit_u64<E>(self, value: u64) -> std::result::Result<Raw, E> {
                Ok(Raw::Whole(value))
            }

            fn visit_i64<E>(self, value: i64) -> std::result::Result<Raw, E> {
                Ok(u64::try_from(value).map_or(Raw::Number(value as f64), Raw::Whole))
            }

            fn visit_f64<E>(self, value: f64) -> std::result::Result<Raw, E> {
                Ok(Raw::Number(value))
            }

            fn visit_str<E>(self, text: &str) -> std::result::Result<Raw, E> {
                Ok(Raw::Text(text.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<Raw, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Raw::List(list))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> std::result::Result<Raw, A::Error> {
                let mut table = Vec::new();
                while let Some(entry) = entries.next_entry()? {
                    table.push(entry);
                }
                Ok(Raw::Table(table))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_knows_its_line_and_key_and_types() {
        let text =
            "a:\n  b: 2e-5\n  c: 2.0x\n  d: [x, 'y']\ne: 1_000\n# a comment\nf:\n  - g: -1\n  - h: null\n";
        let root = Node::parse(Path::new("m.yaml"), text).unwrap();
        let root = root.section(&["a", "e", "f"]).unwrap();
        let a = root.need("a", "").unwrap().section(&["b", "c", "d"]).unwrap();
        assert_eq!(a.get("b").unwrap().number("", |_| true).unwrap(), 2e-5);
        assert_eq!(a.get("c").unwrap().text().unwrap(), "2.0x");
        assert_eq!(a.get("d").unwrap().list().unwrap()[1].text().unwrap(), "y");
        assert_eq!(root.get("e").unwrap().whole(1, 2000).unwrap(), 1000);
        let f = root.get("f").unwrap().list().unwrap();
        let told = f[0].section(&["g"]).unwrap().get("g").unwrap().whole(0, 9).unwrap_err().to_string();
        assert!(told.contains("m.yaml:8 `f.0.g`"), "{told}");
        assert!(f[1].section(&["h"]).unwrap().get("h").unwrap().table().unwrap().is_empty());
        assert!(root.need("z", "a thing").unwrap_err().to_string().contains("`z` is missing"));
    }

    #[test]
    fn what_is_no_yaml_and_repeated_keys_are_told_with_their_lines() {
        let told = |text: &str| Node::parse(Path::new("m.yaml"), text).unwrap_err().to_string();
        let twice = told("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\n");
        assert!(twice.contains("m.yaml:5 `b.c`") && twice.contains("line 3"), "{twice}");
        assert!(told("a: [1,\nb: 2\n").contains("cannot be read"));
    }
}
