//! `persona-eval bench`.

use super::bars::Bars;
use super::base::{BaseArgs, DEFAULT_BASE};
use super::exit::Exit;
use super::print::say;
use crate::bench::{BenchOptions, Cell, bench};
use crate::error::{Error, Result};
use crate::generate::Engine;
use crate::model::BaseModel;
use crate::report::{Curves, Series};
use serde::Serialize;
use std::path::PathBuf;

/// Measure blend throughput over rows, adapters and ranks
///
/// Adapters are random, on all linear modules. Rates are medians; `generate` includes the prompts' time.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval bench
  persona-eval bench --rows 32 --active 0,5 --ranks 8 --blends 57 --repeats 5 --out bench.json")]
pub(super) struct Args {
    /// Batch sizes
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 32])]
    rows: Vec<usize>,
    /// Numbers of stacked adapters; 0 is the base
    #[arg(long, value_delimiter = ',', default_values_t = [0, 1, 5])]
    active: Vec<usize>,
    /// Ranks
    #[arg(long, value_delimiter = ',', default_values_t = [8])]
    ranks: Vec<usize>,
    /// Numbers of different blends [default: 1 and as many as rows]
    #[arg(long, value_delimiter = ',')]
    blends: Vec<usize>,
    /// Tokens generated for each request
    #[arg(long, default_value_t = 48)]
    tokens: usize,
    /// Repeats; the median counts
    #[arg(long, default_value_t = 3)]
    repeats: usize,
    /// Write the figures as JSON, and a picture beside it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    base: BaseArgs,
}

#[derive(Serialize)]
struct Report<'a> {
    base: String,
    arithmetic: String,
    device: &'static str,
    threads: usize,
    cells: &'a [Cell],
}

/// Tokens a second over rows, one curve for each kind of work, adapters and blends.
fn picture(cells: &[Cell]) -> Curves {
    let mut series: Vec<Series> = Vec::new();
    for cell in cells {
        let blends = if cell.blends > 1 { "a blend a row" } else { "one blend" };
        let name = match cell.adapters {
            0 => format!("{}: base", cell.work),
            n => format!("{}: {n} × r{}, {blends}", cell.work, cell.rank),
        };
        let point = (cell.rows as f64, cell.tokens_per_second);
        match series.iter_mut().find(|s| s.name == name) {
            Some(known) => known.points.push(point),
            None => series.push(Series { name, points: vec![point] }),
        }
    }
    Curves {
        title: "Blend throughput".into(),
        about: "tokens a second over rows in one batch; generation includes the prompts' time".into(),
        across: "rows".into(),
        up: "tokens a second".into(),
        series,
        marked: true,
    }
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let bars = Bars::default();
    for (name, list) in [("--rows", &args.rows), ("--ranks", &args.ranks), ("--blends", &args.blends)] {
        if list.contains(&0) {
            return Err(Error::input(format!("{name} takes whole numbers from 1")));
        }
    }
    let path = args.base.path(DEFAULT_BASE, &bars)?;
    let base = BaseModel::open(&path, args.base.arithmetic(), &args.base.device()?, &[])?;
    let engine = Engine::new(base, &[])?;
    let (arithmetic, device) = (engine.arithmetic(), engine.device_name());
    let options = BenchOptions {
        rows: args.rows.clone(),
        adapters: args.active.clone(),
        ranks: args.ranks.clone(),
        blends: args.blends.clone(),
        tokens: args.tokens,
        repeats: args.repeats,
    };
    say!("{arithmetic} on {device}, {} threads", rayon::current_num_threads())?;
    say!(
        "{:<9} {:>5} {:>9} {:>5} {:>7} {:>10}  {:>15}",
        "work",
        "rows",
        "adapters",
        "rank",
        "blends",
        "tokens/s",
        "spread"
    )?;
    let cells = bench(engine, &options, |c| {
        say!(
            "{:<9} {:>5} {:>9} {:>5} {:>7} {:>10.0}  {:>7.0}–{:<7.0}",
            c.work,
            c.rows,
            c.adapters,
            c.rank,
            c.blends,
            c.tokens_per_second,
            c.spread.0,
            c.spread.1
        )
    })?;
    if let Some(out) = &args.out {
        let base = args.base.name(DEFAULT_BASE);
        let report =
            Report { base, arithmetic, device, threads: rayon::current_num_threads(), cells: &cells };
        let json = serde_json::to_string_pretty(&report)
            .map_err(|e| Error::cannot_run("the figures cannot be written").because(e))?;
        crate::atomic::write(out, (json + "\n").as_bytes())?;
        picture(&cells).write(&out.with_extension("png"))?;
    }
    Ok(Exit::Passed)
}
