//! `training.jsonl`: names, then a line for every step and every look, written as they are made.

use crate::atomic;
use crate::error::{Error, IoContext, Result};
use crate::train::JournalLine;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The journal of a course that goes on.
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    lines: Vec<JournalLine>,
}

impl Journal {
    /// Opens the journal, below its head, with the steps up to one and the looks up to another; what was written after them is
    /// made again, and goes.
    ///
    /// # Errors
    /// The file cannot be read or written, or lacks a step: figures are made of all of them.
    pub fn open(path: &Path, head: JournalLine, step: usize, looked: usize) -> Result<Self> {
        let stays = |line: &JournalLine| match line {
            JournalLine::Head { .. } => false,
            JournalLine::Look { look } => look.step <= looked,
            JournalLine::Step { stepped, .. } => stepped.step <= step,
        };
        let mut lines = vec![head];
        if path.exists() {
            lines.extend(read_journal(path)?.into_iter().filter(stays));
        }
        check(path, &lines, step)?;
        let text: String = lines.iter().map(text).collect::<Result<_>>()?;
        atomic::write(path, text.as_bytes())?;
        let file = OpenOptions::new().append(true).open(path).doing("open", path)?;
        Ok(Self { path: path.to_path_buf(), file, lines })
    }

    /// Adds a line.
    ///
    /// # Errors
    /// The disk is full.
    pub fn add(&mut self, line: JournalLine) -> Result<()> {
        self.file.write_all(text(&line)?.as_bytes()).doing("write", &self.path)?;
        self.lines.push(line);
        Ok(())
    }

    /// Waits until its lines are on the disk.
    ///
    /// # Errors
    /// The disk is full.
    pub fn sync(&mut self) -> Result<()> {
        self.file.sync_data().doing("write", &self.path)
    }

    /// All lines.
    pub fn lines(&self) -> &[JournalLine] {
        &self.lines
    }
}

/// All steps up to one must be there, in their order.
fn check(path: &Path, lines: &[JournalLine], step: usize) -> Result<()> {
    let steps = lines.iter().filter_map(|line| match line {
        JournalLine::Step { stepped, .. } => Some(stepped.step),
        _ => None,
    });
    let lacking =
        (1..=step).zip(steps.map(Some).chain(std::iter::repeat(None))).find(|(i, s)| Some(*i) != *s);
    match lacking {
        None => Ok(()),
        Some((i, _)) => {
            Err(Error::input(format!("the journal lacks step {i}, which the checkpoint has made"))
                .in_file(path)
                .expected("the journal that was written beside the checkpoint")
                .help("put it back, or begin anew with --overwrite"))
        }
    }
}

fn text(line: &JournalLine) -> Result<String> {
    let json = serde_json::to_string(line)
        .map_err(|e| Error::cannot_run("the journal cannot be written").because(e))?;
    Ok(json + "\n")
}

/// Reads a journal; a last line that a stop cut short is passed over.
///
/// # Errors
/// The file cannot be read, or another line is none of a journal.
pub fn read_journal(path: &Path) -> Result<Vec<JournalLine>> {
    let text = std::fs::read_to_string(path).asked("read the journal", path)?;
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    let read = |(i, line): (usize, &str)| {
        serde_json::from_str(line)
            .map_err(|e| Error::input("this is no line of a training's journal").at(path, i + 1).because(e))
    };
    whole.lines().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::{Look, Stepped};

    fn head() -> JournalLine {
        JournalLine::Head { adapters: vec!["a".into(), "b".into()], personas: vec!["poet".into()] }
    }

    fn step(step: usize) -> JournalLine {
        let stepped = Stepped {
            step,
            phase: 0,
            losses: vec![Some(1.5), None],
            learning_rates: vec![Some(1e-4), None],
            gradient_norms: vec![Some(0.5), None],
            personas: vec![(3, 1, 10, 15.0)],
            tokens: 20,
        };
        JournalLine::Step { stepped, seconds: 0.1 }
    }

    #[test]
    fn what_comes_after_a_step_goes_and_a_cut_line_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("training.jsonl");
        let mut journal = Journal::open(&path, head(), 0, 0).unwrap();
        for i in 1..=3 {
            journal.add(step(i)).unwrap();
        }
        journal.add(JournalLine::Look { look: Look { step: 3, losses: vec![None, Some(2.0)] } }).unwrap();
        let mut file = OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"{\"step\":4,\"pha").unwrap();
        assert_eq!(read_journal(&path).unwrap().len(), 5);
        let lines = |journal: &Journal| journal.lines().iter().map(|l| text(l).unwrap()).collect::<Vec<_>>();
        let wanted = |steps: &[usize]| {
            let steps = steps.iter().map(|i| text(&step(*i)).unwrap());
            std::iter::once(text(&head()).unwrap()).chain(steps).collect::<Vec<_>>()
        };
        let again = Journal::open(&path, head(), 3, 0).unwrap();
        assert_eq!(lines(&again), wanted(&[1, 2, 3]), "the look is made again");
        let again = Journal::open(&path, head(), 2, 0).unwrap();
        assert_eq!(lines(&again), wanted(&[1, 2]));
        assert_eq!(read_journal(&path).unwrap().len(), 3);
        let told = Journal::open(&path, head(), 3, 0).err().unwrap().to_string();
        assert!(told.contains("lacks step 3"), "{told}");
        std::fs::remove_file(&path).unwrap();
        let told = Journal::open(&path, head(), 1, 0).err().unwrap().to_string();
        assert!(told.contains("lacks step 1"), "{told}");
    }
}
