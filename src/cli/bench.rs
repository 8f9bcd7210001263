//! `persona-eval bench`.

use super::bars::Bars;
use super::base::{BaseArgs, DEFAULT_BASE};
use super::exit::Exit;
use super::print::say;
use crate::atomic;
use crate::bench::{BenchOptions, Cell, MOST_BLENDS, bench};
use crate::error::{Error, Result};
use crate::generate::{ENGINE_VERSION, Engine};
use crate::model::BaseModel;
use crate::record::Machine;
use crate::report::{Curves, Series};
use clap::value_parser;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Measure blend throughput over rows, adapters and ranks
///
/// Adapters are random, on all linear modules. Rates are medians; `generate` includes the prompts' time.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval bench
  persona-eval bench --rows 32 --active 0,5 --ranks 8 --blends 57 --repeats 5 --out bench.json")]
pub(super) struct Args {
    /// Batch sizes
    #[arg(long, value_delimiter = ',', default_values_t = [1, 8, 32], value_parser = value_parser!(u16).range(1..=1024))]
    rows: Vec<u16>,
    /// Numbers of stacked adapters; 0 is the base
    #[arg(long, value_delimiter = ',', default_values_t = [0, 1, 5], value_parser = value_parser!(u16).range(..=64))]
    active: Vec<u16>,
    /// Ranks
    #[arg(long, value_delimiter = ',', default_values_t = [8], value_parser = value_parser!(u16).range(1..=1024))]
    ranks: Vec<u16>,
    /// Numbers of different blends; the base has none and runs once [default: 1 and as many as rows]
    #[arg(long, value_delimiter = ',', value_parser = value_parser!(u16).range(1..=MOST_BLENDS as i64))]
    blends: Vec<u16>,
    /// Tokens generated for each request
    #[arg(long, default_value_t = 48, value_parser = value_parser!(u16).range(1..=8192))]
    tokens: u16,
    /// Repeats; the median counts
    #[arg(long, default_value_t = 3, value_parser = value_parser!(u16).range(1..=1000))]
    repeats: u16,
    /// Write the figures as JSON, and a picture beside it
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Print the figures as JSON instead of the table
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    base: BaseArgs,
}

#[derive(Serialize)]
struct Report<'a> {
    version: &'static str,
    base: String,
    arithmetic: String,
    device: &'static str,
    processor: String,
    threads: usize,
    tokens: usize,
    repeats: usize,
    cells: &'a [Cell],
}

/// Tokens a second over rows, one curve for each kind of work, adapters and blends; `counted` tells whether the user
/// gave the numbers of blends, or they follow the rows.
fn picture(cells: &[Cell], counted: bool) -> Curves {
    let mut series: Vec<Series> = Vec::new();
    for cell in cells {
        let blends = match cell.blends {
            0 | 1 => "one blend".to_owned(),
            n if counted => format!("{n} blends"),
            _ => "a blend a row".to_owned(),
        };
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
        from_zero: true,
        joined: None,
    }
}

/// The JSON's file and the picture's, both known to be writable.
fn outputs(json: &Path) -> Result<(&Path, PathBuf)> {
    let picture = json.with_extension("png");
    if picture == json {
        return Err(Error::input("the JSON has the name of the picture beside it")
            .in_file(json)
            .expected("another ending than .png"));
    }
    atomic::check(json)?;
    atomic::check(&picture)?;
    Ok((json, picture))
}

fn row(cell: &Cell) -> String {
    format!(
        "{:<9} {:>5} {:>9} {:>5} {:>7} {:>10.0}  {:>7.0}–{:<7.0}",
        cell.work,
        cell.rows,
        cell.adapters,
        cell.rank,
        cell.blends,
        cell.tokens_per_second,
        cell.spread.0,
        cell.spread.1
    )
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let bars = Bars::default();
    let outputs = args.out.as_deref().map(outputs).transpose()?;
    let path = args.base.path(DEFAULT_BASE, &bars)?;
    let base = BaseModel::open(&path, args.base.arithmetic(), &args.base.device()?, &[])?;
    let engine = Engine::new(base, &[])?;
    let (arithmetic, device) = (engine.arithmetic(), engine.device_name());
    let numbers = |list: &[u16]| list.iter().map(|n| usize::from(*n)).collect();
    let options = BenchOptions {
        rows: numbers(&args.rows),
        adapters: numbers(&args.active),
        ranks: numbers(&args.ranks),
        blends: numbers(&args.blends),
        tokens: usize::from(args.tokens),
        repeats: usize::from(args.repeats),
    };
    let Machine { processor, threads, .. } = Machine::here();
    if !args.json {
        say!("{arithmetic} on {device}, {threads} threads")?;
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
    }
    let cells = bench(engine, &options, |cell| if args.json { Ok(()) } else { say!("{}", row(cell)) })?;
    let report = Report {
        version: ENGINE_VERSION,
        base: args.base.name(DEFAULT_BASE),
        arithmetic,
        device,
        processor,
        threads,
        tokens: options.tokens,
        repeats: options.repeats,
        cells: &cells,
    };
    let json = serde_json::to_string_pretty(&report)
        .map_err(|e| Error::cannot_run("the figures cannot be written").because(e))?;
    if args.json {
        say!("{json}")?;
    }
    if let Some((file, drawn)) = outputs {
        atomic::write(file, (json + "\n").as_bytes())?;
        picture(&cells, !args.blends.is_empty()).write(&drawn)?;
    }
    Ok(Exit::Passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(rows: usize, blends: usize) -> Cell {
        Cell {
            work: "generate".into(),
            rows,
            adapters: 5,
            rank: 8,
            blends,
            requests: rows.max(blends),
            tokens_per_second: 100.0,
            spread: (90.0, 110.0),
        }
    }

    #[test]
    fn numbers_of_blends_are_curves_of_their_own_and_blends_that_follow_the_rows_are_one() {
        let names = |cells: &[Cell], counted| -> Vec<(String, usize)> {
            picture(cells, counted).series.into_iter().map(|s| (s.name, s.points.len())).collect()
        };
        let given = [cell(8, 8), cell(8, 57), cell(32, 8), cell(32, 57)];
        let expected = [("generate: 5 × r8, 8 blends".into(), 2), ("generate: 5 × r8, 57 blends".into(), 2)];
        assert_eq!(names(&given, true), expected);
        let implied = [cell(8, 1), cell(8, 8), cell(32, 1), cell(32, 32)];
        let expected =
            [("generate: 5 × r8, one blend".into(), 2), ("generate: 5 × r8, a blend a row".into(), 2)];
        assert_eq!(names(&implied, false), expected);
    }
}
