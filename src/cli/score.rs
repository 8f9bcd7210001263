//! `persona-eval score`.

use super::bars::Bars;
use super::baseline::BaselineArgs;
use super::engine::{SuiteArgs, open_embedder};
use super::exit::Exit;
use super::judge::JudgeArgs;
use super::run::{finish, recorded_line, run_folder};
use crate::error::{Kind, Result};
use crate::evaluate::{AnswerFile, CodeRunner, EvaluateOptions, leave_out_gates, score};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Judge answers that something else made, or an old run's again
///
/// Reads one answer a line: {"persona", "prompt_id", "sample", "text"}; a line with "arm": "floor" is the floor's, one with
/// "condition ID" is given under that condition, and one with "sweep" and the prompt_id PROMPT@SWEEP@WEIGHT by a sweep's blend.
/// In place of a text a line may carry log-likelihoods, in nats: "likelihoods": {"options": [{"log_likelihood", "tokens",
/// "unconditional"}, ..]} of a choice, {"preference": {"persona": [a, b], "base": [a, b]}} of a preference. No language model
/// runs: all that is judged is judged as `run` judges its own answers, and likelihoods of real text and what blending costs,
/// which need the model, are left out. Of an old run's file, replies of a judge that lie beside it are used again. Writes
/// reports/<time>-<suite>/ like `run`, with the same exit codes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval score suites/smoke.toml answers.jsonl
  persona-eval score suites/all.toml reports/20261123T101500Z-all/responses.jsonl --partial --strict")]
pub(super) struct Args {
    /// The suite's TOML file
    suite: PathBuf,
    /// The answers, JSON lines
    file: PathBuf,
    /// Embedder: a name from models.toml or a folder [default: the suite's]
    #[arg(long, value_name = "NAME|DIR")]
    embedder: Option<String>,
    #[command(flatten)]
    with: SuiteArgs,
    /// Root seed of bootstrap and permutation
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    baseline: BaselineArgs,
    #[command(flatten)]
    judge: JudgeArgs,
    /// Leave out a gate of the suite by its name, e.g. one that the file cannot decide; may be repeated
    #[arg(long, value_name = "NAME")]
    without_gate: Vec<String>,
    /// Leave out every gate that the file cannot decide; the report names them
    #[arg(long)]
    partial: bool,
    /// Folder of runs
    #[arg(long, value_name = "DIR", default_value = "reports")]
    out: PathBuf,
    /// Run code of answers even where the kernel cannot hold it: with the rights of this user
    #[arg(long)]
    allow_unsandboxed: bool,
    /// Exit with 4 when a gate is inconclusive
    #[arg(long)]
    strict: bool,
    /// Print the record as JSON on standard output
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let bars = Bars::default();
    let (mut suite, registry, catalog) = args.with.load(&args.suite)?;
    let left_out = leave_out_gates(&mut suite, &args.without_gate)?;
    let without_baseline = args.baseline.leave_out(&mut suite);
    // Everything that can be wrong with the file is told before a model is fetched or a folder made.
    let judge = args.judge.open(args.file.parent())?;
    let file = AnswerFile::read(&args.file, &suite, &registry, args.partial, judge.is_some())?;
    let undecided = file.leave_out_undecided(&mut suite);
    let baseline = args.baseline.load(&suite, args.embedder.as_deref())?;
    file.check_judge(judge.as_ref(), &suite, baseline.as_ref())?;
    let embedder = open_embedder(args.embedder.as_deref().unwrap_or(&suite.embedder), &catalog, &bars)?;
    let folder = run_folder(&args.out, &suite)?;
    let options = EvaluateOptions {
        seed: args.seed,
        embedder: args.embedder.clone(),
        catalog: args.with.catalog_path().map(Path::to_path_buf),
        baseline: baseline.map(Arc::new),
        judge: judge.map(Arc::new),
        warnings: [left_out, without_baseline, undecided].into_iter().flatten().collect(),
        code: CodeRunner::of(&suite, args.allow_unsandboxed),
        command: recorded_line(std::env::args().skip(1)),
        ..EvaluateOptions::new(folder.clone())
    };
    let asked = options.judge.is_some();
    let evaluated =
        score(&suite, &registry, &embedder, file, &options, &bars).map_err(|e| match e.kind() {
            Kind::Interrupted if asked => {
                let kept = folder.join("responses.jsonl");
                e.help(format!(
                    "what the judge has answered is kept: score {} with the same flags",
                    kept.display()
                ))
            }
            _ => e,
        })?;
    finish(&evaluated, &folder, args.json, args.strict)
}
