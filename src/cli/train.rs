//! `persona-eval train`.

use super::bars::Bars;
use super::base::{BaseArgs, DEFAULT_BASE};
use super::engine::{RegistryArgs, load_suite};
use super::exit::Exit;
use super::passages::PassageArgs;
use super::print::{print_json, say, tell};
use super::train_plan;
use crate::course::{Adapters, Course, CourseOptions, Material, REJECTS, Syllabus, check_leaks};
use crate::curriculum::{Config, Heldout, MOST_EPOCHS, TooLong, Training};
use crate::error::{Error, Result};
use crate::list;
use crate::model::BaseModel;
use crate::persona::Registry;
use crate::report;
use crate::train::TrainingRecord;
use std::path::{Path, PathBuf};

/// Train adapters on the phases of a curriculum
///
/// Takes a training configuration (suites/persona_training_config.yaml explains every key), or just a folder of examples. Trains one
/// adapter on all personas, or with --multi-adapter one for each group, all in one pass over the base. Writes adapters in PEFT's
/// layout, training.html, a journal and a record. A stopped training goes on with --resume, to the same bytes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval train suites/persona_training_config.yaml --dry-run
  persona-eval train suites/persona_training_config.yaml --multi-adapter -o out/adapters
  persona-eval train my-examples --heldout 0.1 -o out/one    # makes out/one/all_personas
  persona-eval train config.yaml --multi-adapter -o out/a && persona-eval run suites/all.toml --adapters out/a")]
pub(super) struct Args {
    /// The training configuration, or a folder of examples
    #[arg(value_name = "CONFIG|DIR")]
    config: PathBuf,
    /// Train one adapter for each group, in one pass, instead of one on all personas
    #[arg(long)]
    multi_adapter: bool,
    /// Folder of examples, in place of the configuration's; may be given more than once
    #[arg(long, value_name = "DIR")]
    data: Vec<PathBuf>,
    /// Held-out examples: a folder, or a share of the prompts, in place of the configuration's
    #[arg(long, value_name = "DIR|SHARE")]
    heldout: Option<String>,
    /// Folder to write to
    #[arg(short, long, value_name = "DIR", required_unless_present = "dry_run")]
    out: Option<PathBuf>,
    /// Go on from the folder's checkpoint, if there is one
    #[arg(long)]
    resume: bool,
    /// Train no further now: make adapters of the checkpoint, which stays (with --resume)
    #[arg(long, requires = "resume")]
    finish: bool,
    /// Write over a training that lies in the folder
    #[arg(long, conflicts_with = "resume")]
    overwrite: bool,
    /// Print the plan (examples, tokens and shares by phase and persona, time and memory) and do nothing
    #[arg(long)]
    dry_run: bool,
    /// Print the plan or the result as JSON
    #[arg(long)]
    json: bool,
    /// Do not look for what suites ask in the training examples
    #[arg(long)]
    skip_leak_check: bool,
    #[command(flatten)]
    passages: PassageArgs,
    #[command(flatten)]
    base: BaseArgs,
    #[command(flatten)]
    registry: RegistryArgs,
    // Last: its heading would stand over what follows.
    #[command(flatten)]
    keys: Keys,
}

/// Keys of the configuration that one often tries out.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "In place of the configuration's keys")]
struct Keys {
    /// Rank of each adapter
    #[arg(long, value_name = "R", value_parser = clap::value_parser!(u16).range(1..=1024))]
    rank: Option<u16>,
    /// LoRA's alpha; the scale is alpha/rank
    #[arg(long)]
    alpha: Option<f64>,
    /// What the phases' learning rates are multiplied by
    #[arg(long, value_name = "FACTOR")]
    learning_rate_factor: Option<f64>,
    /// How often an example may come in one phase
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_EPOCHS)))]
    epochs: Option<u32>,
    /// Tokens in one forward pass, about
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    batch_tokens: Option<u32>,
    /// What becomes of examples that are longer than `max_tokens` or than what the base reads
    #[arg(long, value_name = "WHAT", value_parser = TooLong::ALL.map(|(word, _)| word))]
    too_long: Option<String>,
    /// Steps between two checkpoints; 0 writes none
    #[arg(long, value_name = "N")]
    checkpoint_every: Option<u32>,
    /// Seed of the order, the first factors and dropout
    #[arg(long)]
    seed: Option<u64>,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let bars = Bars::default();
    let registry = args.registry.load()?;
    let (config, folders) = configuration(args, &registry)?;
    let adapters = if args.multi_adapter { Adapters::Groups } else { Adapters::Single };
    config.training.check()?;
    let material = Material::read(&config, &folders, adapters, &registry)?;
    if !args.skip_leak_check {
        let catalog = args.base.catalog()?;
        let passages = args.passages.load(&registry, |file| load_suite(file, &registry, &catalog))?;
        if passages.is_empty() {
            tell!(
                "no suite lies beside the registry: nothing was looked for in the examples that a suite asks (--suite names one)"
            );
        }
        check_leaks(&material, passages)?;
    }
    if material.mixed.is_some() {
        let times = list::count(config.training.epochs as usize, "time");
        tell!(
            "a mixture of `data mix`: phases, weights and traits are as it drew them; each phase is gone through {times}"
        );
    }
    let t = &config.training;
    let base_args = args.base.or(t.base.as_deref(), t.dtype.as_deref(), t.device.as_deref());
    let path = base_args.path(DEFAULT_BASE, &bars)?;
    let base = BaseModel::open(&path, base_args.arithmetic(), &base_args.device()?, &[])?;
    let syllabus = Syllabus::new(&base, &config, &material)?;
    if args.dry_run {
        let plan = train_plan::plan(base, &config, &material, &syllabus)?;
        match args.json {
            true => print_json(&plan)?,
            false => plan.print()?,
        }
        return Ok(Exit::Passed);
    }
    let out = args.out.clone().unwrap_or_default();
    refuse_own_data(&out, &folders)?;
    let options = CourseOptions {
        out: out.clone(),
        resume: args.resume,
        overwrite: args.overwrite,
        finish: args.finish,
        base_name: base_args.name(DEFAULT_BASE),
    };
    let tokens: u64 = syllabus.phases(&config).iter().map(|p| p.tokens).sum();
    let examples: usize = syllabus.draws.iter().map(|d| d.order.len()).sum();
    let count = material.adapters.len();
    let aside = material.set_aside().chain(&syllabus.aside).count();
    let course = Course::new(base, config, material, syllabus, options)?;
    let (done, steps) = course.steps();
    let from = match (course.is_done(), args.finish) {
        (true, _) => ", which are done".to_owned(),
        (_, true) => format!(", ended behind step {done}"),
        _ if done > 0 => format!(", going on behind step {done}"),
        _ if args.resume => ", from the beginning: no checkpoint lies in the folder".to_owned(),
        _ => String::new(),
    };
    let [examples, steps, count] =
        [(examples, "example"), (steps, "step"), (count, "adapter")].map(|(n, noun)| list::count(n, noun));
    tell!("{examples}, {} tokens, {count}, {steps}{from}", list::grouped(tokens));
    // A training is long: what could be mended before it should be known before it.
    let foreseen = if course.is_done() { Vec::new() } else { course.foreseen().to_vec() };
    for warning in &foreseen {
        tell!("warning: {warning}");
    }
    if aside > 0 && !course.is_done() {
        tell!("set aside: {}", out.join(REJECTS).display());
    }
    if !foreseen.is_empty() {
        tell!("the plan in detail: the same command with --dry-run");
    }
    let (record, journal) = course.run(&bars)?;
    report::write_training(&record, &journal, &out)?;
    match args.json {
        true => print_json(&record)?,
        false => print(&record, &foreseen, &out)?,
    }
    Ok(Exit::Passed)
}

/// The configuration with what the flags say, and the folders of the examples.
fn configuration(args: &Args, registry: &Registry) -> Result<(Config, Vec<PathBuf>)> {
    let mut config = match args.config.is_dir() {
        true => {
            let data = vec![args.config.clone()];
            Config::plain(registry, Training { data, ..Training::default() })
        }
        false => Config::read(&args.config, registry)?,
    };
    if let Some(seed) = args.keys.seed {
        config.seed = seed;
    }
    let (t, keys) = (&mut config.training, &args.keys);
    t.rank = keys.rank.map_or(t.rank, usize::from);
    t.epochs = keys.epochs.unwrap_or(t.epochs);
    t.batch_tokens = keys.batch_tokens.map_or(t.batch_tokens, |n| n as usize);
    let said = TooLong::ALL.iter().find(|(word, _)| keys.too_long.as_deref() == Some(word));
    t.too_long = said.map_or(t.too_long, |(_, policy)| *policy);
    t.checkpoint_every = keys.checkpoint_every.map_or(t.checkpoint_every, |n| n as usize);
    for (flag, key, name) in [
        (keys.alpha, &mut t.alpha, "alpha"),
        (keys.learning_rate_factor, &mut t.learning_rate_factor, "learning-rate-factor"),
    ] {
        if let Some(value) = flag {
            if !(value.is_finite() && value > 0.0) {
                return Err(
                    Error::input(format!("--{name} {value} is out of range")).expected("a number above 0")
                );
            }
            *key = value;
        }
    }
    if let Some(heldout) = &args.heldout {
        t.heldout = heldout_of(heldout)?;
    }
    let folders = if args.data.is_empty() { t.data.clone() } else { args.data.clone() };
    if folders.is_empty() {
        return Err(Error::input("the configuration names no examples")
            .in_file(&args.config)
            .key("training.data")
            .help("name a folder there, or give one with --data"));
    }
    Ok((config, folders))
}

/// A training within its own examples would read its journal as some of them.
fn refuse_own_data(out: &Path, folders: &[PathBuf]) -> Result<()> {
    let whole = |path: &Path| std::fs::canonicalize(path).ok();
    let Some(out) = whole(out) else { return Ok(()) };
    match folders.iter().find(|folder| whole(folder).as_ref() == Some(&out)) {
        Some(folder) => Err(Error::input("the folder of the examples cannot be that of the training")
            .in_file(folder)
            .help("give another folder to -o; it may lie within")),
        None => Ok(()),
    }
}

fn heldout_of(text: &str) -> Result<Heldout> {
    match text.parse::<f64>() {
        Ok(share) if share > 0.0 && share < 1.0 && !Path::new(text).exists() => Ok(Heldout::Share(share)),
        Ok(_) if !Path::new(text).exists() => Err(Error::input(format!("--heldout {text} is no share"))
            .expected("a number between 0 and 1, or a folder")),
        _ => Ok(Heldout::Folder(PathBuf::from(text))),
    }
}

/// Columns of a name.
const NAME: usize = 14;

/// Prints the result; what was told before the training is not told again.
fn print(record: &TrainingRecord, told: &[String], out: &Path) -> Result<()> {
    for a in &record.adapters {
        let heldout = a
            .heldout
            .map_or(String::new(), |h| format!("  held-out loss {:.3}, base {:.3}", h.adapter, h.base));
        let early = if a.stopped_early { "  (stopped early)" } else { "" };
        let (first, last) = a.training_loss;
        let loss = if a.steps == 0 { "no step".to_owned() } else { format!("loss {first:.3} to {last:.3}") };
        say!("{:<NAME$} {loss}{heldout}{early}", a.name)?;
    }
    for warning in record.warnings.iter().filter(|w| !told.contains(w)) {
        tell!("warning: {warning}");
    }
    let cost = &record.cost;
    let rate = cost.tokens as f64 / cost.seconds.max(1e-9);
    say!(
        "{} in {} after {:.0} s ({rate:.0} tokens/s, {} MiB)",
        list::count(record.adapters.len(), "adapter"),
        out.display(),
        cost.seconds,
        cost.peak_mib
    )?;
    say!("report: {}", out.join("training.html").display())
}
