//! The files of a new project.

use crate::atomic;
use crate::error::{Error, IoContext, Result};
use crate::example::Example;
use crate::persona::Registry;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const PERSONAS: &str = include_str!("template/personas.toml");
const SUITE: &str = include_str!("template/all.toml");
const README: &str = include_str!("template/README.md");
/// The corpus of the categories that the template's personas belong to: file name, training text, held-out text.
const CORPUS: [(&str, &str, &str); 3] = [
    (
        "technical.jsonl",
        include_str!("../../fixtures/corpus/train/technical.jsonl"),
        include_str!("../../fixtures/corpus/heldout/technical.jsonl"),
    ),
    (
        "empathetic.jsonl",
        include_str!("../../fixtures/corpus/train/empathetic.jsonl"),
        include_str!("../../fixtures/corpus/heldout/empathetic.jsonl"),
    ),
    (
        "creative.jsonl",
        include_str!("../../fixtures/corpus/train/creative.jsonl"),
        include_str!("../../fixtures/corpus/heldout/creative.jsonl"),
    ),
];

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectFile {
    /// Its path within the project.
    pub path: PathBuf,
    /// What it is.
    pub about: String,
}

/// Writes a new project into `folder`, which must be empty or not there.
///
/// # Errors
/// When the folder holds something already, or cannot be written.
pub fn create(folder: &Path) -> Result<Vec<ProjectFile>> {
    let filled =
        folder.is_file() || std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if filled {
        return Err(Error::input("something lies there already")
            .in_file(folder)
            .expected("an empty folder, or a new one"));
    }
    let mut files = vec![
        ("README.md".to_owned(), README.to_owned(), "what lies where, and the commands".to_owned()),
        (
            "suites/personas.toml".to_owned(),
            PERSONAS.to_owned(),
            "six personas, to be replaced by yours".to_owned(),
        ),
        ("suites/all.toml".to_owned(), SUITE.to_owned(), "prompts, tasks and gates".to_owned()),
    ];
    for (name, train, heldout) in CORPUS {
        for (place, text) in [("train", train), ("heldout", heldout)] {
            let (lines, count) = of_template(text)?;
            files.push((format!("{place}/{name}"), lines, format!("{count} examples")));
        }
    }
    let mut written = Vec::new();
    for (path, text, about) in files {
        let target = folder.join(&path);
        if let Some(parent) = target.parent() {
            std::fs::create_dir_all(parent).doing("make the folder", parent)?;
        }
        atomic::write(&target, text.as_bytes())?;
        written.push(ProjectFile { path: PathBuf::from(path), about });
    }
    Ok(written)
}

/// The lines of the template's personas, and how many they are.
fn of_template(text: &str) -> Result<(String, usize)> {
    let registry = Registry::parse(Path::new("personas.toml"), PERSONAS)?;
    let ids: BTreeSet<&str> = registry.ids().collect();
    let mut kept = String::new();
    let mut count = 0;
    for line in text.lines() {
        let example: Example = serde_json::from_str(line)
            .map_err(|e| Error::cannot_run("the built-in corpus cannot be read").because(e))?;
        if ids.contains(example.persona.as_str()) {
            kept.push_str(line);
            kept.push('\n');
            count += 1;
        }
    }
    Ok((kept, count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Catalog;
    use crate::suite::Suite;

    #[test]
    fn a_new_project_loads_and_nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().join("mine");
        let files = create(&project).unwrap();
        assert!(files.iter().all(|f| project.join(&f.path).is_file()));
        let registry = Registry::load(project.join("suites/personas.toml")).unwrap();
        let names = Catalog::built_in().unwrap().names();
        let suite =
            Suite::load(project.join("suites/all.toml"), &registry, &names, &|_| unreachable!()).unwrap();
        assert_eq!((suite.personas.len(), suite.prompts.len()), (6, 16));
        let train = std::fs::read_dir(project.join("train")).unwrap().count();
        assert_eq!(train, registry.groups().len(), "every adapter that is trained has text");
        let heldout = suite.heldout_examples(&registry).unwrap();
        assert!(registry.ids().all(|id| heldout.iter().filter(|e| e.persona == id).count() >= 4));
        let error = create(&project).unwrap_err().to_string();
        assert!(error.contains("something lies there already"), "{error}");
    }
}
