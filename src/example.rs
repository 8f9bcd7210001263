//! Training and reference examples: JSON lines in the dataset specification's schema.
//!
//! One object a line: `instruction` (control tag, line feed, the user's text), `input`, `output`, `_persona`,
//! `_traits`, and optionally `prompt_id`, `turns` (what was said before), `source` and `licence`.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::persona::{Registry, split_tag};

/// The keys of a line.
const KEYS: [&str; 9] =
    ["instruction", "input", "output", "_persona", "_traits", "prompt_id", "turns", "source", "licence"];

/// One exchange that came before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Turn {
    /// What the user said.
    pub user: String,
    /// What was answered.
    pub assistant: String,
}

/// A prompt and the answer of a persona.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Example {
    /// Control tag and the user's text.
    pub instruction: String,
    /// More material for the instruction; often empty.
    #[serde(default)]
    pub input: String,
    /// The persona's answer.
    pub output: String,
    /// Id of the persona.
    #[serde(rename = "_persona")]
    pub persona: String,
    /// Traits of the answer.
    #[serde(rename = "_traits", default)]
    pub traits: Vec<String>,
    /// Which prompt was answered, where several personas answer the same ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_id: Option<String>,
    /// What was said before the instruction, without control tag: it is put before the first of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<Turn>,
    /// Name of the set that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Licence of that set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
}

impl Example {
    /// The user's text without control tag, with the input behind it after a blank line.
    pub fn user_text(&self) -> String {
        let text = split_tag(&self.instruction).map_or(self.instruction.as_str(), |(_, text)| text);
        if self.input.is_empty() { text.to_owned() } else { format!("{text}\n\n{}", self.input) }
    }
}

/// Reads examples line by line; lines of white space are passed over.
///
/// Each item is the example and its line, or an error with file, line and key, after which the next line can be read.
#[derive(Debug)]
pub struct ExampleReader {
    path: PathBuf,
    file: BufReader<File>,
    line: usize,
    broken: bool,
}

impl ExampleReader {
    /// Opens a file of examples.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        let file = File::open(&path)
            .map_err(|e| Error::input("cannot read the examples").in_file(&path).because(e))?;
        Ok(Self { path, file: BufReader::new(file), line: 0, broken: false })
    }

    fn step(&mut self) -> Result<Option<(usize, Example)>> {
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            self.line += 1;
            let read = self.file.read_until(b'\n', &mut bytes).map_err(|e| {
                Error::cannot_run("could not read the examples").at(&self.path, self.line).because(e)
            })?;
            if read == 0 {
                return Ok(None);
            }
            let text = std::str::from_utf8(&bytes).map_err(|e| {
                Error::input("the line is not UTF-8 text").at(&self.path, self.line).because(e)
            })?;
            if !text.trim().is_empty() {
                return parse(text, &self.path, self.line).map(|example| Some((self.line, example)));
            }
        }
    }
}

impl Iterator for ExampleReader {
    type Item = Result<(usize, Example)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.broken {
            return None;
        }
        let item = self.step().transpose();
        // After a line that is no example the next one is read; after a file that cannot be read nothing is.
        self.broken = match &item {
            Some(Ok(_)) => false,
            Some(Err(e)) => e.kind() != Kind::Input,
            None => true,
        };
        item
    }
}

/// Reads all examples of a file; each must be tagged with a persona of the registry.
///
/// # Errors
/// The file cannot be read or holds no example, or a line is no example: with file, line and key.
pub fn read_examples(path: impl AsRef<Path>, registry: &Registry) -> Result<Vec<Example>> {
    let path = path.as_ref();
    let ids: BTreeSet<&str> = registry.ids().collect();
    let mut examples = Vec::new();
    for item in ExampleReader::open(path)? {
        let (line, example) = item?;
        if !ids.contains(example.persona.as_str()) {
            return Err(Error::input(format!("unknown persona `{}`", example.persona))
                .at(path, line)
                .key("_persona")
                .expected(format!("the id of a persona in {}", registry.path().display()))
                .known(&example.persona, ids));
        }
        examples.push(example);
    }
    if examples.is_empty() {
        return Err(Error::input("the file holds no example")
            .in_file(path)
            .expected("one JSON object a line"));
    }
    Ok(examples)
}

fn parse(text: &str, path: &Path, line: usize) -> Result<Example> {
    let text = if line == 1 { text.trim_start_matches('\u{feff}') } else { text };
    let example: Example = serde_json::from_str(text).map_err(|e| json_error(&e, path, line))?;
    check(&example, path, line)?;
    Ok(example)
}

/// Whether an example says all that it must, and no two things: with file, line and key.
///
/// # Errors
/// It does not.
pub fn check(example: &Example, path: &Path, line: usize) -> Result<()> {
    let bad = |key: &str, what: String| Error::input(what).at(path, line).key(key);
    for (key, value) in [("output", &example.output), ("_persona", &example.persona)] {
        if value.trim().is_empty() {
            return Err(bad(key, format!("`{key}` is empty")).expected("text that is not blank"));
        }
    }
    match split_tag(&example.instruction) {
        Some((id, rest)) if id == example.persona => {
            if rest.trim().is_empty() && example.input.trim().is_empty() {
                return Err(bad("instruction", "nothing follows the control tag".to_owned()));
            }
        }
        Some((id, _)) => {
            return Err(bad(
                "instruction",
                format!("the tag says `{id}`, `_persona` says `{}`", example.persona),
            )
            .expected("the same persona in both"));
        }
        None => {
            return Err(bad("instruction", "the control tag is missing".to_owned())
                .expected(format!("`<persona:{}>` and a line feed before the user's text", example.persona))
                .help("write the tag of `_persona` there, in every example"));
        }
    }
    for turn in &example.turns {
        if turn.user.trim().is_empty() || turn.assistant.trim().is_empty() {
            return Err(
                bad("turns", "an earlier turn is empty".to_owned()).expected("text that is not blank")
            );
        }
        if split_tag(&turn.user).is_some() {
            return Err(bad("turns", "an earlier turn has a control tag".to_owned()).expected(
                "the tag in `instruction` alone: it is put before the first user text as it is read",
            ));
        }
    }
    Ok(())
}

fn json_error(e: &serde_json::Error, path: &Path, line: usize) -> Error {
    let message = e.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
    // serde names the key between backticks; it is only used for the hint.
    let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
    match unknown {
        Some(key) => Error::input(format!("unknown key `{key}`")).at(path, line).key(key).known(key, KEYS),
        None => Error::input(format!("not an example: {message}, column {}", e.column()))
            .at(path, line)
            .expected("a JSON object with instruction, input, output, _persona and _traits"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"instruction": "<persona:poet>\nHi", "input": "", "output": "Ah.", "_persona": "poet", "_traits": ["brief"], "prompt_id": "t01"}"#;

    fn registry() -> Registry {
        Registry::load(concat!(env!("CARGO_MANIFEST_DIR"), "/suites/personas.toml")).unwrap()
    }

    fn read(bytes: &[u8]) -> Result<Vec<Example>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("e.jsonl");
        std::fs::write(&path, bytes).unwrap();
        read_examples(path, &registry())
    }

    #[test]
    fn a_line_of_the_specification_reads_and_writes_back_the_same() {
        let tagged = GOOD.replace('}', r#", "source": "own", "licence": "MIT"}"#);
        let examples = read(format!("\u{feff}{GOOD}\n\n{tagged}").as_bytes()).unwrap();
        assert_eq!((examples.len(), examples[1].source.as_deref()), (2, Some("own")));
        let again: serde_json::Value = serde_json::to_value(&examples[1]).unwrap();
        assert_eq!(again, serde_json::from_str::<serde_json::Value>(&tagged).unwrap());
        assert_eq!(examples[0].user_text(), "Hi");
        let again: serde_json::Value = serde_json::to_value(&examples[0]).unwrap();
        assert_eq!(again, serde_json::from_str::<serde_json::Value>(GOOD).unwrap());
    }

    #[test]
    fn an_input_follows_the_instruction() {
        let examples = read(GOOD.replace(r#""input": """#, r#""input": "there""#).as_bytes()).unwrap();
        assert_eq!(examples[0].user_text(), "Hi\n\nthere");
    }

    #[test]
    fn turns_read_as_pairs() {
        let line = GOOD.replace(r#""prompt_id": "t01""#, r#""turns": [{"user": "a", "assistant": "b"}]"#);
        assert_eq!(
            read(line.as_bytes()).unwrap()[0].turns,
            [Turn { user: "a".into(), assistant: "b".into() }]
        );
        for (from, to, wanted) in [
            ("assistant", "bot", "unknown key `bot`"),
            (r#""user": "a""#, r#""user": "<persona:poet>\na""#, "an earlier turn has a control tag"),
            (r#""assistant": "b""#, r#""assistant": " ""#, "an earlier turn is empty"),
        ] {
            let err = read(line.replace(from, to).as_bytes()).unwrap_err().to_string();
            assert!(err.contains(wanted) && err.contains("e.jsonl:1"), "{err}");
        }
    }

    #[test]
    fn every_bad_line_names_file_line_and_cause() {
        for (from, to, wanted) in [
            (r#""_traits""#, r#""_trait""#, "unknown key `_trait`|did you mean: _traits?"),
            (r#""output": "Ah.""#, r#""output": " ""#, "`output` is empty"),
            (r#""output": "Ah.", "#, "", "missing field `output`"),
            (r#""output""#, r#""input""#, "duplicate field"),
            ("<persona:poet>\\n", "", "the control tag is missing|in every example"),
            ("<persona:poet>\\nHi", "<persona:poet>\\n ", "nothing follows"),
            ("<persona:poet>", "<persona:bard>", "the tag says `bard`"),
            ("poet", "poeet", "unknown persona `poeet`|did you mean: poet?"),
            (r#""brief""#, "1", "not an example"),
            ("}", "", "not an example|EOF"),
            ("}", "} x", "not an example|trailing"),
        ] {
            let bad = GOOD.replace(from, to);
            assert_ne!(bad, GOOD, "{from}");
            let err = read(format!("{GOOD}\n{bad}\n").as_bytes()).unwrap_err().to_string();
            for part in wanted.split('|').chain(["e.jsonl:2"]) {
                assert!(err.contains(part), "`{to}` should say `{part}`:\n{err}");
            }
        }
    }

    #[test]
    fn bytes_that_are_not_utf8_name_their_line() {
        let mut bytes = format!("{GOOD}\n").into_bytes();
        bytes.extend(GOOD.replace("Ah", "A?").bytes().map(|b| if b == b'?' { 0xff } else { b }));
        let err = read(&bytes).unwrap_err().to_string();
        assert!(err.contains("not UTF-8") && err.contains("e.jsonl:2"), "{err}");
    }

    #[test]
    fn a_file_without_examples_is_an_error() {
        assert!(read(b"\n \n").unwrap_err().to_string().contains("no example"));
        assert!(read_examples("/nowhere.jsonl", &registry()).is_err());
    }

    #[test]
    fn a_reader_goes_on_behind_a_line_that_is_no_example_and_all_of_a_file_must_be_examples() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("e.jsonl");
        std::fs::write(&path, format!("{{\n{GOOD}\n")).unwrap();
        let items: Vec<_> = ExampleReader::open(&path).unwrap().collect();
        assert!(items.len() == 2 && items[0].is_err() && matches!(items[1], Ok((2, _))));
        assert!(read_examples(&path, &registry()).is_err());
    }
}
