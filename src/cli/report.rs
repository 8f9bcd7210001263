//! `persona-eval report`.

use super::exit::Exit;
use super::print::say;
use crate::error::Result;
use crate::record::{Record, read_journal};
use crate::report;
use std::path::PathBuf;

/// Render a run's report again
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  persona-eval report reports/20261123T101500Z-all")]
pub(super) struct Args {
    /// The run's folder
    run: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let record = Record::read(&args.run)?;
    let journal = args.run.join("responses.jsonl");
    let responses = if journal.exists() { read_journal(&journal)? } else { Vec::new() };
    report::write_all(&record, &responses, &args.run)?;
    say!("{}", args.run.join("report.html").display())?;
    Ok(Exit::Passed)
}
