//! `persona-eval data import`.

use super::bars::Bars;
use super::base::load_catalog;
use super::engine::RegistryArgs;
use super::exit::Exit;
use super::print::{print_json, say};
use crate::data::{DataSet, FileState, ImportOptions, Imported, Recipe, ShardFormat, SourceState, import};
use crate::error::Result;
use crate::store::{Cache, Catalog, ModelKind, fetch};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Turn published data sets into examples
///
/// Reads the sources of a recipe and writes shards in the dataset specification's schema, with `turns`, `source` and `licence`.
/// Every record becomes an example or a line of rejects.jsonl with file, line and reason; manifest.json, there when all is
/// read, counts both and holds each shard's sha256. The same recipe and files give the same bytes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval data import suites/data.toml -o out/data
  persona-eval data import suites/data.toml -o out/chat --only chatterbot --shards jsonl
  persona-eval data import suites/data.toml -o out/data --resume")]
pub(super) struct Args {
    /// The recipe's TOML file
    recipe: PathBuf,
    /// Folder of the shards, a new or an empty one
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// Import this source only; may be repeated
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// How the shards are written
    #[arg(long, value_name = "FORMAT", default_value = "parquet", value_parser = ["parquet", "jsonl"])]
    shards: String,
    /// Examples from which a shard is full
    #[arg(long, value_name = "N", default_value_t = 250_000, value_parser = clap::value_parser!(u32).range(1..))]
    rows_per_shard: u32,
    /// Go on with the import in the folder, which was stopped
    #[arg(long)]
    resume: bool,
    /// Print the manifest as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    registry: RegistryArgs,
    /// The catalogue of models and data sets [default: suites/models.toml where it exists, else the built-in one]
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
}

/// A data set of the catalogue, fetched where it is not here.
pub(super) fn data_set(catalog: &Catalog, name: &str, bars: &Bars) -> Result<DataSet> {
    let entry = catalog.of_kind(ModelKind::Data, name)?;
    let fetched = fetch(entry, &Cache::from_env()?, bars)?;
    let files = entry.file_names().map(str::to_owned).collect();
    Ok(DataSet { name: name.to_owned(), folder: fetched.dir, files, licence: entry.license.clone() })
}

/// Reasons that are told of a source.
const REASONS: usize = 3;

pub(super) fn run(args: &Args) -> Result<Exit> {
    let bars = Bars::default();
    let catalog = load_catalog(args.models.as_deref())?;
    let data = |name: &str| data_set(&catalog, name, &bars);
    let recipe = Recipe::load(&args.recipe, &args.registry.load()?, &args.only, &data)?;
    let format = ShardFormat::ALL.into_iter().find(|f| f.id() == args.shards);
    let options = ImportOptions {
        out: args.out.clone(),
        format: format.unwrap_or(ShardFormat::Parquet),
        rows_per_shard: args.rows_per_shard as usize,
        resume: args.resume,
    };
    let imported = import(&recipe, &options, &bars)?;
    if args.json {
        print_json(&imported.manifest)?;
    } else {
        print(&imported, args)?;
    }
    Ok(Exit::Passed)
}

fn print(imported: &Imported, args: &Args) -> Result<()> {
    say!(
        "{:<28} {:>10} {:>10} {:>9} {:>9}  licence",
        "source",
        "records",
        "examples",
        "rejected",
        "trimmed"
    )?;
    for source in &imported.manifest.sources {
        say!("{}", line(source))?;
        for (reason, count) in reasons(source) {
            say!("  {count} rejected: {reason}")?;
        }
    }
    if imported.reused > 0 {
        say!("{} records were done before", imported.reused)?;
    }
    say!("written: {}", args.out.display())
}

fn line(source: &SourceState) -> String {
    format!(
        "{:<28} {:>10} {:>10} {:>9} {:>9}  {}",
        source.name,
        source.sum(|f| f.records),
        source.sum(|f| f.rows),
        source.sum(FileState::rejects),
        source.sum(|f| f.trimmed),
        source.licence
    )
}

/// The commonest reasons of a source's rejects.
fn reasons(source: &SourceState) -> Vec<(String, u64)> {
    let mut all: BTreeMap<&str, u64> = BTreeMap::new();
    for (reason, count) in source.files.iter().flat_map(|f| &f.rejected) {
        *all.entry(reason).or_default() += count;
    }
    let mut all: Vec<(String, u64)> = all.into_iter().map(|(reason, n)| (reason.to_owned(), n)).collect();
    all.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    all.truncate(REASONS);
    all
}
