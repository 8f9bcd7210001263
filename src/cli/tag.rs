//! `persona-eval data tag`.

use super::bars::Bars;
use super::engine::RegistryArgs;
use super::evaluation::print_evaluation;
use super::exit::Exit;
use super::place::PlaceArgs;
use super::print::{print_json, say};
use crate::data::tag::Evaluation;
use crate::data::{DataFolder, Limits, ShardFormat, TagOptions, Tagged, Tools, evaluate_tags, tag};
use crate::error::{Error, Result};
use crate::seed::Seed;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Give every example its persona, its traits and its control tag
///
/// Each file of IN becomes one file of OUT. An example's persona is that of its tag or of `_persona`; where it has neither, that
/// of the first rule that fits; else the classifier's, if it is sure enough. An example that nobody could be found for keeps no
/// tag and is listed in FILE.unassigned.jsonl. Control tags that a user's text imitates are escaped. manifest.json counts all
/// of it. Tagging what is tagged changes nothing.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval data tag out/data out/tagged
  persona-eval data tag examples/datasets examples/datasets_persona_tagged --shards jsonl
  persona-eval data tag out/data out/tagged --threshold 0.8 --retag
  persona-eval data tag fixtures/corpus/heldout --evaluate    # are labelled examples told?")]
pub(super) struct Args {
    /// Folder of examples: the shards of `data import`, or .jsonl files in the specification's schema
    #[arg(value_name = "IN")]
    from: PathBuf,
    /// Folder of the tagged files, a new or an empty one
    #[arg(value_name = "OUT", required_unless_present = "evaluate")]
    out: Option<PathBuf>,
    /// Tag nothing: hold what rules and classifier say of labelled examples against their labels
    #[arg(long, conflicts_with_all = ["out", "retag", "resume", "shards", "cluster"])]
    evaluate: bool,
    /// How the files are written
    #[arg(long, value_name = "FORMAT", default_value = "parquet", value_parser = ["parquet", "jsonl"])]
    shards: String,
    /// Find persona and traits anew of all that is tagged, also of what came from its source
    #[arg(long)]
    retag: bool,
    /// Confidence from which the classifier's persona is taken, 0 to 1 [default: the classifier's own, 0.5]
    #[arg(long, value_name = "P")]
    threshold: Option<f32>,
    /// Go on with the tagging in the folder, which was stopped
    #[arg(long)]
    resume: bool,
    /// Print the manifest as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: PlaceArgs,
    #[command(flatten)]
    registry: RegistryArgs,
}

/// Lines of a table that are shown.
const SHOWN: usize = 20;

pub(super) fn run(args: &Args) -> Result<Exit> {
    if let Some(wrong) = args.threshold.filter(|p| !(0.0..=1.0).contains(p)) {
        return Err(Error::input(format!("--threshold {wrong} is no confidence")).expected("0 to 1"));
    }
    let registry = args.registry.load()?;
    let from = DataFolder::open(&args.from)?;
    let tools = Arc::new(Tools::built_in(&registry)?);
    let Some(out) = &args.out else {
        let found = evaluate_tags(&from, &tools, &registry, args.threshold, Seed(0), &Bars::default())?;
        return if args.json { print_json(&found) } else { told(&found) }.map(|()| Exit::Passed);
    };
    let format = ShardFormat::ALL.into_iter().find(|f| f.id() == args.shards);
    let options = TagOptions {
        out: out.clone(),
        format: format.unwrap_or(ShardFormat::Parquet),
        retag: args.retag,
        threshold: args.threshold,
        resume: args.resume,
        place: args.place.place()?,
    };
    let tagged = tag(&from, &tools, &options, Limits::default(), &Bars::default())?;
    if args.json { print_json(&tagged) } else { print(&tagged, out) }.map(|()| Exit::Passed)
}

fn told(found: &Evaluation) -> Result<()> {
    say!("rules before the classifier, as if nothing had a persona")?;
    print_evaluation(found)
}

fn print(tagged: &Tagged, out: &Path) -> Result<()> {
    let all = tagged.sum(|f| f.examples);
    let share = |n: u64| 100.0 * n as f64 / all.max(1) as f64;
    say!("{all} examples")?;
    for (how, count) in tagged.by_name(|f| &f.by) {
        let by = match how {
            "tag" => "had their tag",
            "source" => "from their source",
            "rule" => "by a rule",
            "classifier" => "by the classifier",
            _ => "unassigned",
        };
        say!("  {by:<20} {count:>10}  {:>5.1} %", share(count))?;
    }
    let mut personas: Vec<(&str, u64)> = tagged.by_name(|f| &f.personas).into_iter().collect();
    personas.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    say!("{} personas", personas.len())?;
    for (id, count) in personas.iter().take(SHOWN) {
        say!("  {id:<24} {count:>10}  {:>5.1} %", share(*count))?;
    }
    if personas.len() > SHOWN {
        say!("  and {} more in manifest.json", personas.len() - SHOWN)?;
    }
    let told = [
        (tagged.sum(|f| f.rejected), "lines are no examples: FILE.rejects.jsonl says why"),
        (tagged.sum(|f| f.escaped), "control tags in users' texts were escaped"),
        (
            tagged.sum(|f| f.disagreements),
            "examples have another persona in their tag than in `_persona`: the tag holds",
        ),
    ];
    for (count, what) in told.iter().filter(|(count, _)| *count > 0) {
        say!("{count} {what}")?;
    }
    for (id, count) in tagged.by_name(|f| &f.unknown_personas) {
        say!("not in the registry: the persona `{id}` of {count} examples")?;
    }
    for (key, count) in tagged.by_name(|f| &f.left_out) {
        say!("left out: the key `{key}` of {count} lines, which examples do not have")?;
    }
    say!("written: {}", out.display())
}
