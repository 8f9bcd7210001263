//! `persona-eval run`.

use super::bars::Bars;
use super::baseline::BaselineArgs;
use super::dry_run::dry_run;
use super::engine::{EngineArgs, load_suite, open_embedder};
use super::exit::Exit;
use super::judge::{JudgeArgs, URL};
use super::print::print_json;
use super::summary::print_summary;
use crate::blend::Blend;
use crate::error::{Error, IoContext, Kind, Result};
use crate::evaluate::{
    CodeRunner, EvaluateOptions, Evaluated, Plan, Repeats, check_gates, evaluate, leave_out_gates,
    leave_out_sweeps, planned_cost,
};
use crate::generate::Engine;
use crate::record::Warning;
use crate::report;
use crate::store::Cache;
use crate::suite::Suite;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Evaluate a suite: answers, figures, gates, report
///
/// Writes reports/<time>-<suite>/ with run.json, responses.jsonl, report.html, pictures, summary.md and junit.xml.
/// Missing models are fetched. Gates that fail exit with 1.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval run suites/all.toml
  persona-eval run suites/all.toml --adapters out/adapters --strict
  persona-eval run suites/smoke.toml --limit 2 --no-floor
  persona-eval run suites/all.toml --repeats 8    # then: persona-eval baseline accept reports/...
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
    #[arg(long, value_name = "DIR", conflicts_with_all = ["blend", "adapters", "named"])]
    single: Option<PathBuf>,
    /// Every persona speaks with this blend, e.g. tech_expert=0.7,emotive=0.3, or base
    #[arg(long, value_name = "BLEND")]
    blend: Option<Blend>,
    /// Root seed of sampling, bootstrap and permutation
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Only the first N shared prompts, tasks and prompts of held-out text: a trial
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..))]
    limit: Option<u16>,
    /// Rows that are generated together
    #[arg(long, value_name = "N", default_value_t = 48, value_parser = clap::value_parser!(u16).range(1..=1024))]
    rows: u16,
    /// Leave out the floor (the base with the tag, no adapter)
    #[arg(long)]
    no_floor: bool,
    /// Leave out a gate of the suite by its name, e.g. one that needs the floor; may be repeated
    #[arg(long, value_name = "NAME")]
    without_gate: Vec<String>,
    /// Score every held-out text under every persona, not under a few: about twenty times the work
    #[arg(long)]
    full_likelihood: bool,
    /// Folder of runs
    #[arg(long, value_name = "DIR", default_value = "reports")]
    out: PathBuf,
    /// Go on with a run that was stopped
    #[arg(long, value_name = "RUN")]
    resume: Option<PathBuf>,
    #[command(flatten)]
    baseline: BaselineArgs,
    #[command(flatten)]
    judge: JudgeArgs,
    /// Make the run N times with other seeds, to measure the noise that a baseline then carries
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(2..=100))]
    repeats: Option<u16>,
    /// Run code of answers even where the kernel cannot hold it: with the rights of this user
    #[arg(long)]
    allow_unsandboxed: bool,
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
    let registry = args.engine.registry.load()?;
    let catalog = args.engine.base.catalog()?;
    let mut suite = load_suite(&args.suite, &registry, &catalog)?;
    let left_out = leave_out_gates(&mut suite, &args.without_gate)?;
    let one_blend =
        if args.single.is_some() { Some("--single") } else { args.blend.as_ref().map(|_| "--blend") };
    let without_sweeps = one_blend.and_then(|flag| leave_out_sweeps(&mut suite, flag));
    let without_baseline = args.baseline.leave_out(&mut suite);
    let baseline = args.baseline.load(&suite, args.embedder.as_deref())?;
    let mut options = EvaluateOptions {
        seed: args.seed,
        limit: args.limit.map(usize::from),
        rows: usize::from(args.rows),
        floor: !args.no_floor,
        full_likelihood: args.full_likelihood,
        floor_cache: Some(Cache::from_env()?.root().join("floor")),
        base: args.engine.base.named(),
        embedder: args.embedder.clone(),
        baseline: baseline.map(Arc::new),
        judge: args.judge.open(None)?.map(Arc::new),
        catalog: args.engine.base.catalog_path().map(Path::to_path_buf),
        code: CodeRunner::of(&suite, args.allow_unsandboxed),
        command: recorded_line(std::env::args().skip(1)),
        ..EvaluateOptions::new(PathBuf::new())
    };
    check_gates(&suite, &registry, &options)?;
    let device = args.engine.base.device()?;
    let base = args.engine.base.path(&suite.base, &bars)?;
    let (adapters, blend) = match &args.single {
        Some(folder) => (vec![(SINGLE.to_owned(), folder.clone())], Some(Blend::single(SINGLE)?)),
        None => (args.engine.adapter_folders(&suite.base)?, args.blend.clone()),
    };
    let engine = Engine::open(&base, &adapters, args.engine.base.arithmetic(), &device)?;
    let warnings = engine.doubts().into_iter().map(|what| Warning {
        what,
        help: "an adapter gives its voice only on the base that it was trained on".to_owned(),
    });
    options.blend = blend;
    options.warnings = warnings.chain(left_out).chain(without_sweeps).chain(without_baseline).collect();
    let plan = Plan::new(&suite, &registry, &engine, &options)?;
    options.warnings.extend(unused(&plan, &engine, &args.engine)?);
    if args.dry_run {
        let cost = |judge| planned_cost(judge, &suite, &registry, &plan, options.baseline.as_deref());
        let judged = options.judge.as_deref().map(cost).transpose()?;
        return dry_run(&suite, &plan, &engine, &options.code, judged);
    }
    let embedder = open_embedder(args.embedder.as_deref().unwrap_or(&suite.embedder), &catalog, &bars)?;
    options.folder = match &args.resume {
        Some(folder) if !folder.join("responses.jsonl").exists() => {
            return Err(Error::input("there is no run to resume")
                .in_file(folder)
                .expected("a run's folder with responses.jsonl"));
        }
        Some(folder) if folder.join("run.json").exists() => {
            return Err(Error::input("the run is finished")
                .in_file(folder)
                .expected("a run that was stopped: it has answers and no run.json")
                .help(format!("render it again with: persona-eval report {}", folder.display())));
        }
        Some(folder) => folder.clone(),
        None => run_folder(&args.out, &suite)?,
    };
    let folder = &options.folder;
    let result = evaluate(&suite, &registry, &engine, &embedder, &options, &bars);
    let go_on = |e: Error| match e.kind() {
        Kind::Interrupted => e.help(format!("go on with: {}", resume_line(std::env::args().skip(1), folder))),
        _ => {
            // The journal of a run that is resumed may be another process's.
            if args.resume.is_none() {
                remove_if_empty(folder);
            }
            e
        }
    };
    let mut evaluated = result.map_err(go_on)?;
    if let Some(count) = args.repeats {
        let (suite, registry, engine, embedder) = (&suite, &registry, &engine, &embedder);
        let repeats = Repeats { suite, registry, engine, embedder, options: &options, progress: &bars };
        let noise = repeats.noise(&evaluated.record, usize::from(count)).map_err(go_on)?;
        evaluated.record.noise = Some(noise);
    }
    finish(&evaluated, folder, args.json, args.strict)
}

/// Writes record and report, prints what was found, and gives the exit code.
pub(super) fn finish(evaluated: &Evaluated, folder: &Path, json: bool, strict: bool) -> Result<Exit> {
    // The record first, the page last: a page never stands without the figures behind it.
    evaluated.record.write(&folder.join("run.json"))?;
    report::write_all(&evaluated.record, &evaluated.responses, folder)?;
    if json {
        print_json(&evaluated.record)?;
    } else {
        print_summary(&evaluated.record, folder)?;
    }
    Ok(Exit::of_verdict(evaluated.record.verdict, strict))
}

/// Adapters that nobody speaks with: an error where the user named one, for it would not be judged; else a warning.
fn unused(plan: &Plan, engine: &Engine, args: &EngineArgs) -> Result<Option<Warning>> {
    let used = plan.adapters();
    let idle: Vec<&str> =
        engine.adapters().keys().map(String::as_str).filter(|name| !used.contains(name)).collect();
    if let Some(name) = idle.iter().find(|name| args.names(name)) {
        return Err(Error::input(format!("no persona of the suite speaks with the adapter `{name}`"))
            .key("--adapter")
            .expected("the name of an adapter that a blend of the registry, or --blend, uses")
            .known(name, used));
    }
    Ok((args.gives_folder() && !idle.is_empty()).then(|| Warning {
        what: format!("no persona of the suite speaks with {}", idle.join(", ")),
        help: "these adapters were loaded and are not judged; blends stand in the registry".to_owned(),
    }))
}

/// Makes the folder of a new run of the suite below `parent`.
pub(super) fn run_folder(parent: &Path, suite: &Suite) -> Result<PathBuf> {
    new_folder(parent, &format!("{}-{}", chrono::Utc::now().format("%Y%m%dT%H%M%SZ"), suite.name))
}

/// Takes away the folder of a new run that failed before its first answer; one that holds anything stays.
fn remove_if_empty(folder: &Path) {
    let journal = folder.join("responses.jsonl");
    if std::fs::metadata(&journal).is_ok_and(|file| file.len() == 0) {
        _ = std::fs::remove_file(journal);
    }
    _ = std::fs::remove_dir(folder);
}

/// Makes a folder that no other run has: two runs of one second get `NAME` and `NAME-2`.
fn new_folder(parent: &Path, name: &str) -> Result<PathBuf> {
    std::fs::create_dir_all(parent).doing("make the folder of runs", parent)?;
    let mut number = 1;
    loop {
        let folder = parent.join(if number == 1 { name.to_owned() } else { format!("{name}-{number}") });
        match std::fs::create_dir(&folder) {
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => number += 1,
            made => return made.doing("make the run's folder", &folder).map(|()| folder),
        }
    }
}

/// The command line for a record, which says what was done and not where the judge answers: its URL is nobody's business.
pub(super) fn recorded_line(arguments: impl Iterator<Item = String>) -> String {
    let mut hidden = false;
    let shown = arguments.map(|argument| {
        let was = std::mem::replace(&mut hidden, argument == URL);
        match argument.split_once('=') {
            _ if was => "URL".to_owned(),
            Some((URL, _)) => format!("{URL}=URL"),
            _ => argument,
        }
    });
    command_line(shown)
}

/// The command line as typed, without the program's own path; a shell reads it back.
fn command_line(arguments: impl Iterator<Item = String>) -> String {
    let quoted = arguments.map(|a| {
        let plain = |c: char| c.is_alphanumeric() || "-_=./,:@+".contains(c);
        if !a.is_empty() && a.chars().all(plain) { a } else { format!("'{}'", a.replace('\'', r"'\''")) }
    });
    std::iter::once("persona-eval".to_owned()).chain(quoted).collect::<Vec<_>>().join(" ")
}

/// The same command with `--resume RUN`.
fn resume_line(arguments: impl Iterator<Item = String>, run: &Path) -> String {
    let mut kept = Vec::new();
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--resume" => drop(arguments.next()),
            a if a.starts_with("--resume=") => {}
            _ => kept.push(argument),
        }
    }
    kept.extend(["--resume".to_owned(), run.display().to_string()]);
    command_line(kept.into_iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_resumes_keeps_every_flag_and_can_be_pasted() {
        let typed = ["run", "my suite.toml", "--adapter", "a=out/a", "--resume", "old", "--seed", "3"];
        let line = resume_line(typed.iter().map(|s| (*s).to_owned()), Path::new("reports/x"));
        assert_eq!(line, "persona-eval run 'my suite.toml' --adapter a=out/a --seed 3 --resume reports/x");
        let again = ["run", "it's", "--resume=old"].iter().map(|s| (*s).to_owned());
        assert_eq!(resume_line(again, Path::new("r")), r"persona-eval run 'it'\''s' --resume r");
    }

    #[test]
    fn a_record_does_not_say_where_the_judge_answers() {
        let line = |typed: &[&str]| recorded_line(typed.iter().map(|s| (*s).to_owned()));
        let recorded = "persona-eval run a --judge-url URL --seed 3";
        assert_eq!(
            line(&["run", "a", "--judge-url", "http://example.com/v1?key=a", "--seed", "3"]),
            recorded
        );
        assert_eq!(line(&["--judge-url=http://example.com/v1"]), "persona-eval --judge-url=URL");
    }

    #[test]
    fn two_runs_of_one_second_get_their_own_folders() {
        let parent = tempfile::tempdir().unwrap();
        let out = parent.path().join("runs");
        let names: Vec<_> = (0..3).map(|_| new_folder(&out, "t-all").unwrap()).collect();
        assert_eq!(names, ["t-all", "t-all-2", "t-all-3"].map(|n| out.join(n)));
    }
}
