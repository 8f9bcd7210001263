//! `persona-eval data train-tagger`.

use super::bars::Bars;
use super::base::load_catalog;
use super::engine::RegistryArgs;
use super::evaluation::print_evaluation;
use super::exit::Exit;
use super::import::data_set;
use super::print::{print_json, say};
use crate::atomic;
use crate::data::Recipe;
use crate::data::tag::{
    Evaluation, RulePrecision, Rules, TrainOptions, evaluate, judged, leave_one_source_out, read_rows,
    rule_precisions, samples_of, train,
};
use crate::error::{Error, Result};
use crate::seed::Seed;
use std::path::PathBuf;

/// Teach the classifier of `data tag` from labelled sources
///
/// Reads the sources of a recipe, predicts each from the others, and writes a model that learned from all of them. The table
/// tells how well sources are told that were not seen: by the classifier alone, and by the rules with it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval data train-tagger suites/data_tagger.toml -o out/tagger.bin
  persona-eval data train-tagger suites/data_tagger.toml -o out/tagger.bin --json > out/tagger.json")]
pub(super) struct Args {
    /// The recipe's TOML file
    recipe: PathBuf,
    /// File of the model
    #[arg(short, long, value_name = "MODEL")]
    out: PathBuf,
    /// Examples of a source and category, at most
    #[arg(long, value_name = "N", default_value_t = 120, value_parser = clap::value_parser!(u32).range(1..))]
    cap: u32,
    /// Confidence below which an example is unassigned, 0 to 1
    #[arg(long, value_name = "SHARE", default_value_t = 0.5)]
    threshold: f32,
    /// Draws the examples of large sources
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Print the figures as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    registry: RegistryArgs,
    /// The catalogue of models and data sets [default: suites/models.toml where it exists, else the built-in one]
    #[arg(long, value_name = "FILE")]
    models: Option<PathBuf>,
}

#[derive(serde::Serialize)]
struct Report<'a> {
    recipe_sha256: &'a str,
    temperature: f32,
    threshold: f32,
    model_bytes: usize,
    rules_and_classifier: &'a Evaluation,
    classifier: &'a Evaluation,
    rules: &'a [RulePrecision],
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    if !(0.0..=1.0).contains(&args.threshold) {
        return Err(Error::input(format!("--threshold is {}", args.threshold)).expected("a share, 0 to 1"));
    }
    let bars = Bars::default();
    let catalog = load_catalog(args.models.as_deref())?;
    let data = |name: &str| data_set(&catalog, name, &bars);
    let registry = args.registry.load()?;
    let recipe = Recipe::load(&args.recipe, &registry, &[], &data)?;
    let rows = read_rows(&recipe, &bars)?.rows;
    let options = TrainOptions {
        cap: args.cap as usize,
        threshold: args.threshold,
        seed: Seed(args.seed),
        ..TrainOptions::default()
    };
    let samples = samples_of(&rows, &registry, &options)?;
    let rules = Rules::built_in(&registry)?;
    let held_out = leave_one_source_out(&samples, &options)?;
    let of = |rules: Option<&Rules>| {
        let said = judged(&samples, &held_out, rules, &registry);
        evaluate(&said, &samples.sources, options.threshold, options.seed)
    };
    let (alone, both) = (of(None)?, of(Some(&rules))?);
    let lines = rule_precisions(&rules, &samples, &registry);
    let model = train(&samples, &held_out, &recipe.sha256, &options)?;
    let bytes = model.to_bytes();
    atomic::write(&args.out, &bytes)?;
    let report = Report {
        recipe_sha256: &recipe.sha256,
        temperature: model.temperature(),
        threshold: options.threshold,
        model_bytes: bytes.len(),
        rules_and_classifier: &both,
        classifier: &alone,
        rules: &lines,
    };
    if args.json { print_json(&report) } else { print(&report, args) }.map(|()| Exit::Passed)
}

fn print(report: &Report<'_>, args: &Args) -> Result<()> {
    say!("each source predicted from the others, rules before the classifier")?;
    print_evaluation(report.rules_and_classifier)?;
    say!("\nthe classifier alone")?;
    print_evaluation(report.classifier)?;
    say!("\n{:<24} {:>6} {:>10} {:>13}", "rule", "met", "precision", "same persona")?;
    for rule in report.rules {
        let share = |n: usize| n as f64 / rule.met.max(1) as f64;
        say!(
            "{:<24} {:>6} {:>10.3} {:>13.3}",
            rule.name,
            rule.met,
            share(rule.right),
            share(rule.same_persona)
        )?;
    }
    say!("\ntemperature {:.3}, threshold {}", report.temperature, report.threshold)?;
    say!("written: {} ({} bytes)", args.out.display(), report.model_bytes)
}
