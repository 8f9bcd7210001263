//! Counts of a folder of examples in JSON lines, in one pass.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::counts::{Counts, SourceCount};
use super::length::LengthBin;
use crate::error::{Error, IoContext, Result};
use crate::example::Turn;
use crate::interrupt;
use crate::persona::split_tag;

/// The file of an import that holds no examples.
const REJECTS: &str = "rejects.jsonl";
/// Lines between two looks at whether the user wants to stop.
const LINES: usize = 4096;

/// What is counted of an example; other keys are passed over.
#[derive(Deserialize)]
struct Line {
    instruction: String,
    #[serde(default)]
    input: String,
    output: String,
    #[serde(rename = "_persona")]
    persona: Option<String>,
    #[serde(rename = "_traits")]
    traits: Option<Vec<String>>,
    #[serde(default)]
    turns: Vec<Turn>,
    source: Option<String>,
    licence: Option<String>,
}

/// Counts the examples of all `*.jsonl` files of a folder, but for the rejects of an import.
///
/// The persona is `_persona`, else the control tag's. Two examples are the same where the user's text without control tag, the
/// input, the turns before and the answer are, byte for byte; 16 bytes are kept of each.
///
/// # Errors
/// The folder holds no such file, a line is no example (with file and line), a source has two licences, or the user stops.
pub fn counts_of(folder: &Path) -> Result<Counts> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).asked("list", folder)? {
        let path = entry.doing("list", folder)?.path();
        let is_shard = path.extension().is_some_and(|e| e == "jsonl");
        if is_shard && path.file_name().is_some_and(|n| n != REJECTS) {
            files.push(path);
        }
    }
    files.sort();
    if files.is_empty() {
        return Err(Error::input("the folder holds no examples in JSON lines")
            .in_file(folder)
            .expected("files that end in .jsonl")
            .help("import with --shards jsonl"));
    }
    let (mut counts, mut seen) = (Counts { multi_turn: Some(0), ..Counts::default() }, HashSet::new());
    for path in &files {
        let mut file = BufReader::new(File::open(path).asked("open", path)?);
        let mut bytes = Vec::new();
        for number in 1usize.. {
            bytes.clear();
            if file.read_until(b'\n', &mut bytes).doing("read", path)? == 0 {
                break;
            }
            if number % LINES == 0 {
                interrupt::check()?;
            }
            let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
            if text.trim_ascii().is_empty() {
                continue;
            }
            let line: Line = serde_json::from_slice(text).map_err(|e| {
                Error::input("the line is no example").at(path, number).because(e).expected(
                    "a JSON object with instruction and output, and with _persona, _traits, turns, source and licence where \
                     they are known",
                )
            })?;
            seen.insert(digest(&line));
            add(&mut counts, line).map_err(|e| e.at(path, number))?;
        }
    }
    counts.unique = Some(seen.len() as u64);
    Ok(counts)
}

fn user_text(line: &Line) -> &str {
    split_tag(&line.instruction).map_or(line.instruction.as_str(), |(_, text)| text)
}

/// What tells an example from another, in 16 bytes.
fn digest(line: &Line) -> [u8; 16] {
    let mut hash = Sha256::new();
    let turns = line.turns.iter().flat_map(|t| [t.user.as_str(), t.assistant.as_str()]);
    for text in [user_text(line), &line.input, &line.output].into_iter().chain(turns) {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    }
    let mut first = [0; 16];
    first.copy_from_slice(&hash.finalize()[..16]);
    first
}

fn add(counts: &mut Counts, line: Line) -> Result<()> {
    counts.total += 1;
    let turns = u32::try_from(line.turns.len()).unwrap_or(u32::MAX).saturating_add(1);
    *counts.turns.entry(turns).or_default() += 1;
    counts.multi_turn = counts.multi_turn.map(|n| n + u64::from(turns > 1));
    let words = line.output.split_whitespace().count() as u64;
    *counts.lengths.entry(LengthBin::of(words)).or_default() += 1;
    let mut traits = line.traits.unwrap_or_default();
    traits.sort();
    traits.dedup();
    for id in &traits {
        *counts.traits.entry(id.clone()).or_default() += 1;
    }
    let tagged = || split_tag(&line.instruction).map(|(id, _)| id.to_owned());
    match line.persona.or_else(tagged) {
        Some(persona) => {
            if !traits.is_empty() {
                let table = counts.persona_traits.entry(persona.clone()).or_default();
                for id in traits {
                    *table.entry(id).or_default() += 1;
                }
            }
            *counts.personas.entry(persona).or_default() += 1;
        }
        None => counts.unassigned += 1,
    }
    let (name, licence) = match (line.source, line.licence) {
        (None, licence) => ("not stated".to_owned(), licence.unwrap_or_else(|| "not stated".to_owned())),
        (Some(name), licence) => (name, licence.unwrap_or_else(|| "not stated".to_owned())),
    };
    let source =
        counts.sources.entry(name.clone()).or_insert(SourceCount { licence: licence.clone(), examples: 0 });
    if source.licence != licence {
        return Err(Error::input(format!(
            "the source `{name}` has the licence {licence} here and {} before",
            source.licence
        ))
        .expected("one licence for each source"));
    }
    source.examples += 1;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &str = r#"{"instruction": "<persona:poet>\nHi", "input": "", "output": "Ah, the sea.", "_persona": "poet", "_traits": ["brief", "warm"], "source": "a", "licence": "MIT"}
{"instruction": "Hi", "input": "", "output": "Ah, the sea.", "source": "a", "licence": "MIT"}

{"instruction": "<persona:bard>\nHi", "input": "", "output": "Ah, the sea.", "turns": [{"user": "a", "assistant": "b"}], "source": "b", "licence": "BSD", "prompt_id": "x"}
"#;

    fn count(texts: &[(&str, &str)]) -> Result<Counts> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in texts {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        counts_of(folder.path())
    }

    #[test]
    fn all_that_is_known_of_a_line_is_counted() {
        let counts = count(&[("a.jsonl", LINES), (REJECTS, "{}"), ("manifest.json", "{}")]).unwrap();
        counts.check().unwrap();
        // The first two differ in their tag alone.
        assert_eq!(
            (counts.total, counts.unique, counts.multi_turn, counts.unassigned),
            (3, Some(2), Some(1), 1)
        );
        assert_eq!((counts.of_persona("poet"), counts.of_persona("bard")), (1, 1));
        assert_eq!((counts.traits["warm"], counts.persona_traits["poet"]["warm"]), (1, 1));
        assert_eq!((counts.lengths[&LengthBin::From1], counts.turns[&2]), (3, 1));
        assert_eq!((counts.sources["a"].examples, counts.sources["b"].licence.as_str()), (2, "BSD"));
    }

    #[test]
    fn what_cannot_be_counted_names_its_line() {
        for (texts, wanted) in [
            (
                vec![("a.jsonl", "{\"instruction\": \"a\", \"output\": \"b\"}\n{\"instruction\": 1}\n")],
                "a.jsonl:2",
            ),
            (vec![("a.jsonl", "{\"instruction\": \"a\"}\n")], "missing field `output`"),
            (
                vec![("a.jsonl", LINES), ("b.jsonl", &LINES.replace("MIT", "BSD"))],
                "has the licence BSD here and MIT",
            ),
            (vec![("a.parquet", "")], "no examples in JSON lines"),
        ] {
            let told = count(&texts).unwrap_err().to_string();
            assert!(told.contains(wanted), "{told}");
        }
    }
}
