//! `persona-eval calibrate`.

use super::bars::Bars;
use super::engine::{SuiteArgs, open_embedder};
use super::exit::Exit;
use super::print::say;
use crate::error::{Error, Result};
use crate::evaluate::{Draws, calibrate};
use crate::record::{Calibration, Record, read_journal};
use crate::report::calibration_png;
use std::path::PathBuf;

/// How often a suite's gates cry wolf, and what its intervals cover
///
/// Takes finished runs of one suite that differ in nothing but the seed. Pairs of made-up runs that share no answer are
/// judged by the gates against the baseline: every regression is a false alarm. Suites are simulated from the repeats'
/// scores: an interval of 95 % should hold the truth 95 times in 100. Only the embedder runs.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  for seed in $(seq 12); do persona-eval run suites/calibration.toml --seed $seed --out runs; done
  persona-eval calibrate suites/calibration.toml runs/* --out calibration.json")]
pub(super) struct Args {
    /// The suite's TOML file, whose gates are measured
    suite: PathBuf,
    /// Folders of finished runs, four or more
    #[arg(required = true)]
    runs: Vec<PathBuf>,
    /// Pairs of runs to draw
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    pairs: u32,
    /// Prompts on each side of a pair
    #[arg(long, value_name = "N", default_value_t = 16)]
    prompts: usize,
    /// Suites to simulate for each figure and size
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    suites: u32,
    /// Root seed of the draws
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Write the result to this JSON file, and its picture beside it as a PNG
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Embedder: a name from models.toml or a folder [default: the suite's]
    #[arg(long, value_name = "NAME|DIR")]
    embedder: Option<String>,
    #[command(flatten)]
    with: SuiteArgs,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let bars = Bars::default();
    let (suite, registry, catalog) = args.with.load(&args.suite)?;
    let runs = args
        .runs
        .iter()
        .map(|folder| Ok((Record::read(folder)?, read_journal(&folder.join("responses.jsonl"))?)))
        .collect::<Result<Vec<_>>>()?;
    let embedder = open_embedder(args.embedder.as_deref().unwrap_or(&suite.embedder), &catalog, &bars)?;
    let (pairs, suites) = (args.pairs as usize, args.suites as usize);
    let draws = Draws { pairs, prompts: args.prompts, suites, seed: args.seed };
    let found = calibrate(&suite, &registry, &embedder, &runs, draws, &bars)?;
    let json = serde_json::to_string_pretty(&found)
        .map_err(|e| Error::cannot_run("the result cannot be written").because(e))?;
    if let Some(out) = &args.out {
        crate::atomic::write(out, format!("{json}\n").as_bytes())?;
        calibration_png(&found, &out.with_extension("png"))?;
    }
    match args.json {
        true => say!("{json}")?,
        false => print(&found)?,
    }
    Ok(Exit::Passed)
}

fn print(c: &Calibration) -> Result<()> {
    let a = &c.false_alarms;
    say!(
        "{} runs of {} personas on {} prompts, judged by {}; {:.0} s",
        c.runs.len(),
        c.personas,
        c.prompts,
        c.instrument,
        c.seconds
    )?;
    say!(
        "\nfalse alarms  {} of {} pairs of {} prompts: {:.2} % [{:.2}, {:.2}]; every gate passed on {:.0} %\n",
        a.alarms,
        a.pairs,
        a.prompts,
        100.0 * a.rate,
        100.0 * a.interval.low,
        100.0 * a.interval.high,
        100.0 * a.all_passed as f64 / a.pairs as f64
    )?;
    say!(
        "{:<36} {:>8} {:>13} {:>10} {:>10} {:>11}",
        "gate",
        "passed",
        "inconclusive",
        "regressed",
        "covers 0",
        "detectable"
    )?;
    for g in &a.gates {
        let found = g.detectable.map_or(String::new(), |d| format!("{d:.3}"));
        let covered = g.covered.map_or(String::new(), |c| format!("{c:.3}"));
        say!(
            "{:<36} {:>8} {:>13} {:>10} {covered:>10} {found:>11}",
            g.name,
            g.passed,
            g.inconclusive,
            g.regressed
        )?;
    }
    say!(
        "\n{:<36} {:>8} {:>10} {:>18} {:>8}",
        "interval of 95 % over prompts",
        "prompts",
        "covered",
        "",
        "width"
    )?;
    for v in &c.coverage {
        let interval = format!("[{:.3}, {:.3}]", v.interval.low, v.interval.high);
        say!("{:<36} {:>8} {:>10.3} {interval:>18} {:>8.3}", v.figure, v.prompts, v.covered, v.width)?;
    }
    Ok(())
}
