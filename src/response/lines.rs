//! Files of responses, read line by line.

use super::given::{FORM, GivenReplies, KEY};
use super::response::Response;
use crate::error::{Error, IoContext, Result};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// A response and where it stands in its file.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// Its line, from 1.
    pub number: usize,
    /// The line's bytes, without the line break.
    pub bytes: Vec<u8>,
    /// What it says.
    pub response: Response,
}

/// A file of responses, read.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Lines {
    /// All whole lines, in the file's order.
    pub lines: Vec<Line>,
    /// Number of a last line that a stop cut short, if there is one; it is not among `lines`.
    pub cut: Option<usize>,
}

/// What a line must hold.
const REQUIRED: [&str; 4] = ["persona", "prompt_id", "sample", "text"];
/// The same, as an error says it.
const EXPECTED: &str = "a JSON object with persona, prompt_id, sample (a whole number from 0) and text";

/// Reads a journal; a half-written last line is dropped, any other broken line is an error.
///
/// # Errors
/// As [`read_lines`].
pub fn read_journal(path: &Path) -> Result<Vec<Response>> {
    Ok(read_lines(path)?.lines.into_iter().map(|line| line.response).collect())
}

/// Reads JSON lines; blank lines, a byte-order mark and Windows line ends are passed over.
///
/// # Errors
/// When the file cannot be read, a line is no response or has likelihoods that cannot be, or a place occurs twice.
pub fn read_lines(path: &Path) -> Result<Lines> {
    let file = File::open(path).asked("open the journal", path)?;
    let mut found = Lines::default();
    let mut seen = HashMap::new();
    let mut reader = BufReader::new(file);
    let mut bytes = Vec::new();
    let mut number = 0;
    loop {
        bytes.clear();
        if reader.read_until(b'\n', &mut bytes).asked("read the journal", path)? == 0 {
            return Ok(found);
        }
        number += 1;
        let whole = bytes.last() == Some(&b'\n');
        let line = bytes.strip_prefix("\u{feff}".as_bytes()).filter(|_| number == 1).unwrap_or(&bytes);
        let line = line.trim_ascii_end();
        if line.trim_ascii_start().is_empty() {
            continue;
        }
        let response = match serde_json::from_slice::<Response>(line) {
            Ok(response) => response,
            // Only a stop leaves a line that ends before its JSON does, and only as the last.
            Err(e) if !whole && e.is_eof() => {
                found.cut = Some(number);
                return Ok(found);
            }
            Err(e) => return Err(not_a_response(line, &e).at(path, number)),
        };
        if let Some(given) = &response.likelihoods {
            given.check().map_err(|e| e.at(path, number))?;
        }
        if let Some(first) = seen.insert(response.place(), number) {
            return Err(Error::input(format!(
                "sample {} of persona `{}` for prompt `{}` occurs twice",
                response.sample, response.persona, response.prompt_id
            ))
            .at(path, number)
            .help(format!("the first is in line {first}; remove one")));
        }
        found.lines.push(Line { number, bytes: line.to_vec(), response });
    }
}

/// What is wrong with a line, as its writer would say it.
fn not_a_response(line: &[u8], cause: &serde_json::Error) -> Error {
    let Ok(text) = std::str::from_utf8(line) else {
        return Error::input("a line is not UTF-8").expected(EXPECTED);
    };
    if let Some((word, key)) = no_number(text) {
        return Error::input(format!("a line holds {word}, which JSON does not have"))
            .key(key)
            .expected("a finite number");
    }
    let object = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text).ok();
    let missing = object.as_ref().and_then(|o| REQUIRED.into_iter().find(|key| !o.contains_key(*key)));
    if let Some(key) = missing {
        return Error::input(format!("a line has no `{key}`")).expected(EXPECTED);
    }
    let likelihoods = object.and_then(|mut o| o.remove(KEY)).filter(|v| !v.is_null());
    if let Some(Err(e)) = likelihoods.map(serde_json::from_value::<GivenReplies>) {
        return Error::input("the likelihoods of a line cannot be read").key(KEY).expected(FORM).because(e);
    }
    // The parser saw this line alone: its own line number would mislead.
    Error::input("a line is not a response")
        .expected(EXPECTED)
        .because(cause.to_string().replace(" at line 1 column", ", column"))
}

/// A word for a number that other programs write, and the last key before it.
fn no_number(text: &str) -> Option<(&'static str, &str)> {
    let (mut key, mut from) = ("", 0);
    // Strings are passed over, for a text may hold these words.
    while let Some(open) = text[from..].find('"').map(|at| from + at) {
        if let Some(word) = ["NaN", "Infinity"].into_iter().find(|word| text[from..open].contains(word)) {
            return Some((word, key));
        }
        let mut escaped = false;
        let close = text[open + 1..].find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        })?;
        key = &text[open + 1..open + 1 + close];
        from = open + close + 2;
    }
    ["NaN", "Infinity"].into_iter().find(|word| text[from..].contains(word)).map(|word| (word, key))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"persona": "poet", "prompt_id": "s01", "sample": 0, "text": "rain"}"#;

    fn read(content: impl AsRef<[u8]>) -> std::result::Result<Lines, String> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.jsonl");
        std::fs::write(&file, content).unwrap();
        read_lines(&file).map_err(|e| e.to_string())
    }

    #[test]
    fn marks_line_ends_and_blank_lines_of_other_programs_are_passed_over() {
        let second = GOOD.replace('0', "1");
        let found = read(format!("\u{feff}{GOOD}\r\n\r\n  \n{second}")).unwrap();
        let told: Vec<_> = found.lines.iter().map(|l| (l.number, l.response.sample)).collect();
        assert_eq!((told, found.cut), (vec![(1, 0), (4, 1)], None));
        assert_eq!(found.lines[0].bytes, GOOD.as_bytes());
        assert_eq!(found.lines[0].response.arm, "trained");
        for nothing in ["", "\n \n", "\u{feff}"] {
            assert_eq!(read(nothing).unwrap(), Lines::default(), "{nothing:?}");
        }
    }

    #[test]
    fn a_cut_last_line_is_counted_and_no_other_broken_line_passes_for_one() {
        let half = GOOD.split_at(40).0;
        let found = read(format!("{GOOD}\n{half}")).unwrap();
        assert_eq!((found.lines.len(), found.cut), (1, Some(2)));
        assert!(read(format!("{half}\n{GOOD}\n")).unwrap_err().contains("a.jsonl:1"));
        assert!(read(format!("{half}\n")).unwrap_err().contains("a.jsonl:1"));
        assert!(read(format!("{GOOD}\nnonsense")).unwrap_err().contains("a.jsonl:2"));
    }

    #[test]
    fn bad_lines_are_errors_that_name_line_and_key() {
        for (from, to, wanted) in [
            (r#""text": "rain""#, r#""txt": "rain""#, "a line has no `text`"),
            (r#""persona": "poet", "#, "", "a line has no `persona`"),
            (r#""rain""#, "5", "invalid type: integer `5`, expected a string"),
            (r#""rain""#, "null", "invalid type: null"),
            (r#""sample": 0"#, r#""sample": NaN"#, "a line holds NaN|`sample`"),
            (r#""rain""#, r#""NaN \" NaN", "x": [-Infinity]"#, "a line holds Infinity|`x`"),
            (r#""rain""#, r#""NaN \" NaN", "tokens": 0.5"#, "floating point `0.5`"),
            (
                r#""rain""#,
                r#""", "likelihoods": {"options": [{"tokens": 3}]}"#,
                "`likelihoods`|missing field `log_likelihood`",
            ),
            (
                r#""rain""#,
                r#""", "likelihoods": {"options": [{"log_likelihood": 1}]}"#,
                "`likelihoods.options[0].log_likelihood`|at most 0",
            ),
            (r#""rain""#, r#""", "likelihoods": [-1]"#, "`likelihoods`|expected: {\"options\""),
            (r#""sample": 0"#, r#""sample": 0.5"#, "floating point `0.5`"),
            (r#""sample": 0"#, r#""sample": -1"#, "integer `-1`"),
            (r#""sample": 0"#, r#""sample": "0""#, "invalid type: string"),
            (r#""sample": 0"#, r#""sample": 0, "tokens": 1e999"#, "out of range"),
            (r#""sample": 0"#, r#""sample": 0, "text": "a""#, "duplicate field `text`"),
            ("{", "[{", "not a response"),
        ] {
            let error = read(format!("\n{}\n", GOOD.replacen(from, to, 1))).unwrap_err();
            let told = wanted.split('|').all(|part| error.contains(part));
            assert!(told && error.contains("a.jsonl:2"), "`{to}` should say `{wanted}`: {error}");
            assert!(!error.contains("at line 1"), "{error}");
        }
        let latin = [GOOD.replace("rain", "caf").as_bytes(), b"\n"].concat();
        let latin: Vec<u8> =
            latin.iter().flat_map(|b| if *b == b'f' { vec![b'f', 0xe9] } else { vec![*b] }).collect();
        let error = read(latin).unwrap_err();
        assert!(error.contains("a line is not UTF-8") && error.contains("a.jsonl:1"), "{error}");
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(read_lines(folder.path()).unwrap_err().kind(), crate::error::Kind::Input);
        assert_eq!(read_lines(&folder.path().join("b")).unwrap_err().kind(), crate::error::Kind::Input);
    }
}
