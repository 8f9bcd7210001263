//! What a file's records stand in.

use std::path::Path;

use super::elements::{Cut, Elements, value_in};
use super::input::{Encoding, open};
use super::window::Window;
use crate::error::{Error, Result};

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

    /// JSON lines when the first line is a value of its own and something follows it, or looks like one that is broken.
    fn of_json(path: &Path) -> Result<Self> {
        let unheard = |_| ();
        let mut window = Window::new(path, open(path, Encoding::Utf8, &unheard)?);
        window.pass_mark()?;
        let mut json = Elements::new(window)?;
        let Some(first) = json.peek()? else { return Ok(Self::Document) };
        let Some(end) = json.line_end(0)? else {
            // A list is no line of that length; an object may be one, or a document without a line feed.
            let long = first == b'{' && matches!(json.cut()?, Cut::Long(_)) && json.line_end(0)? == Some(0);
            return Ok(if long && json.peek()?.is_some() { Self::Lines } else { Self::Document });
        };
        let line = json.held()[..end].trim_ascii_end();
        let (value, comma) = (value_in(line), line.ends_with(b","));
        if matches!(line, b"[" | b"{") {
            return Ok(Self::Document);
        }
        let alone = value == Some(line.len());
        json.pass(end);
        let next = json.peek()?;
        if value.is_some() {
            let lines = next.is_some() && (alone || (next == Some(first) && !comma));
            return Ok(if lines { Self::Lines } else { Self::Document });
        }
        // The first line is broken, or begins a document: then what stands in the second one is a part of something.
        let Some(end) = json.line_end(0)?.filter(|_| next == Some(first)) else { return Ok(Self::Document) };
        let whole = serde_json::from_slice::<serde::de::IgnoredAny>(&json.held()[..end]).is_ok();
        json.pass(end);
        let apart = json.peek()?.is_none_or(|third| third == first);
        Ok(if whole && apart { Self::Lines } else { Self::Document })
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
            ("mark.json", "\u{feff}[\n{\"a\": 1}]", Some(Container::Document)),
            ("A.JSON.GZ", "{\"a\": 1}\n{\"a\": 2}\n", Some(Container::Lines)),
            ("torn.json", "{\"a\": \n{\"a\": 2}\n{\"a\": 3}\n", Some(Container::Lines)),
            ("wrong.json", "{\"a\": tru}\n{\"a\": 2}\n", Some(Container::Lines)),
            ("behind.json", "{\"a\": 1}}\n{\"a\": 2}\n", Some(Container::Lines)),
            ("lists.json", "[1, 2]\n[3]\n", Some(Container::Lines)),
            ("rows.json", "[{\"a\": 1},\n{\"a\": 2},\n{\"a\": 3}]", Some(Container::Document)),
            ("short.json", "{\"a\": [\n{\"a\": 2}\n]}", Some(Container::Document)),
            ("a.txt", "", None),
            ("jsonl", "", None),
        ] {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            assert_eq!(Container::of(&path).ok(), container, "{name}");
        }
    }

    #[test]
    fn a_long_first_line_tells_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        let long = "x".repeat(17 * 1024 * 1024);
        for (text, container) in [
            (format!("{{\"a\": \"{long}\"}}\n{{\"a\": 2}}\n"), Container::Lines),
            (format!("{{\"a\": \"{long}\"}}\n"), Container::Document),
            (format!("{{\"a\": {{\"b\": \"{long}\",\n\"c\": 2}}}}"), Container::Document),
            (format!("[{{\"a\": \"{long}\"}}]\n"), Container::Document),
        ] {
            std::fs::write(&path, &text).unwrap();
            assert_eq!(Container::of(&path).unwrap(), container, "{}", &text[text.len() - 20..]);
        }
    }
}
