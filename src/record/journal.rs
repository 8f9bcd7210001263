//! `responses.jsonl`: one line a response, appended and flushed as it goes.

use crate::error::{Error, IoContext, Result};
use crate::lock;
use crate::response::Response;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

/// The journal of a run, open for appending.
pub struct Journal {
    file: File,
    path: PathBuf,
}

impl Journal {
    /// Opens the journal for this process alone; a half-written last line, left by a stopped run, is cut off.
    ///
    /// # Errors
    /// When the file cannot be opened or mended, or another process is writing it.
    pub fn open(path: &Path) -> Result<Self> {
        let file = lock::take(path)?.if_free().ok_or_else(|| {
            Error::cannot_run("another process is writing this run")
                .in_file(path)
                .help("wait until it ends, or start a run of its own")
        })?;
        let bytes = std::fs::read(path).doing("read the journal", path)?;
        let whole = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |i| i + 1);
        if whole < bytes.len() {
            file.set_len(whole as u64).doing("mend the journal", path)?;
        }
        Ok(Self { file, path: path.to_path_buf() })
    }

    /// Appends one response and flushes it.
    ///
    /// # Errors
    /// When the disk is full or the file is gone; what was written before stays whole.
    pub fn append(&mut self, response: &Response) -> Result<()> {
        let mut line = serde_json::to_vec(response)
            .map_err(|e| Error::cannot_run("a response cannot be written").because(e))?;
        line.push(b'\n');
        self.file.write_all(&line).and_then(|()| self.file.flush()).map_err(|e| {
            Error::cannot_run("the journal cannot be written")
                .in_file(&self.path)
                .because(e)
                .help("free some space, then run again with --resume")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::response::read_journal;

    fn response(sample: usize) -> Response {
        serde_json::from_value(serde_json::json!({
            "persona": "poet", "prompt_id": "s01", "sample": sample, "text": "rain\u{2028}\u{0007} — ✨"
        }))
        .unwrap()
    }

    #[test]
    fn a_journal_survives_a_stop_in_the_middle_of_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("responses.jsonl");
        let mut journal = Journal::open(&path).unwrap();
        journal.append(&response(0)).unwrap();
        let second = Journal::open(&path).map(|_| ()).unwrap_err().to_string();
        assert!(second.contains("another process"), "{second}");
        drop(journal);
        std::fs::OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(b"{\"persona\": \"po")
            .unwrap();
        assert_eq!(read_journal(&path).unwrap(), vec![response(0)]);
        let mut journal = Journal::open(&path).unwrap();
        journal.append(&response(1)).unwrap();
        assert_eq!(read_journal(&path).unwrap(), vec![response(0), response(1)]);
    }

    #[test]
    fn broken_and_repeated_lines_are_errors_with_their_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("responses.jsonl");
        let line = serde_json::to_string(&response(0)).unwrap();
        std::fs::write(&path, format!("{line}\nnonsense\n{line}\n")).unwrap();
        assert!(read_journal(&path).unwrap_err().to_string().contains(":2"));
        std::fs::write(&path, format!("{line}\n{line}\n")).unwrap();
        let error = read_journal(&path).unwrap_err().to_string();
        assert!(error.contains("occurs twice") && error.contains(":2"), "{error}");
    }
}
