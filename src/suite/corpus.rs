//! Files of examples that a suite points to: held-out text and training text.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::measure::Measure;
use super::prompt::normalized;
use super::suite::Suite;
use crate::document::{Field, Placed};
use crate::error::{Error, Result};
use crate::example::{Example, ExampleReader, read_examples};
use crate::persona::Registry;

/// Reads `[heldout]` or `[training]`: `files`, `dir` (all its `.jsonl`), or both; paths relative to the suite.
pub(super) fn read_files(field: &Field) -> Result<Vec<PathBuf>> {
    let section = field.section(&["files", "dir"])?;
    let mut files = Vec::new();
    if let Some(list) = section.get("files") {
        list.texts()?;
        for item in list.list()? {
            let path = item.relative_path()?;
            if !path.is_file() {
                return Err(item
                    .error(format!("there is no file {}", path.display()))
                    .expected("a .jsonl file"));
            }
            files.push(path);
        }
    }
    if let Some(dir) = section.get("dir") {
        let path = dir.relative_path()?;
        let found = examples_in(&path).map_err(|e| {
            dir.error(format!("cannot read the folder {}", path.display())).expected("a folder").because(e)
        })?;
        if found.is_empty() {
            return Err(dir.error(format!("there is no .jsonl file in {}", path.display())));
        }
        files.extend(found);
    }
    if files.is_empty() {
        return Err(section.error("no files are named").expected("`files` or `dir`"));
    }
    Ok(files)
}

/// The `.jsonl` files of a folder, sorted by name.
fn examples_in(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

impl Suite {
    /// The real answers of personas on held-out prompts; empty if the suite names none.
    ///
    /// # Errors
    /// A file cannot be read or a line is no example of a known persona.
    pub fn heldout_examples(&self, registry: &Registry) -> Result<Vec<Example>> {
        let mut examples = Vec::new();
        for path in &self.heldout {
            let read = read_examples(path, registry)?;
            examples.extend(read.into_iter().filter(|e| self.personas.contains(&e.persona)));
        }
        Ok(examples)
    }

    /// The given examples, and those that the adapters were trained on: all real text of the suite's personas.
    ///
    /// # Errors
    /// A file cannot be read or a line is no example of a known persona.
    pub fn examples_with_training(
        &self,
        mut examples: Vec<Example>,
        registry: &Registry,
    ) -> Result<Vec<Example>> {
        for path in &self.training {
            let read = read_examples(path, registry)?;
            examples.extend(read.into_iter().filter(|e| self.personas.contains(&e.persona)));
        }
        Ok(examples)
    }

    /// Likelihoods are those of real text.
    ///
    /// # Errors
    /// The measure's place, where the suite names no held-out text.
    pub(super) fn check_likelihood(&self, measures: &[Placed<Measure>]) -> Result<()> {
        match measures.iter().find(|m| m.value == Measure::Likelihood && self.heldout.is_empty()) {
            Some(measure) => Err(measure
                .error("there is no held-out text whose likelihood could be measured")
                .expected("[heldout] with `dir` or `files`, here or in an included file")),
            None => Ok(()),
        }
    }

    /// Every persona needs real text on two prompts, and every prompt two personas: without it the instrument could not
    /// be judged, nor the answers held against it.
    ///
    /// # Errors
    /// Names the first persona or prompt that lacks text.
    pub(super) fn check_heldout(&self, registry: &Registry) -> Result<()> {
        if !self.compares() || self.heldout.is_empty() {
            return Ok(());
        }
        let examples = self.heldout_examples(registry)?;
        let lacks = |what: String| {
            Error::input(what)
                .in_file(&self.heldout[0])
                .key("prompt_id")
                .expected("each persona's answers to the same held-out prompts, two or more")
                .help("write them, leave the persona out of the suite, or leave [heldout] out: then nothing gates")
        };
        let mut of_persona: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let mut of_prompt: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for example in &examples {
            if let Some(prompt) = example.prompt_id.as_deref() {
                of_persona.entry(&example.persona).or_default().insert(prompt);
                of_prompt.entry(prompt).or_default().insert(&example.persona);
            }
        }
        for id in &self.personas {
            let prompts = of_persona.get(id.as_str()).map_or(0, BTreeSet::len);
            if prompts < 2 {
                return Err(lacks(format!("`{id}` has held-out text on {prompts} prompts")));
            }
        }
        match of_prompt.iter().find(|(_, personas)| personas.len() < 2) {
            Some((prompt, _)) => {
                Err(lacks(format!("the held-out prompt `{prompt}` has one persona's answer")))
            }
            None => Ok(()),
        }
    }

    /// Refuses a suite one of whose prompts is also asked in its held-out or training text: it would measure
    /// memory.
    ///
    /// # Errors
    /// Such a prompt, with the file and line where it leaks from; or a corpus that cannot be read.
    pub fn check_leaks(&self) -> Result<()> {
        let shared = self.prompts.iter().map(|p| (normalized(&p.text), p.id.as_str()));
        let tasks = self.tasks.iter().map(|t| (normalized(&t.prompt), t.id.as_str()));
        let prompts: BTreeMap<String, &str> = shared.chain(tasks).collect();
        for path in self.heldout.iter().chain(&self.training) {
            for item in ExampleReader::open(path)? {
                let (line, example) = item?;
                if let Some(id) = prompts.get(&normalized(&example.user_text())) {
                    return Err(Error::input(format!("the suite's prompt `{id}` is also asked in a corpus"))
                        .at(path, line)
                        .key("instruction")
                        .expected(
                            "prompts of the suite, of training and of held-out text that are all different",
                        )
                        .help("change the prompt in the suite, or leave the example out"));
                }
            }
        }
        Ok(())
    }
}
