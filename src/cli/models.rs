//! `persona-eval models`.

use super::bars::Bars;
use super::base::load_catalog;
use super::exit::Exit;
use super::print::say;
use crate::error::Result;
use crate::store::{Cache, FileStatus, State, fetch, status, verify};
use clap::Subcommand;
use std::path::PathBuf;

/// List, fetch, verify and locate models
///
/// Models lie in the cache: $PERSONA_EVAL_HOME, else the user's cache folder.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval models list
  persona-eval models fetch smollm2-135m-instruct all-minilm-l6-v2")]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
    /// The catalogue of models [default: suites/models.toml where it exists, else the built-in one]
    #[arg(long, value_name = "FILE", global = true)]
    models: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// All known models and whether they are here
    List,
    /// Fetch models that are not here yet
    Fetch {
        /// Names; all of those that suites use by default where none is given
        names: Vec<String>,
    },
    /// Hash every file again
    Verify {
        /// Names; all that are here where none is given
        names: Vec<String>,
    },
    /// Print where a model's files lie
    Path {
        /// The name
        name: String,
    },
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let bars = Bars::default();
    let catalog = load_catalog(args.models.as_deref())?;
    let cache = Cache::from_env()?;
    match &args.action {
        Action::List => {
            for entry in catalog.entries() {
                let here = if is_here(&status(entry, &cache)) { "here" } else { "not fetched" };
                say!("{:<26} {:<9} {here:<12} {}", entry.name, entry.kind.id(), entry.about)?;
            }
        }
        Action::Fetch { names } => {
            let defaults = [super::base::DEFAULT_BASE, super::engine::DEFAULT_EMBEDDER];
            let names: Vec<&str> =
                if names.is_empty() { defaults.to_vec() } else { names.iter().map(String::as_str).collect() };
            for name in names {
                let model = fetch(catalog.entry(name)?, &cache, &bars)?;
                say!("{name}: {}", model.dir.display())?;
            }
        }
        Action::Verify { names } => {
            for name in names {
                catalog.entry(name)?;
            }
            for entry in catalog.entries() {
                let wanted =
                    names.contains(&entry.name) || (names.is_empty() && is_here(&status(entry, &cache)));
                if wanted {
                    verify(entry, &cache, &bars)?;
                    say!("{:<26} verified", entry.name)?;
                }
            }
        }
        Action::Path { name } => {
            let entry = catalog.entry(name)?;
            say!("{}", cache.model_dir(&entry.name).display())?;
        }
    }
    Ok(Exit::Passed)
}

/// Whether all files of a model lie in the cache.
fn is_here(files: &[FileStatus]) -> bool {
    files.iter().all(|f| !matches!(f.state, State::Missing | State::Broken))
}
