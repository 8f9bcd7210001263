//! Rows of a published file: one JSON object a line, plain or in gzip.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
use serde_json::Value;

use crate::error::{Error, Result};

/// One row and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Row {
    path: PathBuf,
    line: usize,
    value: Value,
}

impl Row {
    /// The text under a key.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn text(&self, key: &str) -> Result<&str> {
        self.get(key)?.as_str().ok_or_else(|| self.error(format!("`{key}` is no text")))
    }

    /// The value under a key.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn get(&self, key: &str) -> Result<&Value> {
        let keys = || self.value.as_object().into_iter().flat_map(|o| o.keys());
        self.value.get(key).ok_or_else(|| self.error(format!("the row has no `{key}`")).known(key, keys()))
    }

    /// A mistake in this row.
    pub(super) fn error(&self, what: impl Into<String>) -> Error {
        Error::input(what).at(&self.path, self.line)
    }

    /// Another mistake, said to be in this row.
    pub(super) fn place(&self, error: Error) -> Error {
        error.at(&self.path, self.line)
    }
}

/// All rows of a file; one whose name ends in `.gz` is unpacked. Blank lines are passed over.
///
/// # Errors
/// The file cannot be read or unpacked, or a line is no JSON object.
pub(super) fn read_rows(path: &Path) -> Result<Vec<Row>> {
    let unread = |e| Error::input("cannot read the benchmark's file").in_file(path).because(e);
    let file = File::open(path).map_err(unread)?;
    let packed = path.extension().is_some_and(|e| e == "gz");
    let reader: Box<dyn Read> = if packed { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    let mut rows = Vec::new();
    for (i, line) in BufReader::new(reader).lines().enumerate() {
        let line = line.map_err(unread)?;
        if line.trim().is_empty() {
            continue;
        }
        let value: Value = serde_json::from_str(&line)
            .map_err(|e| Error::input("a line is not JSON").at(path, i + 1).because(e))?;
        let row = Row { path: path.to_path_buf(), line: i + 1, value };
        if !row.value.is_object() {
            return Err(row.error("a line is no JSON object"));
        }
        rows.push(row);
    }
    if rows.is_empty() {
        return Err(Error::input("the benchmark's file holds no row").in_file(path));
    }
    Ok(rows)
}

/// At most `items` of the rows, evenly spread from the first on: published files are often sorted by kind.
pub(super) fn spread<T>(rows: Vec<T>, items: Option<usize>) -> Vec<T> {
    let all = rows.len();
    let wanted = items.unwrap_or(all).min(all);
    let mut next = 0;
    let chosen = rows.into_iter().enumerate().filter_map(|(i, row)| {
        let due = next < wanted && i == next * all / wanted;
        next += usize::from(due);
        due.then_some(row)
    });
    chosen.collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn rows_are_spread_evenly() {
        let of = |n: usize, items| spread((0..n).collect(), items);
        assert_eq!(of(10, Some(3)), [0, 3, 6]);
        assert_eq!(of(3, Some(5)), [0, 1, 2]);
        assert_eq!(of(4, None), [0, 1, 2, 3]);
        assert_eq!(of(1319, Some(50)).len(), 50);
    }

    #[test]
    fn a_packed_file_is_read_and_a_broken_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl.gz");
        let mut packed =
            flate2::write::GzEncoder::new(File::create(&path).unwrap(), flate2::Compression::fast());
        packed.write_all(b"{\"a\": \"x\"}\n\n{\"a\": 2}\n").unwrap();
        packed.finish().unwrap();
        let rows = read_rows(&path).unwrap();
        assert_eq!(rows[0].text("a").unwrap(), "x");
        for (error, wanted) in [
            (rows[1].text("a").unwrap_err(), "a.jsonl.gz:3|`a` is no text"),
            (rows[1].get("aa").unwrap_err(), "a.jsonl.gz:3|no `aa`|did you mean: a?"),
        ] {
            let told = error.to_string();
            assert!(wanted.split('|').all(|part| told.contains(part)), "{told}");
        }
        let plain = folder.path().join("b.jsonl");
        for (text, wanted) in
            [("{}\n[1]\n", "b.jsonl:2|no JSON object"), ("{\n", "b.jsonl:1|not JSON"), ("", "no row")]
        {
            std::fs::write(&plain, text).unwrap();
            let told = read_rows(&plain).unwrap_err().to_string();
            assert!(wanted.split('|').all(|part| told.contains(part)), "{told}");
        }
    }
}
