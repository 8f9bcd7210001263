//! The examples of a folder; what is no example is set aside, with its place and the reason.

use super::folder::LOCK;
use crate::error::{Error, IoContext, Kind, Result};
use crate::example::{Example, ExampleReader};
use crate::model::sha256_file;
use crate::train::DataFile;
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// An example, and where it stands.
#[derive(Debug, Clone)]
pub struct Found {
    /// The example.
    pub example: Example,
    /// Its file's place in the list of files.
    pub file: usize,
    /// Its line, or its row in a table, from 1.
    pub line: usize,
}

/// A line that is no example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// The file, from the folder.
    pub file: String,
    /// The line.
    pub line: usize,
    /// Why.
    pub reason: String,
}

impl Reject {
    /// `file:line: why`.
    pub fn line(&self) -> String {
        format!("{}:{}: {}", self.file, self.line, self.reason)
    }
}

/// Rejects that an error shows.
const SHOWN: usize = 5;
/// Share of lines that may be no examples; more of them are a mistake about the folder.
pub(super) const MOST_REJECTED: f64 = 0.1;
const ENDINGS: [&str; 2] = ["jsonl", "parquet"];

/// What folders hold: examples, what is none, and the files.
pub type Held = (Vec<Found>, Vec<Reject>, Vec<DataFile>);

/// Reads folders one after another; the files of more than one are named with their folder's name before.
///
/// # Errors
/// Two folders have one name, or as [`read_folder`].
pub fn read_folders(folders: &[PathBuf]) -> Result<Held> {
    if let [folder] = folders {
        return read_folder(folder);
    }
    let mut all: Held = Default::default();
    let mut names = BTreeSet::new();
    for folder in folders {
        let whole = std::fs::canonicalize(folder).asked("list the examples in", folder)?;
        let name = whole.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !names.insert(name.clone()) {
            return Err(Error::input(format!("two folders of examples are called `{name}`"))
                .in_file(folder)
                .expected("another name for each: a file is told by its folder's name and its own"));
        }
        let (examples, rejects, files) = read_folder(folder)?;
        let before = all.2.len();
        all.0.extend(examples.into_iter().map(|found| Found { file: before + found.file, ..found }));
        all.1.extend(rejects.into_iter().map(|r| Reject { file: format!("{name}/{}", r.file), ..r }));
        all.2.extend(files.into_iter().map(|f| DataFile { name: format!("{name}/{}", f.name), ..f }));
    }
    Ok(all)
}

/// Reads every `*.jsonl` (and, in a build with the feature `data`, `*.parquet`) of a folder and of the folders in it, in the order of
/// their names.
///
/// # Errors
/// The folder or a file cannot be read, there is no example, or more than a tenth of the lines are none.
pub fn read_folder(folder: &Path) -> Result<Held> {
    let (mut examples, mut rejects, mut files) = (Vec::new(), Vec::new(), Vec::new());
    for path in files_of(folder)? {
        let name = path.strip_prefix(folder).unwrap_or(&path).display().to_string();
        let (before, rejected) = (examples.len(), rejects.len());
        let items = match path.extension().is_some_and(|e| e == "parquet") {
            true => read_parquet(&path)?,
            false => ExampleReader::open(&path)?.collect(),
        };
        for item in items {
            match item {
                Ok((line, example)) => examples.push(Found { example, file: files.len(), line }),
                Err(e) if e.kind() == Kind::Input => {
                    let line = e.place().map_or(0, |p| p.line);
                    rejects.push(Reject { file: name.clone(), line, reason: e.brief() });
                }
                Err(e) => return Err(e),
            }
        }
        let (examples, rejects) = (examples.len() - before, rejects.len() - rejected);
        files.push(DataFile { name, sha256: sha256_file(&path)?, examples, rejects });
    }
    let lines = examples.len() + rejects.len();
    if rejects.len() as f64 > MOST_REJECTED * lines as f64 {
        return Err(Error::input(format!("{} of {lines} lines are no examples", rejects.len()))
            .in_file(folder)
            .because(rejects.iter().take(SHOWN).map(Reject::line).collect::<Vec<_>>().join("\n  "))
            .expected("one example a line, in the dataset's schema; at most a tenth may be something else")
            .help("`data import` makes examples of other layouts"));
    }
    if examples.is_empty() {
        return Err(Error::input("the folder holds no examples")
            .in_file(folder)
            .expected("files *.jsonl with one example a line, here or in folders within"));
    }
    Ok((examples, rejects, files))
}

/// All files of examples in a folder and those within it, sorted; hidden ones and lists of what was no example are passed over.
fn files_of(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).asked("list the examples in", folder)? {
        let path = entry.doing("list", folder)?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let aside = ["rejects.jsonl", "findings.jsonl", "refused.jsonl", "provenance.jsonl"];
        let listed = aside.contains(&name.as_str())
            || name.ends_with(".unassigned.jsonl")
            || name.ends_with(".rejects.jsonl");
        if name.starts_with('.') || listed {
            continue;
        }
        if path.is_dir() {
            // What a training writes there is no example, journal and lists included.
            if !path.join(LOCK).exists() {
                all.extend(files_of(&path)?);
            }
        } else if path.extension().is_some_and(|e| ENDINGS.iter().any(|ending| e == *ending)) {
            all.push(path);
        }
    }
    all.sort();
    Ok(all)
}

#[cfg(feature = "data")]
fn read_parquet(path: &Path) -> Result<Vec<Result<(usize, Example)>>> {
    let numbered = |(i, item): (usize, Result<Example>)| item.map(|example| (i + 1, example));
    Ok(crate::data::read_examples(path)?.into_iter().enumerate().map(numbered).collect())
}

#[cfg(not(feature = "data"))]
fn read_parquet(path: &Path) -> Result<Vec<Result<(usize, Example)>>> {
    Err(Error::input("this build reads no Parquet: that is behind the feature `data`").in_file(path).help(
        "cargo run --release --features data -- train …, or write JSON lines: `data mix --shards jsonl`",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{"instruction": "<persona:poet>\nRain?", "output": "A drum.", "_persona": "poet"}"#;

    #[test]
    fn what_is_no_example_is_set_aside_with_its_line_and_the_rest_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let good = format!("{GOOD}\n");
        let text = format!("{}not json\n\n{good}{}\n", good.repeat(12), GOOD.replace("A drum.", " "));
        std::fs::create_dir(folder.path().join("1-first")).unwrap();
        std::fs::write(folder.path().join("1-first/a.jsonl"), text).unwrap();
        std::fs::write(folder.path().join("b.jsonl"), good.repeat(20)).unwrap();
        std::fs::write(folder.path().join("rejects.jsonl"), "no example\n").unwrap();
        let (examples, rejects, files) = read_folder(folder.path()).unwrap();
        assert_eq!(examples.len(), 33);
        assert_eq!((examples[12].file, examples[12].line), (0, 15));
        assert_eq!(rejects.iter().map(|r| r.line).collect::<Vec<_>>(), [13, 16]);
        assert!(rejects[1].reason.contains("`output` is empty"), "{}", rejects[1].reason);
        assert_eq!(files.iter().map(|f| (f.examples, f.rejects)).collect::<Vec<_>>(), [(13, 2), (20, 0)]);
        assert_eq!(files[0].name, "1-first/a.jsonl");
    }

    #[test]
    fn files_of_several_folders_are_told_by_their_folders() {
        let root = tempfile::tempdir().unwrap();
        let folder = |name: &str, lines: usize| {
            let path = root.path().join(name);
            std::fs::create_dir_all(&path).unwrap();
            std::fs::write(path.join("a.jsonl"), format!("{GOOD}\n").repeat(lines)).unwrap();
            path
        };
        let folders = [folder("one", 1), folder("two", 2)];
        let (examples, _, files) = read_folders(&folders).unwrap();
        assert_eq!(examples.iter().map(|f| (f.file, f.line)).collect::<Vec<_>>(), [(0, 1), (1, 1), (1, 2)]);
        assert_eq!(files.iter().map(|f| f.name.as_str()).collect::<Vec<_>>(), ["one/a.jsonl", "two/a.jsonl"]);
        let told = read_folders(&[folder("one", 1), folder("in/one", 1)]).unwrap_err().to_string();
        assert!(told.contains("are called `one`"), "{told}");
    }

    #[test]
    fn a_folder_of_something_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.jsonl"), format!("{GOOD}\nx\ny\n")).unwrap();
        let told = read_folder(folder.path()).unwrap_err().to_string();
        assert!(told.contains("2 of 3 lines") && told.contains("a.jsonl:2"), "{told}");
        std::fs::write(folder.path().join("a.jsonl"), "\n").unwrap();
        assert!(read_folder(folder.path()).unwrap_err().to_string().contains("no examples"));
    }
}
