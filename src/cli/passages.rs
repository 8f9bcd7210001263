//! Flags that say which suites' prompts and references must not be in training data.

use super::engine::load_suite;
use crate::data::{Passage, passages};
use crate::error::{Error, IoContext, Result};
use crate::persona::Registry;
use crate::store::Catalog;
use std::path::{Path, PathBuf};

/// The suites.
#[derive(Debug, clap::Args)]
pub(super) struct PassageArgs {
    /// A suite whose prompts and references must not be in the data; may be given again [default: all in suites/]
    #[arg(long = "suite", value_name = "FILE")]
    suites: Vec<PathBuf>,
}

impl PassageArgs {
    /// What must not be in the data: the passages of the named suites, or of all.
    pub(super) fn load(&self, registry: &Registry, catalog: &Catalog) -> Result<Vec<Passage>> {
        let files =
            if self.suites.is_empty() { suites_of(Path::new("suites"))? } else { self.suites.clone() };
        let mut all = Vec::new();
        for file in &files {
            all.extend(passages(&load_suite(file, registry, catalog)?)?);
        }
        Ok(all)
    }
}

/// The files of a folder that are suites: they have a name and personas, or include others.
fn suites_of(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Err(Error::input("there is no folder `suites` to look for suites in")
            .help("name the suites with --suite FILE"));
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).doing("list", folder)? {
        let path = entry.doing("list", folder)?.path();
        if path.extension().is_some_and(|e| e == "toml") && is_suite(&path)? {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn is_suite(path: &Path) -> Result<bool> {
    let text = std::fs::read_to_string(path).asked("read", path)?;
    let Ok(table) = text.parse::<toml::Table>() else { return Ok(false) };
    let has = |key: &str| table.contains_key(key);
    Ok(has("name") && ["include", "prompts", "task", "benchmark"].into_iter().any(has) && !has("source"))
}
