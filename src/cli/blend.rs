//! `persona-eval blend`.

use super::bars::Bars;
use super::base::DEFAULT_BASE;
use super::engine::EngineArgs;
use super::exit::Exit;
use super::print::{print_json, say, tell};
use crate::atomic;
use crate::blend::Blend;
use crate::course::card_head;
use crate::error::{Error, Result};
use crate::merge::{Error2, Factors, Majority, Merge, Method, Part, Rules};
use crate::model::adapter::{ADAPTER_FILES, PeftConfig, Stored, WrittenPair, write_adapter};
use crate::model::{Adapter, BaseModel, ModelConfig, Module};
use crate::progress::Progress;
use crate::seed::Seed;
use ndarray::Array2;
use rayon::prelude::*;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Merge adapters into one, and say what that lost
///
/// Writes one PEFT adapter from several with weights. `exact` stacks their factors: the very blend that `run` and `generate` compute,
/// with the ranks added up; with --rank it is cut to that rank by singular values, the best there is. The other methods are those of
/// PEFT's add_weighted_adapter (with --mergekit by mergekit's rules); each is told with its error against the exact blend.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval blend --weights tech_expert=0.7,emotive=0.3 -o out/mentor
  persona-eval blend --weights tech_expert=0.7,emotive=0.3 --rank 4 -o out/mentor-r4
  persona-eval blend --weights creative=1,esoteric=1 --method ties --density 0.5 --adapters out/adapters -o out/ties
  persona-eval blend --weights tech_expert=0.7,emotive=0.3 --compare")]
pub(super) struct Args {
    /// What to merge: names of adapters and their weights
    #[arg(long, value_name = "NAME=WEIGHT,…")]
    weights: Blend,
    /// How: exact (also `cat`), svd, linear, ties, dare_linear (also `dare`), dare_ties, magnitude_prune, or one of the last four with _svd
    #[arg(long, value_name = "METHOD", default_value = "exact", value_parser = method)]
    method: Method,
    /// Folder of the adapter, a new or an empty one
    #[arg(short, long, value_name = "DIR", required_unless_present = "compare")]
    out: Option<PathBuf>,
    /// Rank to cut to [default: exact: none; svd and *_svd: the largest of the adapters']
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u16).range(1..=4096))]
    rank: Option<u16>,
    /// Share of the numbers that ties, dare and magnitude_prune keep [default: 0.5]
    #[arg(long, value_name = "SHARE")]
    density: Option<f64>,
    /// How ties elects a sign: by the sum of the numbers or by how many there are [default: total]
    #[arg(long, value_name = "HOW", value_parser = ["total", "frequency"])]
    majority: Option<String>,
    /// mergekit's rules: weights count in the election, what dare keeps is as large as all was (methods on weights only)
    #[arg(long)]
    mergekit: bool,
    /// Divide what was added by its weights, as mergekit's `normalize` [default: true for ties, else false]
    #[arg(long, value_name = "BOOL", requires = "mergekit", num_args = 0..=1, default_missing_value = "true")]
    normalize: Option<bool>,
    /// Seed of what dare drops [default: 7]
    #[arg(long)]
    seed: Option<u64>,
    /// Write numbers as bf16: half the size, rounded
    #[arg(long)]
    bf16: bool,
    /// Write nothing: tell the error of every method
    #[arg(long, conflicts_with_all = ["out", "method", "bf16"])]
    compare: bool,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    engine: EngineArgs,
}

impl Args {
    fn density(&self) -> f64 {
        self.density.unwrap_or(0.5)
    }

    fn majority(&self) -> Majority {
        if self.majority.as_deref() == Some("frequency") { Majority::Frequency } else { Majority::Total }
    }

    fn seed(&self) -> u64 {
        self.seed.unwrap_or(7)
    }
}

fn method(text: &str) -> std::result::Result<Method, String> {
    let name = match text {
        "cat" => "exact",
        "dare" => "dare_linear",
        name => name,
    };
    Method::ALL.into_iter().find(|m| m.id() == name).ok_or_else(|| {
        let known: Vec<&str> = Method::ALL.iter().map(|m| m.id()).collect();
        format!("not known; known are {}", known.join(", "))
    })
}

/// A merge's figures.
#[derive(Debug, Serialize)]
struct Told {
    method: &'static str,
    rank: usize,
    /// `‖ΔW − ΔW_exact‖/‖ΔW_exact‖` over all modules; none where the method cannot merge these adapters.
    error: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let bars = Bars::default();
    check(args)?;
    let base = args.engine.base.path(DEFAULT_BASE, &bars)?;
    let config = BaseModel::config(&base)?;
    let folders: BTreeMap<String, PathBuf> = args.engine.adapter_folders(DEFAULT_BASE)?.into_iter().collect();
    let adapters = load(args, &folders, &config)?;
    let merge = |method: Method| Merge {
        method,
        rank: args.rank.map(usize::from),
        density: args.density(),
        majority: args.majority(),
        rules: if args.mergekit { Rules::mergekit(method, args.normalize) } else { Rules::Peft },
        seed: Seed(args.seed()),
    };
    if args.compare {
        let mut all = Vec::new();
        for method in Method::ALL.into_iter().filter(|m| !args.mergekit || m.works_on_weights()) {
            all.push(match merged(&merge(method), &adapters, &config, false, &bars) {
                Ok((modules, error)) => told(method, &modules, error),
                Err(e) if e.kind() == crate::error::Kind::Input => {
                    Told { method: method.id(), rank: 0, error: None, why: Some(e.what().to_owned()) }
                }
                Err(e) => return Err(e),
            });
        }
        match args.json {
            true => print_json(&all)?,
            false => all.iter().try_for_each(print)?,
        }
        return Ok(Exit::Passed);
    }
    let out = args.out.clone().unwrap_or_default();
    let (modules, error) = merged(&merge(args.method), &adapters, &config, args.bf16, &bars)?;
    let figures = told(args.method, &modules, error);
    write(args, &modules, figures.rank, &config, &out)?;
    let asked =
        Asked { args, base: &args.engine.base.name(DEFAULT_BASE), adapters: &adapters, folders: &folders };
    atomic::write(&out.join("README.md"), card(&asked, &figures).as_bytes())?;
    match args.json {
        true => print_json(&figures)?,
        false => print(&figures)?,
    }
    tell!("written: {}, of {}", out.display(), args.weights);
    Ok(Exit::Passed)
}

fn check(args: &Args) -> Result<()> {
    if args.weights.is_base() {
        return Err(Error::input("there is nothing to merge").expected("adapters with weights other than 0"));
    }
    let density = args.density();
    if !(density > 0.0 && density <= 1.0) {
        return Err(
            Error::input(format!("--density {density} is out of range")).expected("a share above 0, up to 1")
        );
    }
    // What would change nothing was meant to change something.
    let method = args.method;
    for (flag, given, counts, methods) in [
        ("rank", args.rank.is_some(), !method.works_on_factors(), "exact, svd or one that ends in _svd"),
        (
            "density",
            args.density.is_some(),
            method.prunes(),
            "ties, dare or magnitude_prune, with _svd or without",
        ),
        ("majority", args.majority.is_some(), method.elects(), "ties or dare_ties, with _svd or without"),
        ("seed", args.seed.is_some(), method.draws(), "dare_linear or dare_ties, with _svd or without"),
    ] {
        if given && !counts && !args.compare {
            return Err(Error::input(format!("--{flag} changes nothing of `{}`", method.id()))
                .expected(format!("--{flag} with --method {methods}"))
                .help("leave it out, or name the method"));
        }
    }
    if let Some(out) = &args.out {
        check_new(out)?;
    }
    if args.mergekit && !args.compare && !args.method.works_on_weights() {
        return Err(Error::input(format!("mergekit has no rules for `{}`", args.method.id()))
            .expected("a method on weights, whose name ends in _svd"));
    }
    Ok(())
}

/// An adapter is not written among other things: its model card would take the place of a README that lies there.
fn check_new(out: &Path) -> Result<()> {
    let what = match std::fs::read_dir(out).map(|mut entries| entries.next().is_none()) {
        Ok(true) => return Ok(()),
        Ok(false) if out.join(ADAPTER_FILES[0]).exists() => "an adapter lies in the folder",
        Ok(false) => "something lies in the folder",
        Err(_) if out.exists() => "this is no folder",
        Err(_) => return Ok(()),
    };
    Err(Error::input(what)
        .in_file(out)
        .expected("a new folder or an empty one")
        .help("give another one to -o"))
}

/// The adapters of the blend, with their weights.
fn load(
    args: &Args,
    folders: &BTreeMap<String, PathBuf>,
    config: &ModelConfig,
) -> Result<Vec<(Adapter, f64)>> {
    let one = |(name, weight): (&str, f32)| {
        let folder = folders.get(name).ok_or_else(|| {
            Error::cannot_run(format!("the adapter `{name}` is not there"))
                .known(name, folders.keys())
                .help("name folders with --adapters DIR or --adapter NAME=DIR")
        })?;
        Ok((Adapter::load(name, folder, config)?, f64::from(weight)))
    };
    args.weights.iter().map(one).collect()
}

type Modules = BTreeMap<(usize, Module), Factors>;

/// All modules that any of the adapters has; with `bf16` as such a file will hold them.
fn merged(
    merge: &Merge,
    adapters: &[(Adapter, f64)],
    config: &ModelConfig,
    bf16: bool,
    bars: &Bars,
) -> Result<(Modules, Error2)> {
    let places: Vec<(usize, Module)> =
        (0..config.layers).flat_map(|layer| Module::ALL.map(|module| (layer, module))).collect();
    bars.start(merge.method.id(), Some(places.len() as u64));
    let one = |&(layer, module): &(usize, Module)| {
        crate::interrupt::check()?;
        let (n, k) = module.shape(config);
        let parts = adapters.iter().filter_map(|(adapter, weight)| {
            let pair = adapter.pairs.get(&(layer, module))?;
            let array = |rows: usize, columns: usize, values: &[f32]| {
                Array2::from_shape_fn((rows, columns), |(i, j)| f64::from(values[i * columns + j]))
            };
            Some(Part {
                a: array(pair.r, k, &pair.a),
                b: array(n, pair.r, &pair.b),
                scale: f64::from(pair.scale),
                weight: *weight,
            })
        });
        let parts: Vec<Part> = parts.collect();
        bars.advance(1);
        if parts.is_empty() {
            return Ok(None);
        }
        let factors = merge.merge(&parts, &module.full_path(layer))?;
        let factors = if bf16 { factors.in_bf16() } else { factors };
        let error = factors.error(&parts);
        Ok(Some(((layer, module), factors, error)))
    };
    let found: Vec<Option<_>> = places.par_iter().map(one).collect::<Result<_>>()?;
    bars.finish();
    let (mut modules, mut error) = (Modules::new(), Error2::default());
    for (place, factors, own) in found.into_iter().flatten() {
        error += own;
        modules.insert(place, factors);
    }
    Ok((modules, error))
}

fn told(method: Method, modules: &Modules, error: Error2) -> Told {
    let rank = modules.values().map(Factors::rank).max().unwrap_or(0);
    Told { method: method.id(), rank, error: Some(error.relative()), why: None }
}

/// Errors below this come from rounding alone.
const ROUNDING: f64 = 1e-7;

fn print(told: &Told) -> Result<()> {
    match (told.error, &told.why) {
        (Some(error), _) if error < ROUNDING => {
            say!("{:<20} rank {:>3}  exact", told.method, told.rank)
        }
        (Some(error), _) => {
            let digits = if error < 0.01 { 2 } else { 1 };
            say!(
                "{:<20} rank {:>3}  {:.digits$} % off the exact blend",
                told.method,
                told.rank,
                100.0 * error
            )
        }
        (None, why) => say!("{:<20} -  {}", told.method, why.as_deref().unwrap_or_default()),
    }
}

/// What a merged adapter was made of.
struct Asked<'a> {
    args: &'a Args,
    base: &'a str,
    adapters: &'a [(Adapter, f64)],
    folders: &'a BTreeMap<String, PathBuf>,
}

/// The model card of a merged adapter, in Markdown.
fn card(asked: &Asked<'_>, told: &Told) -> String {
    let Asked { args, base, adapters, folders } = asked;
    let name = args.out.as_deref().and_then(Path::file_name).unwrap_or_default().to_string_lossy();
    let mut text = card_head(&name, base);
    text += &format!(", merged by persona-eval {}: method `{}`", env!("CARGO_PKG_VERSION"), told.method);
    let method = args.method;
    if method.prunes() {
        text += &format!(", density {}", args.density());
    }
    if method.elects() {
        text += match args.majority() {
            Majority::Total => ", majority total",
            Majority::Frequency => ", majority frequency",
        };
    }
    if method.draws() {
        text += &format!(", seed {}", args.seed());
    }
    if args.mergekit {
        text += ", by mergekit's rules";
        let normalized = Rules::mergekit(args.method, args.normalize) == Rules::Mergekit { normalize: true };
        text += if normalized { ", normalized" } else { "" };
    }
    text += &format!(", rank {}", told.rank);
    if let Some(error) = told.error {
        text += &format!(", {:.2} % off the exact blend", 100.0 * error);
    }
    text += ".\n\n| adapter | weight | sha256 of configuration and weights |\n|---|---|---|\n";
    for ((adapter, _), (_, weight)) in adapters.iter().zip(args.weights.iter()) {
        text += &format!("| `{}` | {weight} | `{}` |\n", adapter.name, adapter.sha256);
    }
    // What these were made of is what this one is made of.
    let cards = adapters.iter().filter_map(|(adapter, _)| own_card(folders.get(&adapter.name)?));
    cards.for_each(|card| text += &card);
    text
}

/// The card of an adapter that this program made, one heading lower and without the head for model hubs.
fn own_card(folder: &Path) -> Option<String> {
    let card = std::fs::read_to_string(folder.join("README.md")).ok()?;
    let (_, body) = card.strip_prefix("---\n")?.split_once("\n---\n")?;
    let lower = |line: &str| if line.starts_with('#') { format!("#{line}\n") } else { format!("{line}\n") };
    body.contains("by persona-eval ").then(|| body.lines().map(lower).collect())
}

/// One rank for all modules, as PEFT's configuration has it; the scale is 1. A module that is merged in one layer is there in all,
/// as zero where no adapter has it.
fn write(args: &Args, modules: &Modules, rank: usize, model: &ModelConfig, out: &Path) -> Result<()> {
    let targets: Vec<Module> =
        Module::ALL.into_iter().filter(|module| modules.keys().any(|(_, known)| known == module)).collect();
    let mut config = PeftConfig::of(rank, rank as f64, false, &targets);
    config.base = Some(args.engine.base.name(DEFAULT_BASE));
    let places = (0..model.layers).flat_map(|layer| targets.iter().map(move |module| (layer, *module)));
    #[allow(clippy::cast_possible_truncation, reason = "files hold f32")]
    let values = |x: &Array2<f64>| x.iter().map(|v| *v as f32).collect();
    let pairs: Vec<WrittenPair> = places
        .map(|(layer, module)| {
            let (n, k) = module.shape(model);
            let (a, b) = match modules.get(&(layer, module)).map(|factors| factors.padded(rank)) {
                Some(whole) => (values(&whole.a), values(&whole.b)),
                None => (vec![0.0; rank * k], vec![0.0; n * rank]),
            };
            WrittenPair { layer, module, a, b, shape: (n, rank, k) }
        })
        .collect();
    write_adapter(out, &config, 0.0, &pairs, if args.bf16 { Stored::Bf16 } else { Stored::F32 })
}
