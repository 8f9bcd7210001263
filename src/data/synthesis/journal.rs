//! `.judged.jsonl`: a line for every candidate that was judged, in their order; what stopped work goes on from.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::reason::Reason;
use crate::error::{Error, IoContext, Result};
use crate::persona::Category;

/// A candidate with its verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Judged {
    pub persona: String,
    /// Id of the prompt.
    pub prompt: String,
    pub attempt: u32,
    /// Why it is not kept; none where it is.
    pub refused: Option<Reason>,
    /// SHA-256 of the answer.
    pub sha256: String,
    /// The category that the tagger found, where a check came so far.
    pub category: Option<Category>,
    /// How sure it was, in thousandths: more digits would only say how the machine adds.
    pub confidence: u32,
    /// Whose style it is nearest to.
    pub voice: Option<String>,
    /// Traits of a kept answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traits: Vec<String>,
    /// A kept answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
}

/// The open file. The lock on the folder keeps others away.
pub(super) struct Journal {
    path: PathBuf,
    file: File,
}

impl Journal {
    /// The journal in a folder, and what it holds; a last line that a stop cut short is cut off.
    ///
    /// # Errors
    /// It cannot be read, or a line is none of this program's.
    pub fn open(folder: &Path) -> Result<(Self, Vec<Judged>)> {
        let path = folder.join(".judged.jsonl");
        let file = OpenOptions::new().create(true).append(true).open(&path).doing("open", &path)?;
        let mut bytes = std::fs::read(&path).doing("read", &path)?;
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        if whole < bytes.len() {
            file.set_len(whole as u64).doing("cut", &path)?;
            bytes.truncate(whole);
        }
        let line = |(i, line): (usize, &[u8])| {
            serde_json::from_slice(line).map_err(|e| {
                Error::input("this is no judged candidate")
                    .at(&path, i + 1)
                    .because(e)
                    .help("the file was changed: write into a new folder")
            })
        };
        let lines = bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty());
        let judged = lines.enumerate().map(line).collect::<Result<_>>()?;
        Ok((Self { path, file }, judged))
    }

    /// Appends a candidate.
    ///
    /// # Errors
    /// The disk is full; what was written before stays whole.
    pub fn add(&mut self, judged: &Judged) -> Result<()> {
        let mut line = serde_json::to_vec(judged)
            .map_err(|e| Error::cannot_run("a candidate cannot be written").because(e))?;
        line.push(b'\n');
        self.file.write_all(&line).doing("write", &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_was_cut_short_is_cut_off_and_a_strange_one_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let judged = |attempt: u32| Judged {
            persona: "poet".to_owned(),
            prompt: "00ff".to_owned(),
            attempt,
            refused: (attempt == 1).then_some(Reason::Cut),
            sha256: "ab".to_owned(),
            category: Some(Category::Creative),
            confidence: 912,
            voice: None,
            traits: vec!["brief".to_owned()],
            output: Some("Rain\nagain".to_owned()),
        };
        let (mut journal, there) = Journal::open(folder.path()).unwrap();
        assert_eq!(there, []);
        journal.add(&judged(0)).unwrap();
        journal.add(&judged(1)).unwrap();
        let path = folder.path().join(".judged.jsonl");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - 9]).unwrap();
        let (mut journal, there) = Journal::open(folder.path()).unwrap();
        assert_eq!(there, [judged(0)]);
        journal.add(&judged(2)).unwrap();
        assert_eq!(Journal::open(folder.path()).unwrap().1, [judged(0), judged(2)]);
        std::fs::write(&path, format!("{text}{{}}\n")).unwrap();
        let told = Journal::open(folder.path()).err().unwrap().to_string();
        assert!(told.contains(".judged.jsonl:3"), "{told}");
    }
}
