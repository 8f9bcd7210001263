//! `persona-eval compare`.

use super::exit::Exit;
use super::print::say;
use crate::compare::{Comparison, Place, compare};
use crate::error::{Error, Result};
use crate::record::Record;
use crate::stats::Resampling;
use std::path::PathBuf;

/// Two runs side by side, with paired intervals
///
/// Answers are matched by persona, prompt and sample; differences are paired by prompt. Nothing is generated.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  persona-eval compare reports/20261123T101500Z-all reports/20261124T101500Z-all")]
pub(super) struct Args {
    /// The earlier run's folder
    before: PathBuf,
    /// The later run's folder
    after: PathBuf,
    /// Personas to show, those that lost most first
    #[arg(long, value_name = "N", default_value_t = 5)]
    personas: usize,
    /// Root seed of bootstrap and sign flips
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
}

/// False-discovery rate up to which a persona's change is marked.
const FOUND: f64 = 0.05;
/// Unmatched answers that are named.
const NAMED: usize = 3;

pub(super) fn run(args: &Args) -> Result<Exit> {
    let (before, after) = (Record::read(&args.before)?, Record::read(&args.after)?);
    let resampling = Resampling { permutations: 9_999, seed: args.seed, ..Resampling::default() };
    let comparison = compare(&before, &after, &resampling)?;
    if args.json {
        let json = serde_json::to_string_pretty(&comparison)
            .map_err(|e| Error::cannot_run("the comparison cannot be printed").because(e))?;
        say!("{json}")?;
    } else {
        print(&comparison, args.personas)?;
    }
    Ok(Exit::Passed)
}

fn print(c: &Comparison, personas: usize) -> Result<()> {
    say!("before  {}\nafter   {}\n", c.before, c.after)?;
    for difference in &c.setup {
        say!("differs: {difference}")?;
    }
    say!("{} answers in both", c.matched)?;
    for (places, run) in [(&c.only_before, "the first"), (&c.only_after, "the second")] {
        if !places.is_empty() {
            say!("{} answers in {run} run only: {}", places.len(), named(places))?;
        }
    }
    say!(
        "\n{:<40} {:>7} {:>7}  {:>8} {:<18} {:>7} {:>7}",
        "metric",
        "before",
        "after",
        "change",
        "95 % interval",
        "p",
        "Holm"
    )?;
    for m in &c.metrics {
        let d = &m.difference;
        let interval = format!("[{:+.3}, {:+.3}]", d.low, d.high);
        say!(
            "{:<40} {:>7.3} {:>7.3}  {:>+8.3} {interval:<18} {:>7.4} {:>7.4}",
            m.metric,
            m.before,
            m.after,
            d.point,
            m.p,
            m.holm
        )?;
    }
    if !c.personas.is_empty() && personas > 0 {
        say!(
            "\n{:<40} {:>7} {:>7}  {:>8} {:<18} {:>7} {:>7}",
            "margin",
            "before",
            "after",
            "change",
            "95 % interval",
            "p",
            "q"
        )?;
    }
    for p in c.personas.iter().take(personas) {
        let d = &p.difference;
        let interval = format!("[{:+.3}, {:+.3}]", d.low, d.high);
        let mark = if p.q <= FOUND { "  *" } else { "" };
        say!(
            "{:<40} {:>7.3} {:>7.3}  {:>+8.3} {interval:<18} {:>7.4} {:>7.4}{mark}",
            p.persona,
            p.before,
            p.after,
            d.point,
            p.p,
            p.q
        )?;
    }
    Ok(())
}

fn named(places: &[Place]) -> String {
    let shown: Vec<String> = places
        .iter()
        .take(NAMED)
        .map(|(persona, prompt, sample)| format!("{persona}/{prompt}/{sample}"))
        .collect();
    let more = places.len() - shown.len();
    if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
}
