//! `persona-eval data mix`.

use super::bars::Bars;
use super::engine::RegistryArgs;
use super::exit::Exit;
use super::place::PlaceArgs;
use super::print::{print_json, say, tell};
use crate::curriculum::Config;
use crate::data::{DataFolder, Limits, MixOptions, ShardFormat, mix};
use crate::error::{Error, Result};
use crate::model::sha256_file;
use std::path::PathBuf;

/// Mix tagged examples into the phases of the curriculum
///
/// Takes persona weights (caps and floors at once), trait shares and the phases from a training configuration, and draws as many
/// examples of each persona and trait as these ask for. What cannot be had is told with the nearest mixture that can. The same
/// seed gives the same bytes. Ends with exit code 1 if a phase has no examples.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval data mix suites/persona_training_config.yaml --from out/tagged -o out/mixture
  persona-eval data mix my.yaml --from out/tagged -o out/mixture --total 50000 --seed 7 --shards jsonl")]
pub(super) struct Args {
    /// The training configuration's YAML file
    config: PathBuf,
    /// Folder of tagged examples
    #[arg(long, value_name = "DIR")]
    from: PathBuf,
    /// Folder of the phases, a new or an empty one
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// Examples of all phases together [default: the configuration's `total`, where it has one]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    total: Option<u64>,
    /// Seed of the draw [default: the configuration's]
    #[arg(long)]
    seed: Option<u64>,
    /// How the files are written
    #[arg(long, value_name = "FORMAT", default_value = "parquet", value_parser = ["parquet", "jsonl"])]
    shards: String,
    /// Examples from which a file is full
    #[arg(long, value_name = "N", default_value_t = 250_000, value_parser = clap::value_parser!(u32).range(1..))]
    rows_per_shard: u32,
    /// Memory for sorting here, in MiB; beyond it temporary files are used
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(256..))]
    memory: u32,
    /// Print the manifest as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    registry: RegistryArgs,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let mut config = Config::read(&args.config, &args.registry.load()?)?;
    config.total = args.total.or(config.total);
    if config.total.is_none() {
        return Err(Error::input("nothing says how many examples the phases have together")
            .in_file(&args.config)
            .key("total")
            .help("write `total: N` into the configuration, or give --total N"));
    }
    config.seed = args.seed.unwrap_or(config.seed);
    let format = ShardFormat::ALL.into_iter().find(|f| f.id() == args.shards);
    let options = MixOptions {
        out: args.out.clone(),
        format: format.unwrap_or(ShardFormat::Parquet),
        rows_per_shard: args.rows_per_shard as usize,
        place: args.place.place()?,
        config_sha256: sha256_file(&args.config)?,
        limits: Limits { memory_bytes: args.memory as usize * 1024 * 1024, ..Limits::default() },
    };
    let mixed = mix(&DataFolder::open(&args.from)?, &config, &options, &Bars::default())?;
    let empty: Vec<&str> = mixed
        .mixture
        .phases
        .iter()
        .filter(|p| p.size == 0 && p.wanted > 0)
        .map(|p| p.name.as_str())
        .collect();
    for name in &empty {
        tell!("the phase {name} has no examples: what it asks for is not in {}", args.from.display());
    }
    let exit = if empty.is_empty() { Exit::Passed } else { Exit::Failed };
    if args.json {
        print_json(&mixed)?;
        return Ok(exit);
    }
    say!("{}", mixed.mixture.table())?;
    for (count, what) in [
        (
            mixed.untagged,
            "examples have no control tag and are in no phase: `persona-eval data tag` gives them one",
        ),
        (mixed.copies, "examples say what another one says, word for word: counted once"),
        (mixed.rejected, "lines are no examples"),
    ] {
        if count > 0 {
            say!("{count} {what}")?;
        }
    }
    say!("written: {}", args.out.display())?;
    Ok(exit)
}
