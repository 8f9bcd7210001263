//! `persona-eval data synthesise`.

use super::bars::Bars;
use super::base::DEFAULT_BASE;
use super::engine::{EngineArgs, load_suite};
use super::exit::Exit;
use super::generate::parse_temperature;
use super::passages::PassageArgs;
use super::print::{print_json, say};
use crate::curriculum::Config;
use crate::data::{
    Budget, DataFolder, Demand, Ended, Settings, ShardFormat, SynthesisOptions, Synthesised, synthesise,
};
use crate::error::{Error, Result};
use crate::list::grouped;
use crate::model::sha256_file;
use crate::persona::Registry;
use crate::progress::Progress;
use std::path::PathBuf;
use std::time::Duration;

/// Write new examples for rare personas with the engine, and keep those that pass
///
/// Prompts of the persona's real examples are answered anew, with its blend and its control tag. An answer is kept if it ended by itself, is as long as the persona's real ones, English, not repetitive, without tags and
/// an assistant's phrases; if category, voice and traits are heard in it (an instrument that does not know half of the persona's
/// real answers is not used); and if it is no near-copy and holds nothing of a suite. refused.jsonl tells the others with their
/// reasons, provenance.jsonl where each example comes from, manifest.json all counts. The same seed gives the same examples,
/// stopped or not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval data synthesise out/tagged -o out/synthetic
  persona-eval data synthesise out/tagged -o out/synthetic --persona poet --persona historian --per-persona 200 --minutes 30
  persona-eval data synthesise out/tagged -o out/synthetic --persona poet --persona historian --per-persona 200 --minutes 30 --resume")]
pub(super) struct Args {
    /// Folder of tagged examples
    #[arg(value_name = "FROM")]
    from: PathBuf,
    /// Folder of the synthetic examples, a new or an empty one
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// Training configuration whose `synthetic_upsampling` says for whom and how many
    #[arg(long, value_name = "FILE", default_value = "suites/persona_training_config.yaml")]
    config: PathBuf,
    /// Only for this persona; may be given again
    #[arg(long = "persona", value_name = "ID")]
    personas: Vec<String>,
    /// This many for each named persona, whatever the configuration says
    #[arg(long, value_name = "N", requires = "personas", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    per_persona: Option<u64>,
    /// End when this many are kept in all
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    examples: Option<u64>,
    /// End after this many minutes; --resume goes on for as many more
    #[arg(long, value_name = "M", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    minutes: Option<u32>,
    /// Softmax temperature of all personas, 0 or 0.01 to 2 [default: each persona's own]
    #[arg(long, value_name = "T", value_parser = parse_temperature)]
    temperature: Option<f32>,
    /// Most new tokens of an answer [default: each persona's own]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=8192))]
    max_tokens: Option<u16>,
    /// Fewest words of an answer [default: by the persona's real answers]
    #[arg(long, value_name = "N")]
    least_words: Option<usize>,
    /// Most words of an answer [default: by the persona's real answers]
    #[arg(long, value_name = "N")]
    most_words: Option<usize>,
    /// Ask prompts of other personas of its category too, when its own were asked
    #[arg(long)]
    category_prompts: bool,
    /// Most kept answers of a persona to one prompt
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=1000))]
    answers: u32,
    /// Most candidates of a persona for one prompt
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1000))]
    attempts: u32,
    /// Share of a persona's traits that must show, and one at least
    #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
    trait_share: f64,
    /// Jaccard index of word triples from which an answer is a near-copy
    #[arg(long, value_name = "J", default_value_t = 0.7)]
    near: f64,
    /// Seed of prompts and draws: the same gives the same examples
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Answers that are written together; it changes the speed alone
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    rows: u16,
    /// How the files are written
    #[arg(long, value_name = "FORMAT", default_value = "parquet", value_parser = ["parquet", "jsonl"])]
    shards: String,
    /// Go on with the work in the folder, which was stopped or whose budget was spent
    #[arg(long)]
    resume: bool,
    /// Print the manifest as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    passages: PassageArgs,
    #[command(flatten)]
    engine: EngineArgs,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    for (flag, value) in [("--trait-share", args.trait_share), ("--near", args.near)] {
        if !(value > 0.0 && value <= 1.0) {
            return Err(
                Error::input(format!("{flag} {value} is out of range")).expected("a number above 0, up to 1")
            );
        }
    }
    let bars = Bars::default();
    let registry = args.engine.registry.load()?;
    let (demand, config_sha256) = demand(args, &registry)?;
    let from = DataFolder::open(&args.from)?;
    let catalog = args.engine.base.catalog()?;
    let passages = args.passages.load(&registry, |file| load_suite(file, &registry, &catalog))?;
    if passages.is_empty() {
        bars.note("warning: no suites lie here, so leaks are not looked for: name them with --suite FILE");
    }
    let engine = args.engine.open(DEFAULT_BASE, &bars)?;
    let format = ShardFormat::ALL.into_iter().find(|f| f.id() == args.shards);
    let options = SynthesisOptions {
        out: args.out.clone(),
        format: format.unwrap_or(ShardFormat::Parquet),
        settings: Settings {
            seed: args.seed,
            category_prompts: args.category_prompts,
            answers: args.answers,
            attempts: args.attempts,
            trait_share: args.trait_share,
            near: args.near,
            least_words: args.least_words,
            most_words: args.most_words,
            temperature: args.temperature,
            max_tokens: args.max_tokens.map(usize::from),
        },
        budget: Budget {
            examples: args.examples,
            time: args.minutes.map(|m| Duration::from_secs(60 * u64::from(m))),
        },
        rows: usize::from(args.rows),
        config_sha256,
        resume: args.resume,
    };
    let written = synthesise(&from, &demand, &registry, passages, &engine, &options, &bars)?;
    if args.json {
        print_json(&written)?;
    } else {
        print(&written, args)?;
    }
    Ok(Exit::Passed)
}

/// What is wanted, and the SHA-256 of the configuration where it says that.
fn demand(args: &Args, registry: &Registry) -> Result<(Demand, Option<String>)> {
    for id in &args.personas {
        registry.persona(id)?;
    }
    match args.per_persona {
        Some(number) => Ok((Demand::of_number(&args.personas, number, registry)?, None)),
        None => {
            let config = Config::read(&args.config, registry)?;
            let demand = Demand::of_config(&config, &args.personas).map_err(|e| e.in_file(&args.config))?;
            Ok((demand, Some(sha256_file(&args.config)?)))
        }
    }
}

fn print(written: &Synthesised, args: &Args) -> Result<()> {
    let (wanted, kept) = (written.sum(|p| p.plan.wanted), written.sum(|p| p.kept));
    let judged = written.sum(|p| p.judged);
    let share = |part: u64, whole: u64| 100.0 * part as f64 / whole.max(1) as f64;
    let (kept_text, wanted_text, judged_text) = (grouped(kept), grouped(wanted), grouped(judged));
    say!(
        "{kept_text} of {wanted_text} examples, from {judged_text} candidates ({:.1} %)",
        share(kept, judged)
    )?;
    say!(
        "  {:<24} {:>8} {:>8} {:>10} {:>8} {:>8}",
        "persona",
        "real",
        "wanted",
        "candidates",
        "kept",
        "yield"
    )?;
    for (id, result) in &written.personas {
        let counts = [result.plan.real, result.plan.wanted, result.judged, result.kept].map(grouped);
        let [real, wanted, judged, kept] = &counts;
        let part = share(result.kept, result.judged);
        say!("  {id:<24} {real:>8} {wanted:>8} {judged:>10} {kept:>8} {part:>6.1} %")?;
        let mut refused: Vec<_> = result.refused.iter().collect();
        refused.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        if !refused.is_empty() {
            let told: Vec<String> = refused
                .iter()
                .map(|(reason, count)| format!("{} {}", reason.id(), grouped(**count)))
                .collect();
            say!("    refused: {}", told.join(", "))?;
        }
        for instrument in result.plan.instruments.iter().filter(|i| !i.used) {
            let (name, known, tried) = (&instrument.name, instrument.known, instrument.tried);
            say!("    not used: {name}, which knows {known} of {tried} real answers")?;
        }
    }
    for (why, count) in &written.prompts_left_out {
        say!("{} prompts are not asked: {why}", grouped(*count))?;
    }
    let end = match written.ended {
        Some(Ended::Complete) | None => None,
        Some(Ended::Prompts) => Some("every prompt was tried as often as --attempts and --answers allow"),
        Some(Ended::Examples) => Some("the budget of examples is spent: --resume with a larger one goes on"),
        Some(Ended::Time) => Some("the time is spent: --resume goes on"),
    };
    if let Some(end) = end {
        say!("{end}")?;
    }
    say!("written: {}", args.out.display())
}
