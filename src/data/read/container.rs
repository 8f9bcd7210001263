//! What a file's records stand in.

use std::io::Read;
use std::path::Path;

use super::input::{Encoding, open};
use crate::error::{Error, IoContext, Result};

/// How a file holds its records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Container {
    /// One JSON value a line.
    Lines,
    /// One JSON document: a list of records, or an object of them by name.
    Document,
    /// Comma-separated values with a head line (or the recipe's `columns_are`).
    Csv,
    /// The same with tabs.
    Tsv,
    /// Apache Parquet.
    Parquet,
    /// One YAML document.
    Yaml,
}

/// Bytes by which a `.json` file is told from JSON lines.
const LOOK: usize = 256 * 1024;

impl Container {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Lines, Self::Document, Self::Csv, Self::Tsv, Self::Parquet, Self::Yaml];

    /// The name in a recipe.
    pub fn id(self) -> &'static str {
        match self {
            Self::Lines => "lines",
            Self::Document => "document",
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Parquet => "parquet",
            Self::Yaml => "yaml",
        }
    }

    /// By the file's ending, behind that of its packing; a `.json` file is looked into, for many hold JSON lines.
    ///
    /// # Errors
    /// An ending that says nothing, or a file that cannot be read.
    pub fn of(path: &Path) -> Result<Self> {
        let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
        let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
        Ok(match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "jsonl" | "ndjson" => Self::Lines,
            "json" => Self::of_json(path)?,
            "csv" => Self::Csv,
            "tsv" => Self::Tsv,
            "parquet" => Self::Parquet,
            "yml" | "yaml" => Self::Yaml,
            _ => {
                return Err(Error::input("the file's ending does not say what it holds")
                    .in_file(path)
                    .expected(".jsonl, .json, .csv, .tsv, .parquet or .yml, also with .gz or .zst behind it")
                    .help(format!(
                        "say it in the recipe: container = {}",
                        Self::ALL.map(|c| format!("\"{}\"", c.id())).join(" | ")
                    )));
            }
        })
    }

    /// JSON lines when the first line is a whole value and something follows it.
    fn of_json(path: &Path) -> Result<Self> {
        let mut head = Vec::new();
        open(path, Encoding::Utf8, &|_| ())?.take(LOOK as u64).read_to_end(&mut head).doing("read", path)?;
        let text = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&head).trim_ascii_start();
        let Some(end) = text.iter().position(|b| *b == b'\n') else { return Ok(Self::Document) };
        let follows = !text[end..].trim_ascii().is_empty();
        let whole = serde_json::from_slice::<serde::de::IgnoredAny>(&text[..end]).is_ok();
        Ok(if follows && whole { Self::Lines } else { Self::Document })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_and_the_first_line_tell_what_a_file_holds() {
        let folder = tempfile::tempdir().unwrap();
        for (name, text, container) in [
            ("a.jsonl.gz", "", Some(Container::Lines)),
            ("a.CSV", "", Some(Container::Csv)),
            ("a.tsv.zst", "", Some(Container::Tsv)),
            ("a.parquet", "", Some(Container::Parquet)),
            ("a.yml", "", Some(Container::Yaml)),
            ("lines.json", "{\"a\": 1}\n{\"a\": 2}\n", Some(Container::Lines)),
            ("one.json", "{\"a\": {\"b\": 2}}\n", Some(Container::Document)),
            ("list.json", "\n[\n{\"a\": 1},\n{\"a\": 2}]", Some(Container::Document)),
            ("object.json", "{\n\"a\": {}}", Some(Container::Document)),
            ("a.txt", "", None),
            ("jsonl", "", None),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            assert_eq!(Container::of(&path).ok(), container, "{name}");
        }
    }
}
