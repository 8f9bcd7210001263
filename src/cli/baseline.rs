//! `persona-eval baseline`.

use super::exit::Exit;
use super::print::say;
use crate::baseline::{Baseline, accept};
use crate::compare::{Matched, Part};
use crate::error::{Error, Result};
use crate::evaluate::{WITHOUT_GATE, leave_out, quoted};
use crate::gate::POWER;
use crate::record::{Record, Warning, read_journal};
use crate::stats::detectable_loss;
use crate::suite::{Gate, METRICS, Raw, Scope, Suite};
use clap::Subcommand;
use std::path::{Path, PathBuf};

/// Accept a run as what later runs are held against, or show the one that stands
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval run suites/all.toml --repeats 8
  persona-eval baseline accept reports/20261123T101500Z-all
  persona-eval baseline show all")]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Bless a run: its raw scores, answers, estimates and noise go into suites/baselines/NAME.json
    Accept(Accept),
    /// What a baseline holds, and what it can detect
    Show(Show),
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  persona-eval baseline accept reports/20261123T101500Z-all")]
struct Accept {
    /// The run's folder
    run: PathBuf,
    /// Accept although the run failed, was a trial, or differs from the baseline before it; the differences are recorded
    #[arg(long)]
    force: bool,
    /// Folder of baselines [default: `baselines` beside the suite's file, where `run` looks]
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  persona-eval baseline show all")]
struct Show {
    /// The suite's name or file, or a baseline's file
    suite: String,
    /// Folder of baselines
    #[arg(long, value_name = "DIR", default_value = "suites/baselines")]
    dir: PathBuf,
    /// Print everything as JSON
    #[arg(long)]
    json: bool,
}

/// What a run is held against.
#[derive(Debug, clap::Args)]
pub(super) struct BaselineArgs {
    /// Hold the run against this baseline [default: baselines/NAME.json beside the suite, where it exists]
    #[arg(long, value_name = "FILE", conflicts_with = "no_baseline")]
    baseline: Option<PathBuf>,
    /// Hold it against none: gates against a baseline are left out
    #[arg(long)]
    no_baseline: bool,
}

impl BaselineArgs {
    /// With `--no-baseline`, takes the gates out of the suite that would judge against one; what a reader must then know.
    pub(super) fn leave_out(&self, suite: &mut Suite) -> Option<Warning> {
        let against = |g: &Gate| self.no_baseline && g.against_baseline();
        leave_out(suite, against, "--no-baseline")
    }

    /// The baseline that the user named, or the suite's own where there is one.
    ///
    /// # Errors
    /// It cannot be read, or another embedder judged it and gates of the suite ask for it: nothing could be said then.
    pub(super) fn load(&self, suite: &Suite, embedder: Option<&str>) -> Result<Option<Baseline>> {
        let own = default_baseline(suite);
        let file = match &self.baseline {
            Some(file) => file,
            None if self.no_baseline || !own.exists() => return Ok(None),
            None => &own,
        };
        let baseline = Baseline::read(file)?;
        let (judged, judges) = (&baseline.scores.provenance.embedder, embedder.unwrap_or(&suite.embedder));
        let asked = suite.gates.iter().any(Gate::against_baseline);
        // A folder's weights are compared once they are read.
        let by_name = !Path::new(judges).is_dir();
        if asked && by_name && !baseline.scores.items.is_empty() && judged != judges {
            return Err(Error::input(format!(
                "the baseline was judged with `{judged}`, this run with `{judges}`"
            ))
            .in_file(file)
            .expected("the same embedder")
            .help("accept a run made with this one, or hold the run against none: --no-baseline"));
        }
        let held = Matched::new(&baseline.scores, &baseline.scores);
        let holds = |gate: &&Gate| match &gate.scope {
            Scope::Persona(id) => !held.units(&gate.metric, Part::Persona(id)).is_empty(),
            Scope::Pair(a, b) => !held.units(&gate.metric, Part::Pair(a, b)).is_empty(),
            Scope::Whole | Scope::EachPersona | Scope::EachGroup => {
                !held.units(&gate.metric, Part::Whole).is_empty()
            }
        };
        let lacking: Vec<&Gate> =
            suite.gates.iter().filter(|g| g.against_baseline()).filter(|g| !holds(g)).collect();
        if !lacking.is_empty() {
            let told: Vec<String> =
                lacking.iter().map(|g| format!("`{}` judges ({})", g.name, g.metric)).collect();
            let flags: Vec<String> =
                lacking.iter().map(|g| format!("{WITHOUT_GATE} {}", quoted(&g.name))).collect();
            return Err(Error::input(format!("the baseline holds nothing of what {}", told.join(", ")))
                .in_file(file)
                .expected("a baseline from a run that measured it, for these personas")
                .help(format!(
                    "accept such a run, leave it out ({}), or hold the run against none: --no-baseline",
                    flags.join(" ")
                )));
        }
        Ok(Some(baseline))
    }
}

/// Where baselines lie, beside the suites.
const BASELINES: &str = "baselines";

/// Where the baseline of a suite lies: `baselines/NAME.json` beside its file.
pub(super) fn default_baseline(suite: &Suite) -> PathBuf {
    let folder = suite.path.parent().unwrap_or_else(|| Path::new(""));
    folder.join(BASELINES).join(format!("{}.json", suite.name))
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    match &args.action {
        Action::Accept(args) => accept_run(args),
        Action::Show(args) => show(args),
    }
}

fn accept_run(args: &Accept) -> Result<Exit> {
    let record = Record::read(&args.run)?;
    let journal = args.run.join("responses.jsonl");
    let responses = if journal.exists() { read_journal(&journal)? } else { Vec::new() };
    let path = folder_for(args, &record)?.join(format!("{}.json", record.suite));
    // A baseline that cannot be read is no reason not to replace it, if that is forced.
    let earlier = match path.exists().then(|| Baseline::read(&path)).transpose() {
        Err(e) if !args.force => return Err(e.help("replace it: baseline accept RUN --force")),
        earlier => earlier.ok().flatten(),
    };
    let baseline = accept(&record, &responses, earlier.as_ref(), args.force)?;
    baseline.write(&path)?;
    say!("accepted {} as {}", record.id, path.display())?;
    for difference in &baseline.forced {
        say!("although: {difference}")?;
    }
    if baseline.noise.is_none() {
        say!("it was made once, so noise between runs is not known: measure it with run --repeats 8")?;
    }
    Ok(Exit::Passed)
}

/// Where `run` will look for the baseline of the record's suite, unless the user says otherwise.
fn folder_for(args: &Accept, record: &Record) -> Result<PathBuf> {
    let places = [record.suite_folder.as_str(), "suites"];
    let beside = places.iter().map(Path::new).find(|folder| !suites_named(folder, &record.suite).is_empty());
    match (&args.dir, beside) {
        (Some(dir), _) => Ok(dir.clone()),
        (None, Some(folder)) => Ok(folder.join(BASELINES)),
        (None, None) => Err(Error::input(format!("where the suite `{}` lies is not known", record.suite))
            .in_file(&args.run)
            .expected("`baselines` beside the suite's file: `run` looks there")
            .help("name it: --dir FOLDER/baselines")),
    }
}

/// The suites of a folder that have this name.
fn suites_named(folder: &Path, name: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path());
    let suites = entries.filter(|p| p.extension().is_some_and(|e| e == "toml"));
    suites.filter(|p| name_of(p).is_some_and(|n| n == name)).collect()
}

/// The name that a suite's file gives itself.
fn name_of(suite: &Path) -> Option<String> {
    let table: toml::Table = std::fs::read_to_string(suite).ok()?.parse().ok()?;
    Some(table.get("name")?.as_str()?.to_owned())
}

/// The baseline of that file, suite's file or suite's name.
pub(super) fn open(suite: &str, dir: &Path) -> Result<(PathBuf, Baseline)> {
    let file = Path::new(suite);
    let beside = || Some(file.parent()?.join(BASELINES).join(format!("{}.json", name_of(file)?)));
    let path = if suite.ends_with(".toml") {
        beside().ok_or_else(|| {
            Error::input("the suite cannot be read").in_file(file).expected("a suite's file, with its `name`")
        })?
    } else if file.is_file() || suite.ends_with(".json") {
        file.to_path_buf()
    } else {
        dir.join(format!("{suite}.json"))
    };
    if !path.exists() {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        let names: Vec<String> =
            entries.filter_map(|e| Some(e.path().file_stem()?.to_string_lossy().into_owned())).collect();
        return Err(Error::input(format!("there is no baseline of `{suite}`"))
            .in_file(&path)
            .known(suite, names)
            .help("accept a run: persona-eval baseline accept RUN"));
    }
    Ok((path.clone(), Baseline::read(&path)?))
}

fn show(args: &Show) -> Result<Exit> {
    let (path, b) = open(&args.suite, &args.dir)?;
    if args.json {
        let value = serde_json::json!({
            "accepted": b.accepted, "made": b.made, "forced": b.forced, "scores": b.scores,
            "estimates": b.estimates, "noise": b.noise, "seconds_per_answer": b.seconds_per_answer,
        });
        say!("{value:#}")?;
        return Ok(Exit::Passed);
    }
    let p = &b.scores.provenance;
    say!("baseline  {}", path.display())?;
    say!("run       {}, made {}, accepted {}", b.scores.id, b.made, b.accepted)?;
    for difference in &b.forced {
        say!("although  {difference}")?;
    }
    let instrument = if b.scores.instrument.is_empty() { "embedding" } else { &b.scores.instrument };
    say!("judged by {instrument} ({}), base {}, {} on {}", p.embedder, p.base, p.arithmetic, p.device)?;
    let adapters: Vec<String> =
        p.adapters.iter().map(|a| format!("{} {}", a.name, &a.sha256[..8.min(a.sha256.len())])).collect();
    say!("adapters  {}", if adapters.is_empty() { "none".to_owned() } else { adapters.join(", ") })?;
    say!(
        "scores    {} answers to {} prompts, {} held-out texts, {} tasks",
        b.scores.items.len(),
        b.scores.prompts.len(),
        b.scores.texts.len(),
        b.scores.tasks.len()
    )?;
    match &b.noise {
        Some(n) => say!("noise     from {} repeats (seeds {})", n.repeats(), list(&n.seeds))?,
        None => say!("noise     not measured: run --repeats 8, then accept that run")?,
    }
    say!("\n{:<40} {:>8} {:>20} {:>9} {:>12}", "metric", "value", "95 % interval", "noise", "detectable")?;
    for metric in METRICS {
        let noise = b.noise.as_ref().and_then(|n| n.metrics.get(metric.name));
        let Some(e) = b.estimates.get(metric.name) else { continue };
        let found = match (&b.noise, noise) {
            // Tasks that are answered greedily come out alike every time: that says nothing of what could be seen.
            (Some(_), Some(s)) if metric.raw != Raw::None && *s > 0.0 => {
                format!("{:.3}", detectable(*s, e.n))
            }
            _ => String::new(),
        };
        let noise = noise.map_or(String::new(), |s| format!("{s:.4}"));
        let interval = format!("[{:.3}, {:.3}]", e.low, e.high);
        say!("{:<40} {:>8.3} {interval:>20} {noise:>9} {found:>12}", metric.name, e.point)?;
    }
    say!(
        "\ndetectable: a loss that one gate alone, with the noise as its margin, finds four times in five; `plan` tells what the suite's find"
    )?;
    Ok(Exit::Passed)
}

/// Level of a gate that is judged alone.
const ALONE: f64 = 0.025;

/// The loss that the design of the baseline finds with a power of 0.8 and the noise as its margin.
fn detectable(between_runs: f64, n: usize) -> f64 {
    detectable_loss(between_runs, between_runs, n.saturating_sub(1), ALONE, POWER)
}

fn list(seeds: &[u64]) -> String {
    seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}
