//! `persona-eval compare`.

use super::exit::Exit;
use super::print::{print_json, say};
use crate::compare::{FOUND, Texts, compare, said, unit_of};
use crate::error::Result;
use crate::record::{Comparison, Place, Record, read_journal};
use crate::stats::{Estimate, Resampling};
use std::path::{Path, PathBuf};

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

/// Unmatched answers that are named.
const NAMED: usize = 3;

pub(super) fn run(args: &Args) -> Result<Exit> {
    let (before, after) = (Record::read(&args.before)?, Record::read(&args.after)?);
    let resampling = Resampling { permutations: 9_999, seed: args.seed, ..Resampling::default() };
    let texts = (texts(&args.before)?, texts(&args.after)?);
    let comparison =
        compare(&before.scores(), &after.scores(), (&texts.0, &texts.1), before.noise.as_ref(), &resampling)?;
    if args.json {
        print_json(&comparison)?;
    } else {
        print(&comparison, args.personas)?;
    }
    Ok(Exit::Passed)
}

/// What the run answered to the shared prompts; nothing where its journal is gone.
fn texts(run: &Path) -> Result<Texts> {
    let journal = run.join("responses.jsonl");
    if !journal.exists() {
        return Ok(Texts::new());
    }
    Ok(said(&read_journal(&journal)?))
}

fn print(c: &Comparison, personas: usize) -> Result<()> {
    say!("before  {}\nafter   {}\n", c.before, c.after)?;
    match &c.adapters[..] {
        [] => say!("adapters: the same files in both")?,
        changed => {
            for change in changed {
                say!("adapter {change}")?;
            }
        }
    }
    for difference in &c.setup {
        say!("differs: {difference}")?;
    }
    for left_out in &c.left_out {
        say!("not compared, measured otherwise: {left_out}")?;
    }
    say!("{} answers in both; what only one run has is not compared", c.matched)?;
    for (places, run) in [(&c.only_before, "the first"), (&c.only_after, "the second")] {
        if !places.is_empty() {
            say!("{} answers in {run} run only: {}", places.len(), named(places))?;
        }
    }
    say!("\n{}", header("metric", "Holm"))?;
    for m in &c.metrics {
        let name = match unit_of(&m.metric) {
            "share" => m.metric.clone(),
            unit => format!("{} ({unit})", m.metric),
        };
        say!("{}", row(&name, (m.before, m.after), &m.difference, (m.p, m.holm)))?;
    }
    let shown = &c.personas[..personas.min(c.personas.len())];
    if !shown.is_empty() {
        say!("\n{}", header("margin", "q"))?;
    }
    for p in shown {
        let mark = if p.q <= FOUND { "  *" } else { "" };
        say!("{}{mark}", row(&p.persona, (p.before, p.after), &p.difference, (p.p, p.q)))?;
    }
    if shown.iter().any(|p| p.q <= FOUND) {
        say!("\n* a change, at a false-discovery rate of {FOUND} over all {} personas", c.personas.len())?;
    }
    Ok(())
}

fn header(name: &str, adjusted: &str) -> String {
    let [before, after, change, interval] = ["before", "after", "change", "95 % interval"];
    format!("{name:<40} {before:>7} {after:>7}  {change:>8} {interval:<18} {:>7} {adjusted:>7}", "p")
}

fn row(name: &str, (before, after): (f64, f64), d: &Estimate, (p, adjusted): (f64, f64)) -> String {
    let interval = format!("[{:+.3}, {:+.3}]", d.low, d.high);
    format!(
        "{name:<40} {before:>7.3} {after:>7.3}  {:>+8.3} {interval:<18} {p:>7.4} {adjusted:>7.4}",
        d.point
    )
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
