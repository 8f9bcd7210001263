//! `persona-eval run`.

use super::bars::Bars;
use super::engine::{EngineArgs, open_embedder};
use super::exit::Exit;
use crate::blend::Blend;
use crate::error::{Error, Result};
use crate::evaluate::{EvaluateOptions, Plan, evaluate};
use crate::record::{Record, Verdict};
use crate::report;
use crate::store::Cache;
use crate::suite::Suite;
use std::path::{Path, PathBuf};

/// Evaluate a suite: answers, figures, gates, report
///
/// Writes reports/<time>-<suite>/ with run.json, responses.jsonl, report.html, pictures, summary.md and junit.xml.
/// Missing models are fetched. Gates that fail exit with 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval run suites/all.toml
  persona-eval run suites/all.toml --adapters out/adapters --strict
  persona-eval run suites/separability.toml --limit 4 --no-floor
  persona-eval run suites/all.toml --resume reports/20261123T101500Z-all")]
pub(super) struct Args {
    /// The suite's TOML file
    suite: PathBuf,
    #[command(flatten)]
    engine: EngineArgs,
    /// Embedder: a name from models.toml or a folder [default: the suite's]
    #[arg(long, value_name = "NAME|DIR")]
    embedder: Option<String>,
    /// Every persona speaks with this one adapter instead of its blend
    #[arg(long, value_name = "DIR", conflicts_with_all = ["blend"])]
    single: Option<PathBuf>,
    /// Every persona speaks with this blend, e.g. tech_expert=0.7,emotive=0.3, or base
    #[arg(long, value_name = "BLEND")]
    blend: Option<Blend>,
    /// Root seed of sampling, bootstrap and permutation
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Only the first N shared prompts and tasks: a trial
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..))]
    limit: Option<u16>,
    /// Rows that are generated together
    #[arg(long, value_name = "N", default_value_t = 48, value_parser = clap::value_parser!(u16).range(1..=1024))]
    rows: u16,
    /// Leave out the floor (the base with the tag, no adapter)
    #[arg(long)]
    no_floor: bool,
    /// Folder of runs
    #[arg(long, value_name = "DIR", default_value = "reports")]
    out: PathBuf,
    /// Go on with a run that was stopped
    #[arg(long, value_name = "RUN")]
    resume: Option<PathBuf>,
    /// Exit with 4 when a gate is inconclusive
    #[arg(long)]
    strict: bool,
    /// Print the record as JSON on standard output
    #[arg(long)]
    json: bool,
    /// Show what would be done and about how long it takes, then stop
    #[arg(long)]
    dry_run: bool,
}

/// Name of the one adapter of `--single`.
const SINGLE: &str = "single";

pub(super) fn run(args: &Args) -> Result<Exit> {
    let bars = Bars::default();
    let registry = args.engine.registry()?;
    let catalog = args.engine.catalog()?;
    let suite = Suite::load(&args.suite, &registry, &catalog.names())?;
    let device = args.engine.device()?;
    let base = args.engine.base_path(&suite.base, &bars)?;
    let (adapters, blend) = match &args.single {
        Some(folder) => (vec![(SINGLE.to_owned(), folder.clone())], Some(Blend::single(SINGLE)?)),
        None => (args.engine.adapter_folders(&suite.base)?, args.blend.clone()),
    };
    let engine = crate::generate::Engine::open(&base, &adapters, args.engine.arithmetic(), &device)?;
    let folder = match &args.resume {
        Some(folder) if !folder.join("responses.jsonl").exists() => {
            return Err(Error::input("there is no run to resume")
                .in_file(folder)
                .expected("a run's folder with responses.jsonl"));
        }
        Some(folder) => folder.clone(),
        None => args.out.join(format!("{}-{}", chrono::Utc::now().format("%Y%m%dT%H%M%SZ"), suite.name)),
    };
    let options = EvaluateOptions {
        seed: args.seed,
        limit: args.limit.map(usize::from),
        rows: usize::from(args.rows),
        blend,
        floor: !args.no_floor,
        floor_cache: Some(Cache::from_env()?.root().join("floor")),
        base: args.engine.named_base(),
        embedder: args.embedder.clone(),
        command: command_line(),
        ..EvaluateOptions::new(folder.clone())
    };
    if args.dry_run {
        return dry_run(&suite, &Plan::new(&suite, &registry, &engine, &options)?, &engine);
    }
    let embedder = open_embedder(args.embedder.as_deref().unwrap_or(&suite.embedder), &catalog, &bars)?;
    let result = evaluate(&suite, &registry, &engine, &embedder, &options, &bars);
    let evaluated = result.map_err(|e| match e.kind() {
        crate::error::Kind::Interrupted => e.help(format!(
            "go on with: persona-eval run {} --resume {}",
            args.suite.display(),
            folder.display()
        )),
        _ => e,
    })?;
    // The record first, the page last: a page never stands without the figures behind it.
    evaluated.record.write(&folder.join("run.json"))?;
    report::write_all(&evaluated.record, &evaluated.responses, &folder)?;
    if args.json {
        let text = serde_json::to_string_pretty(&evaluated.record)
            .map_err(|e| Error::cannot_run("the record cannot be printed").because(e))?;
        println!("{text}");
    } else {
        print_summary(&evaluated.record, &folder);
    }
    Ok(Exit::of_verdict(evaluated.record.verdict, args.strict))
}

/// The command line as typed, without the program's own path.
fn command_line() -> String {
    let rest: Vec<String> = std::env::args().skip(1).collect();
    format!("persona-eval {}", rest.join(" "))
}

fn print_summary(record: &Record, folder: &Path) {
    let mark = |v: Verdict| match v {
        Verdict::Pass => "pass",
        Verdict::Fail => "FAIL",
        Verdict::Inconclusive => "inconclusive",
    };
    for stage in &record.stages {
        eprintln!("{:>7.1} s  {:<14} {}", stage.seconds, stage.name, stage.note);
    }
    for warning in &record.warnings {
        eprintln!("warning: {}\n  help: {}", warning.what, warning.help);
    }
    if let Some(s) = &record.separability {
        let b = &s.persona.balanced_accuracy;
        println!(
            "persona named right  {:.3} [{:.3}, {:.3}]   chance {:.3}   p {:.3}",
            b.point, b.low, b.high, s.persona.chance, s.persona.p
        );
        if let Some(g) = &s.group {
            let b = &g.leave_prompt_out.balanced_accuracy;
            println!(
                "group named right    {:.3} [{:.3}, {:.3}]   chance {:.3}   p {:.3}",
                b.point, b.low, b.high, g.chance, g.leave_prompt_out.p
            );
        }
        if let Some(f) = &s.floor {
            let (floor, gain) = (&f.persona.balanced_accuracy, &f.persona_gain);
            println!(
                "floor                {:.3} [{:.3}, {:.3}]   gain {:+.3} [{:+.3}, {:+.3}]",
                floor.point, floor.low, floor.high, gain.point, gain.low, gain.high
            );
        }
        if let Some(c) = &s.ceiling {
            let b = &c.persona.balanced_accuracy;
            println!("real text            {:.3} [{:.3}, {:.3}]", b.point, b.low, b.high);
        }
    }
    if let Some(style) = &record.style {
        let e = &style.hit_rate;
        println!("traits that show     {:.3} [{:.3}, {:.3}]", e.point, e.low, e.high);
    }
    if let Some(tasks) = &record.tasks {
        let e = &tasks.score;
        println!(
            "tasks                {:.3} [{:.3}, {:.3}]   {} items",
            e.point,
            e.low,
            e.high,
            tasks.items.len()
        );
    }
    for gate in &record.gates {
        println!("{:<13} {}: {}", mark(gate.verdict), gate.name, gate.because);
    }
    println!("verdict: {}", mark(record.verdict));
    println!("report:  {}", folder.join("report.html").display());
}

/// Rows and tokens of the timed trial.
const TRIAL: (usize, usize) = (48, 24);

/// What would be done, and a guess of the time from a short timed batch.
fn dry_run(suite: &Suite, plan: &Plan, engine: &crate::generate::Engine) -> Result<Exit> {
    let planned: Vec<_> = plan.trained.iter().chain(&plan.floor).chain(&plan.tasks).collect();
    let tokens: usize = planned.iter().map(|p| p.sampling.max_tokens).sum();
    println!("suite     {} ({} personas)", suite.name, suite.personas.len());
    println!(
        "answers   {} trained, {} floor, {} tasks",
        plan.trained.len(),
        plan.floor.len(),
        plan.tasks.len()
    );
    println!("choices   {}", plan.asked.iter().filter(|t| !t.generates()).count());
    if !suite.tasks_left_out.is_empty() {
        println!("left out  {} (their persona is not in the suite)", suite.tasks_left_out.join(", "));
    }
    println!("gates     {}", suite.gates.len());
    println!("tokens    at most {tokens} to generate");
    let (rows, length) = TRIAL;
    let trial: Vec<_> = planned
        .iter()
        .take(rows)
        .map(|p| {
            Ok(crate::generate::Request {
                shared: 0,
                tokens: engine.base().tokenizer.encode(&p.prompt)?,
                blend: p.blend.clone(),
                sampling: p.sampling.clone().capped(length),
                seed: p.seed,
            })
        })
        .collect::<Result<_>>()?;
    if !trial.is_empty() {
        // Reading the prompts once more would count them twice: their time is taken off before scaling up.
        let timed = |tokens: usize| -> Result<f64> {
            let requests: Vec<_> = trial
                .iter()
                .cloned()
                .map(|mut r| {
                    r.sampling.max_tokens = tokens.min(r.sampling.max_tokens);
                    r
                })
                .collect();
            let start = std::time::Instant::now();
            engine.generate_all(&requests, rows)?;
            Ok(start.elapsed().as_secs_f64())
        };
        timed(1)?;
        let (prompts, whole) = (timed(1)?, timed(length)?);
        let each = (whole - prompts).max(0.0) / (trial.len() * (length - 1)) as f64;
        let seconds = each * tokens as f64 + prompts / trial.len() as f64 * planned.len() as f64;
        println!("time      about {:.1} minutes to generate, at most", seconds / 60.0);
    }
    Ok(Exit::Passed)
}
