//! How a source's files are read: what its recipe says, held against what the files are.

use std::path::Path;

use serde_json::Value;

use super::container::Container;
use super::input::Encoding;
use crate::document::{Field, Section};
use crate::error::{Error, IoContext, Result};

/// How a source's files are read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// What holds the records; by the file's ending where none.
    pub container: Option<Container>,
    /// How the letters are written.
    pub encoding: Encoding,
    /// Keys of a document below which its records stand.
    pub within: Vec<String>,
    /// What the records are there.
    pub records: Records,
    /// Names of the columns, for tables without a head line.
    pub columns_are: Vec<String>,
    /// Whether quotes hold cells of a table together; where none, they do in CSV and do not in TSV.
    pub quoting: Option<bool>,
    /// The key by whose value consecutive rows are one record.
    pub grouped_by: Option<String>,
}

/// What the records of a document are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Records {
    /// The elements of a list.
    #[default]
    Listed,
    /// The values of an object, whose keys name them.
    Named,
    /// The value is one record.
    One,
}

impl Records {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Listed, Self::Named, Self::One];

    /// The name in a recipe.
    pub fn id(self) -> &'static str {
        match self {
            Self::Listed => "listed",
            Self::Named => "named",
            Self::One => "one",
        }
    }
}

/// Keys of a document that an error names, at most.
pub(super) const KEYS_NAMED: usize = 12;

/// Keys of a recipe and the containers on which they have an effect.
const EFFECTIVE: [(&str, &[Container]); 5] = [
    ("columns_are", &[Container::Csv, Container::Tsv]),
    ("quoting", &[Container::Csv, Container::Tsv]),
    ("within", &[Container::Document, Container::Yaml]),
    ("records", &[Container::Document, Container::Yaml]),
    ("encoding", &[Container::Lines, Container::Document, Container::Csv, Container::Tsv, Container::Yaml]),
];

impl Reading {
    /// The keys of a `[[source]]` that say it.
    pub(in crate::data) const KEYS: [&str; 6] =
        ["container", "encoding", "within", "records", "columns_are", "quoting"];

    /// What a `[[source]]` says of its files, and where it says nothing, what its format does. The files are looked at: an import should not end after an hour for the last of them.
    ///
    /// # Errors
    /// A value is not known or has no effect on any of the files; a file is empty, or does not tell what it holds.
    pub(in crate::data) fn from_section<'p>(
        section: &Section<'_>,
        of_format: Self,
        files: impl Iterator<Item = &'p Path>,
    ) -> Result<Self> {
        let get = |key: &str| section.get(key);
        let within = get("within").map(Field::text).transpose()?;
        let how = Self {
            container: get("container")
                .map(|f| f.one_of("container", &Container::ALL, Container::id))
                .transpose()?
                .or(of_format.container),
            encoding: get("encoding")
                .map(|f| f.one_of("encoding", &Encoding::ALL, Encoding::id))
                .transpose()?
                .unwrap_or(of_format.encoding),
            within: within.map(|path| path.split('.').map(str::to_owned).collect()).unwrap_or_default(),
            records: get("records")
                .map(|f| f.one_of("kind of records", &Records::ALL, Records::id))
                .transpose()?
                .unwrap_or(of_format.records),
            columns_are: get("columns_are").map(Field::texts).transpose()?.unwrap_or(of_format.columns_are),
            quoting: get("quoting").map(Field::flag).transpose()?.or(of_format.quoting),
            grouped_by: of_format.grouped_by,
        };
        let mut held: Vec<Container> = Vec::new();
        for path in files {
            if path.metadata().asked("look at", path)?.len() == 0 {
                return Err(empty(path));
            }
            let container = how.container(path)?;
            if !held.contains(&container) {
                held.push(container);
            }
        }
        for (key, on) in EFFECTIVE {
            let Some(field) = get(key) else { continue };
            if !held.iter().any(|container| on.contains(container)) {
                let held: Vec<&str> = held.iter().map(|c| c.id()).collect();
                return Err(field
                    .error(format!(
                        "`{key}` has no effect on these files, which are read as {}",
                        held.join(", ")
                    ))
                    .expected(format!(
                        "files that are read as {}",
                        on.iter().map(|c| c.id()).collect::<Vec<_>>().join(", ")
                    ))
                    .help("leave the key away, or say what the files hold with `container`"));
            }
        }
        Ok(how)
    }

    /// What a file is read as.
    ///
    /// # Errors
    /// Its name does not tell, or it cannot be read.
    pub(super) fn container(&self, path: &Path) -> Result<Container> {
        self.container.map_or_else(|| Container::of(path), Ok)
    }

    /// A document lacks a key of `within`, the one at `depth`; `keys` are there in its place.
    pub(super) fn no_key(&self, path: &Path, depth: usize, keys: &[String]) -> Error {
        let key = self.within.get(depth).map_or("", String::as_str);
        let place = place_of(&self.within[..depth.min(self.within.len())]);
        Error::input(format!("{place} has no key `{key}`")).in_file(path).known(key, keys)
    }

    /// Why a document has no records where the recipe says; `found` only tells what kind of value is there.
    pub(super) fn no_records(&self, path: &Path, found: &Value, keys: &[String]) -> Error {
        let what = match found {
            Value::Object(_) => "an object",
            Value::Array(_) => "a list",
            _ => "a single value",
        };
        let wanted = match self.records {
            Records::Named => "an object whose values are the records",
            _ => "a list of records",
        };
        // No `help`: that of an import that stopped would stand in its place.
        let or = match found {
            Value::Object(_) => {
                "; or say in the recipe below which keys they stand (within = \"…\"), that the object's values are the records \
                 (records = \"named\"), or that the object is the record itself (records = \"one\")"
            }
            Value::Array(_) => "; without `records` in the recipe the list's elements are the records",
            _ => "",
        };
        let error = Error::input(format!("{} is {what}", place_of(&self.within))).in_file(path);
        error.expected(format!("{wanted}{or}")).known("", keys)
    }
}

fn place_of(within: &[String]) -> String {
    if within.is_empty() { "the document".to_owned() } else { format!("`{}`", within.join(".")) }
}

/// A file that holds nothing: most likely a download that failed.
pub(super) fn empty(path: &Path) -> Error {
    Error::input("the file holds no records")
        .in_file(path)
        .help("take it out of the recipe, or fetch it anew: an empty file is often a download that failed")
}
