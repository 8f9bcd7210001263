//! `judge.jsonl`: the judge's replies, one line a request, so that none is asked for twice.

use crate::error::{Error, IoContext, Result};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Name of the file in a run's folder.
pub const REPLIES: &str = "judge.jsonl";

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// SHA-256 of the request's body: model, rubric, persona, prompt and both replies.
    request: String,
    /// What the judge wrote, as it came.
    reply: String,
}

/// Replies by the hash of their request, open for appending.
pub(super) struct Replies {
    path: PathBuf,
    file: File,
    known: HashMap<String, String>,
}

impl Replies {
    /// Opens the file of a run's folder; a last line that a stop cut short is cut off. Replies of `earlier`, if it is there,
    /// are known too.
    ///
    /// # Errors
    /// A line that is no reply, with its place, or a file that cannot be opened or mended.
    pub(super) fn open(folder: &Path, earlier: Option<&Path>) -> Result<Self> {
        let path = folder.join(REPLIES);
        let file =
            OpenOptions::new().create(true).read(true).append(true).open(&path).doing("open", &path)?;
        let mut known = HashMap::new();
        if let Some(earlier) = earlier.filter(|p| p.is_file()) {
            read(earlier, &mut known)?;
        }
        let whole = read(&path, &mut known)?;
        file.set_len(whole).doing("mend", &path)?;
        Ok(Self { path, file, known })
    }

    /// The reply to a request, where it is known.
    pub(super) fn get(&self, request: &str) -> Option<&str> {
        self.known.get(request).map(String::as_str)
    }

    /// Appends a reply and flushes it.
    ///
    /// # Errors
    /// When the disk is full or the file is gone; what was written before stays whole.
    pub(super) fn keep(&mut self, request: &str, reply: &str) -> Result<()> {
        let line = Line { request: request.to_owned(), reply: reply.to_owned() };
        let mut bytes = serde_json::to_vec(&line)
            .map_err(|e| Error::cannot_run("a reply of the judge cannot be written").because(e))?;
        bytes.push(b'\n');
        self.file.write_all(&bytes).and_then(|()| self.file.flush()).doing("write", &self.path)?;
        self.known.insert(line.request, line.reply);
        Ok(())
    }
}

/// Reads whole lines; how many bytes they take.
fn read(path: &Path, known: &mut HashMap<String, String>) -> Result<u64> {
    let bytes = std::fs::read(path).doing("read the judge's replies", path)?;
    let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    for (i, line) in bytes[..whole].split(|b| *b == b'\n').enumerate().filter(|(_, line)| !line.is_empty()) {
        let line: Line = serde_json::from_slice(line).map_err(|e| {
            Error::input("the line is no reply of a judge")
                .at(path, i + 1)
                .because(e)
                .help("delete the file: what it lacks is asked again")
        })?;
        known.insert(line.request, line.reply);
    }
    Ok(whole as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replies_outlive_a_stop_in_the_middle_of_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(REPLIES);
        Replies::open(folder.path(), None).unwrap().keep("a", "one\n\u{2028}").unwrap();
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"{\"request\": \"b").unwrap();
        let mut replies = Replies::open(folder.path(), None).unwrap();
        assert_eq!((replies.get("a"), replies.get("b")), (Some("one\n\u{2028}"), None));
        replies.keep("b", "two").unwrap();
        let other = tempfile::tempdir().unwrap();
        let replies = Replies::open(other.path(), Some(&path)).unwrap();
        assert_eq!((replies.get("a"), replies.get("b")), (Some("one\n\u{2028}"), Some("two")));
        std::fs::write(&path, "{\"request\": \"a\", \"reply\": \"one\"}\nnonsense\n").unwrap();
        let error = Replies::open(folder.path(), None).err().unwrap().to_string();
        assert!(error.contains("judge.jsonl:2"), "{error}");
    }
}
