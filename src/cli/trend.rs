//! `persona-eval trend`.

use super::exit::Exit;
use super::print::{print_json, say, tell};
use crate::error::Result;
use crate::record::Verdict;
use crate::report;
use crate::trend::{Runs, Series, SuiteHistory, trend};
use std::path::PathBuf;

/// Every gate over all finished runs of a folder, with step changes marked
///
/// Writes trend.html and trend.png, and prints a line a gate. Runs that are broken or unfinished are named and left
/// out.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  persona-eval trend reports
  persona-eval trend runs --suite all --out site/trend.html")]
pub(super) struct Args {
    /// The folder with the runs' folders
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Only the runs of this suite
    #[arg(long, value_name = "NAME")]
    suite: Option<String>,
    /// Where the page goes, and the picture beside it [default: trend.html in DIR]
    #[arg(long, value_name = "FILE.html")]
    out: Option<PathBuf>,
    /// Print everything as JSON; files are then written only with --out
    #[arg(long)]
    json: bool,
}

/// Runs of a sparkline.
const SHOWN: usize = 32;
/// Columns of a name.
const NAME: usize = 40;

pub(super) fn run(args: &Args) -> Result<Exit> {
    let trend = trend(Runs::under(&args.folder)?, args.suite.as_deref())?;
    for left_out in &trend.left_out {
        tell!("warning: left out: {}: {}", left_out.folder.display(), left_out.why);
    }
    let out = match (&args.out, args.json) {
        (Some(file), _) => Some(file.clone()),
        (None, true) => None,
        (None, false) => Some(args.folder.join("trend.html")),
    };
    if let Some(file) = &out {
        report::write_trend(&trend, file)?;
    }
    if args.json {
        print_json(&trend)?;
        return Ok(Exit::Passed);
    }
    for history in &trend.suites {
        print(history)?;
    }
    if !trend.left_out.is_empty() {
        say!("left out: {} (named above)", trend.left_out.len())?;
    }
    if let Some(file) = &out {
        say!("trend:  {}", file.display())?;
    }
    Ok(Exit::Passed)
}

fn print(history: &SuiteHistory) -> Result<()> {
    let date = |run: Option<&crate::trend::Run>| {
        run.map_or(String::new(), |r| r.started.format("%Y-%m-%d").to_string())
    };
    let (first, last) = (date(history.runs.first()), date(history.runs.last()));
    let trials = history.runs.iter().filter(|r| r.trial).count();
    let trials = if trials > 0 { format!(", {trials} of them trials") } else { String::new() };
    let runs = history.runs.len();
    say!("{}: {runs} run{} from {first} to {last}{trials}", history.suite, if runs == 1 { "" } else { "s" })?;
    for series in &history.series {
        say!("  {}", line(series, history))?;
    }
    say!("")
}

fn line(series: &Series, history: &SuiteHistory) -> String {
    let full: Vec<Option<f64>> =
        series.points.iter().filter(|p| !p.trial).map(|p| p.estimate.as_ref().map(|e| e.point)).collect();
    let drawn = report::sparkline(&full[full.len().saturating_sub(SHOWN)..]);
    let width = history.runs.iter().filter(|r| !r.trial).count().min(SHOWN);
    let last = series.last();
    let figure = last
        .and_then(|p| p.estimate.as_ref())
        .map_or("not measured".to_owned(), |e| format!("{:>6.3} [{:.3}, {:.3}]", e.point, e.low, e.high));
    let verdict = match last.and_then(|p| p.gate.as_ref()).map(|g| g.verdict) {
        Some(Verdict::Pass) => "pass",
        Some(Verdict::Fail) => "FAIL",
        Some(Verdict::Inconclusive) => "inconclusive",
        None => "",
    };
    let parts = last.and_then(|p| p.gate.as_ref()).is_some_and(|g| g.worst_part);
    let step = match series.steps.last() {
        None if parts => "worst part".to_owned(),
        Some(step) => format!("step {:+.3} at {}", step.change(), history.runs[step.run].id),
        None => "no step".to_owned(),
    };
    let name: String = if series.name.chars().count() > NAME {
        series.name.chars().take(NAME - 1).chain(['…']).collect()
    } else {
        series.name.clone()
    };
    format!("{name:<NAME$} {drawn:<width$} {figure:<23} {verdict:<12} {step}")
}
