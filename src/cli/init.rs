//! `persona-eval init`.

use super::exit::Exit;
use super::print::say;
use crate::error::Result;
use crate::project::create;
use std::path::PathBuf;

/// Begin a project of your own
///
/// Writes six personas, a suite that judges them, and texts to train and to judge on: everything that a first run
/// needs, to be replaced piece by piece by your own.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  persona-eval init personas && cd personas
  persona-eval train train --heldout heldout --multi-adapter -o adapters
  persona-eval run suites/all.toml --adapters adapters")]
pub(super) struct Args {
    /// Folder of the project; it must be empty or not there
    folder: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let files = create(&args.folder)?;
    let width = files.iter().map(|f| f.path.display().to_string().len()).max().unwrap_or(0);
    for file in &files {
        say!("{:width$}  {}", file.path.display().to_string(), file.about)?;
    }
    say!("\nThe adapters come next, trained here or put into `adapters` by you:")?;
    say!("  cd {}", args.folder.display())?;
    say!("  persona-eval train train --heldout heldout --multi-adapter -o adapters")?;
    say!("  persona-eval run suites/all.toml --adapters adapters")?;
    Ok(Exit::Passed)
}
