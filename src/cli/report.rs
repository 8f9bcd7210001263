//! `persona-eval report`.

use super::exit::Exit;
use super::print::{say, tell};
use crate::course;
use crate::error::{Error, Result};
use crate::record::{Record, read_journal};
use crate::report;
use crate::train::TrainingRecord;
use std::path::{Path, PathBuf};

/// Render the report of a run or of a training again
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval report reports/20261123T101500Z-all
  persona-eval report out/adapters                 # training.html, of training.json and training.jsonl")]
pub(super) struct Args {
    /// The folder of the run or of the training
    run: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let folder = folder(&args.run);
    if folder.join(course::RECORD).exists() {
        let record = TrainingRecord::read(&folder.join(course::RECORD))?;
        report::write_training(&record, &course::read_journal(&folder.join(course::JOURNAL))?, folder)?;
        say!("{}", folder.join("training.html").display())?;
        if folder.join(course::CHECKPOINT).exists() {
            tell!(
                "the training was ended and can go on, or has gone on: --resume trains to the end, --resume --finish makes adapters anew"
            );
        }
        return Ok(Exit::Passed);
    }
    if folder.join(course::LOCK).exists() {
        return Err(Error::input("the training is not finished: there is no training.json")
            .in_file(folder)
            .help(
                "go on with the command that started it and --resume; once its checkpoint has made steps, --resume --finish ends it \
                 there",
            ));
    }
    let journal = folder.join("responses.jsonl");
    if journal.exists() && !folder.join("run.json").exists() {
        return Err(Error::input("the run is not finished: it has answers and no run.json")
            .in_file(folder)
            .help(format!(
                "where `run` made it, go on with the command that started it and --resume {}; or judge what is there: \
                 persona-eval score SUITE {}",
                folder.display(),
                journal.display()
            )));
    }
    let record = Record::read(&args.run)?;
    if !journal.exists() {
        return Err(Error::input("the run's answers are not there")
            .in_file(&journal)
            .expected("responses.jsonl beside run.json: the page shows every answer")
            .help("bring it back from where the run was made, or run the suite again"));
    }
    let mut responses = read_journal(&journal)?;
    // As `run` shows them: what was given and not said stands among the tasks, and turns are not judged.
    responses.retain(|r| !r.is_given() && !r.is_turn());
    report::write_all(&record, &responses, folder)?;
    say!("{}", folder.join("report.html").display())?;
    Ok(Exit::Passed)
}

/// The run's folder, also where its run.json was named.
fn folder(run: &Path) -> &Path {
    match run.parent() {
        Some(parent) if run.is_file() && parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) if run.is_file() => parent,
        _ => run,
    }
}
