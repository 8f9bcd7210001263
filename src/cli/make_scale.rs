//! `persona-eval data make-scale`.

use super::bars::Bars;
use super::exit::Exit;
use super::print::say;
use crate::data::{DataFolder, ScaleOptions, ShardFormat, make_scale};
use crate::error::{Error, Result};
use std::path::PathBuf;

/// Make as many rows as you like, to measure with
///
/// Puts sentences of the examples of a folder together at random: each row has sentences of one persona, its answer's length is
/// spread as in chat data, every fourth has turns before. Good for timing, for nothing else. The same seed gives the same bytes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval data make-scale 1000000 --from fixtures/corpus/train -o out/scale
  persona-eval data make-scale 65000 --from out/data -o out/small --words 20 --with-personas")]
pub(super) struct Args {
    /// Rows
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    rows: u64,
    /// Folder of examples that give the sentences
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Folder of the shards, a new or an empty one
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// Median of an answer's words
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=500))]
    words: u16,
    /// Keep the persona of the sentences
    #[arg(long)]
    with_personas: bool,
    /// Share of the rows that are an earlier one with few words changed, as `data audit` finds them
    #[arg(long, value_name = "SHARE", default_value_t = 0.0)]
    near_copies: f64,
    /// How the shards are written
    #[arg(long, value_name = "FORMAT", default_value = "parquet", value_parser = ["parquet", "jsonl"])]
    shards: String,
    /// Rows of a shard
    #[arg(long, value_name = "N", default_value_t = 250_000, value_parser = clap::value_parser!(u32).range(1..))]
    rows_per_shard: u32,
    /// Seed
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    if !(0.0..=1.0).contains(&args.near_copies) {
        return Err(
            Error::input(format!("--near-copies {} is no share", args.near_copies)).expected("0 to 1")
        );
    }
    let format = ShardFormat::ALL.into_iter().find(|f| f.id() == args.shards);
    let options = ScaleOptions {
        out: args.out.clone(),
        format: format.unwrap_or(ShardFormat::Parquet),
        rows: args.rows,
        words: usize::from(args.words),
        rows_per_shard: args.rows_per_shard as usize,
        seed: args.seed,
        with_personas: args.with_personas,
        near_copies: args.near_copies,
    };
    let scaled = make_scale(&DataFolder::open(&args.from)?, &options, &Bars::default())?;
    let rows: u64 = scaled.shards.iter().map(|s| s.rows).sum();
    say!("{rows} rows of {} examples' sentences in {} shards", scaled.made_of, scaled.shards.len())?;
    say!("written: {}", args.out.display())?;
    Ok(Exit::Passed)
}
