//! Flags that say which suites' prompts and references must not be in training data.

use crate::error::{Error, IoContext, Result};
use crate::overlap::{Passage, passages};
use crate::persona::Registry;
use crate::suite::Suite;
use std::path::{Path, PathBuf};

/// The suites.
#[derive(Debug, clap::Args)]
pub(super) struct PassageArgs {
    /// A suite whose prompts and references must not be in the data; may be given again [default: all in the registry's folder, suites/]
    #[arg(long = "suite", value_name = "FILE")]
    suites: Vec<PathBuf>,
}

impl PassageArgs {
    /// The passages of the named suites, or of all that lie beside the registry, each read by `suite`.
    pub(super) fn load(
        &self,
        registry: &Registry,
        suite: impl Fn(&Path) -> Result<Suite>,
    ) -> Result<Vec<Passage>> {
        // The built-in registry lies in no folder.
        let beside = match registry.path().parent() {
            Some(folder) if folder.as_os_str().is_empty() && registry.path().exists() => Path::new("."),
            folder => folder.unwrap_or(Path::new("")),
        };
        let files = if self.suites.is_empty() { suites_of(beside)? } else { self.suites.clone() };
        let mut all = Vec::new();
        for file in &files {
            all.extend(passages(&suite(file)?)?);
        }
        Ok(all)
    }
}

/// The files of a folder that are suites: they have a name, and measure something or include others.
fn suites_of(folder: &Path) -> Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
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
    // Passed over, it would not be looked for.
    let table: toml::Table = text.parse().map_err(|e| {
        Error::input("the file is no TOML")
            .in_file(path)
            .because(e)
            .help("mend it, or name the suites with --suite")
    })?;
    let has = |key: &str| table.contains_key(key);
    Ok(has("name") && ["include", "measures", "task", "benchmark"].into_iter().any(has))
}
