//! `persona-eval plan`.

use super::baseline::{default_baseline, open};
use super::engine::SuiteArgs;
use super::exit::Exit;
use super::print::say;
use crate::baseline::Baseline;
use crate::error::{Error, Result};
use crate::gate::{Design, designs};
use crate::suite::Suite;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// How many prompts a wished-for detectable loss needs, and how long that runs
///
/// From the noise of the suite's baseline: the spread of a figure falls with the square root of prompts x samples.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval plan suites/all.toml
  persona-eval plan suites/all.toml --detect 0.03")]
pub(super) struct Args {
    /// The suite's TOML file
    suite: PathBuf,
    /// The loss that should be found four times in five, in each gate's own unit [default: a table of designs]
    #[arg(long, value_name = "LOSS", allow_negative_numbers = true)]
    detect: Option<f64>,
    /// The baseline [default: baselines/NAME.json beside the suite]
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    #[command(flatten)]
    with: SuiteArgs,
    /// Print the designs as JSON
    #[arg(long)]
    json: bool,
}

/// Prompts x samples of the table.
const TABLE: [(usize, usize); 6] = [(8, 1), (16, 1), (16, 2), (32, 1), (32, 2), (64, 2)];

pub(super) fn run(args: &Args) -> Result<Exit> {
    if let Some(loss) = args.detect.filter(|l| !(l.is_finite() && *l > 0.0)) {
        return Err(Error::input(format!("a loss of {loss} cannot be planned for"))
            .key("--detect")
            .expected("a number above 0, for instance 0.03"));
    }
    let (suite, _, _) = args.with.load(&args.suite)?;
    let file = args.baseline.clone().unwrap_or_else(|| default_baseline(&suite));
    let (_, baseline) = open(&file.to_string_lossy(), Path::new(""))?;
    let noise = baseline.noise.as_ref().ok_or_else(|| {
        Error::input("the baseline holds no noise to plan from")
            .in_file(&file)
            .help("measure it: persona-eval run SUITE --repeats 8, then baseline accept RUN")
    })?;
    let samples = baseline.scores.generation.as_ref().map_or(1, |g| g.samples);
    let groups: BTreeSet<&str> = baseline.scores.personas.iter().map(|p| p.group.as_str()).collect();
    let found = designs(&suite.gates, noise, samples, suite.personas.len(), groups.len());
    if found.is_empty() {
        return Err(Error::input("the suite has no gate against the baseline whose noise was measured")
            .in_file(&args.suite)
            .expected("[[gate]] with against = \"baseline\""));
    }
    if args.json {
        let rows: Vec<serde_json::Value> =
            found.iter().map(|d| json(d, args.detect, &baseline, &suite)).collect();
        say!("{:#}", serde_json::Value::Array(rows))?;
        return Ok(Exit::Passed);
    }
    say!(
        "baseline {}: {} prompts x {samples} samples, noise of {} repeats\n",
        baseline.scores.id,
        noise.prompts,
        noise.repeats()
    )?;
    match args.detect {
        Some(loss) => needs(&found, loss, &baseline, &suite),
        None => table(&found, &baseline, &suite),
    }
}

/// Minutes that a run of the design takes, at the pace of the baseline's run; none where that is not known.
fn minutes(baseline: &Baseline, suite: &Suite, answers: usize) -> Option<f64> {
    let answers = (answers * suite.personas.len() + suite.tasks.len()) as f64;
    baseline.seconds_per_answer.map(|seconds| seconds * answers / 60.0)
}

/// One decimal, or a dash where the baseline's run was resumed and tells no time.
fn told(minutes: Option<f64>) -> String {
    minutes.map_or("-".to_owned(), |m| format!("{m:.1}"))
}

/// Three decimals, or a dash where so few prompts find no loss at all.
fn loss_told(loss: Option<f64>) -> String {
    loss.map_or("-".to_owned(), |l| format!("{l:.3}"))
}

fn table(found: &[Design], baseline: &Baseline, suite: &Suite) -> Result<Exit> {
    say!(
        "loss that is found four times in five, by prompts x samples (margin counted in; -: so few prompts find none)\n"
    )?;
    let head: Vec<String> = TABLE.iter().map(|(p, s)| format!("{:>9}", format!("{p} x {s}"))).collect();
    say!("{:<44} {:>8} {}", "gate", "margin", head.join(""))?;
    for d in found {
        let cells: Vec<String> =
            TABLE.iter().map(|(p, s)| format!("{:>9}", loss_told(d.detectable(*p, *s)))).collect();
        let margin = d.margin.map_or("noise".to_owned(), |m| m.to_string());
        say!("{:<44} {margin:>8} {}", d.gate.name, cells.join(""))?;
    }
    let cells: Vec<String> =
        TABLE.iter().map(|(p, s)| format!("{:>9}", told(minutes(baseline, suite, p * s)))).collect();
    say!("{:<44} {:>8} {}", "minutes a run", "", cells.join(""))?;
    Ok(Exit::Passed)
}

fn needs(found: &[Design], loss: f64, baseline: &Baseline, suite: &Suite) -> Result<Exit> {
    say!("to find a loss of {loss} four times in five:\n")?;
    say!("{:<44} {:>8} {:>22} {:>9}", "gate", "now", "prompts (1 sample)", "minutes")?;
    for d in found {
        let now = loss_told(d.detectable(d.prompts, d.samples));
        match d.prompts_for(loss) {
            Some(prompts) => say!(
                "{:<44} {now:>8} {prompts:>22} {:>9}",
                d.gate.name,
                told(minutes(baseline, suite, prompts))
            )?,
            None => {
                let why =
                    d.margin.map_or("never: too much noise".to_owned(), |m| format!("never: margin {m}"));
                say!("{:<44} {now:>8} {why:>22}", d.gate.name)?;
            }
        }
    }
    Ok(Exit::Passed)
}

fn json(d: &Design, loss: Option<f64>, baseline: &Baseline, suite: &Suite) -> serde_json::Value {
    let table: Vec<serde_json::Value> = TABLE
        .iter()
        .map(|(p, s)| {
            serde_json::json!({
                "prompts": p, "samples": s, "detectable": d.detectable(*p, *s),
                "minutes": minutes(baseline, suite, p * s),
            })
        })
        .collect();
    let prompts = loss.map(|l| d.prompts_for(l));
    serde_json::json!({
        "gate": d.gate.name, "metric": d.gate.metric, "margin": d.margin, "detectable": d.detectable(d.prompts, d.samples),
        "designs": table, "detect": loss, "prompts_needed": prompts.flatten(),
    })
}
