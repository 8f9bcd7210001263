//! Measuring a suite's own gates and intervals on repeats of one run.

use super::false_alarms::{decided, false_alarms};
use super::interval_coverage::coverage;
use super::pool::Pool;
use super::separability::Instruments;
use crate::embed::Embedder;
use crate::error::{Error, Result};
use crate::gate::FAMILY;
use crate::generate::ENGINE_VERSION;
use crate::persona::Registry;
use crate::progress::Progress;
use crate::record::{Calibration, Machine, Record, Response};
use crate::stats::Resampling;
use crate::suite::Suite;
use std::time::Instant;

/// How much is drawn.
#[derive(Debug, Clone, Copy)]
pub struct Draws {
    /// Pairs of runs between which nothing has changed.
    pub pairs: usize,
    /// Prompts on each side of a pair.
    pub prompts: usize,
    /// Simulated suites of each size and figure.
    pub suites: usize,
    /// Root seed.
    pub seed: u64,
}

/// False alarms of the suite's gates and coverage of its intervals, from repeats of one run with their answers.
///
/// # Errors
/// Runs of another suite, runs that are no repeats of one another, too few of them, or a suite without gates to measure.
pub fn calibrate(
    suite: &Suite,
    registry: &Registry,
    embedder: &Embedder,
    runs: &[(Record, Vec<Response>)],
    draws: Draws,
    progress: &dyn Progress,
) -> Result<Calibration> {
    // The others are held against the first.
    if let Some((first, _)) = runs.first() {
        check_is_of(first, suite)?;
    }
    let started = Instant::now();
    let resampling = Resampling { seed: draws.seed, ..Resampling::default() };
    // The instrument is chosen as in a run; the draws need no p of their own.
    let with = Instruments { registry, embedder, resampling, pairs: Vec::new(), progress };
    progress.start("real text", None);
    let chosen = with.choose(&suite.heldout_examples(registry)?, suite.instrument)?;
    progress.finish();
    let plain =
        Instruments { resampling: Resampling { permutations: 1, resamples: 2, ..resampling }, ..with };
    let answers = runs.iter().map(|(_, r)| r.iter().filter(|r| r.arm == "trained").count() as u64).sum();
    progress.start("embedding answers", Some(answers));
    let pool = Pool::new(&plain, &chosen, runs)?;
    progress.finish();
    let gates = decided(&suite.gates);
    progress.start("pairs of runs", Some(draws.pairs as u64));
    let false_alarms = false_alarms(&pool, &gates, draws.pairs, draws.prompts, &resampling, progress)?;
    progress.finish();
    progress.start("simulated suites", None);
    let coverage = coverage(&pool, draws.suites, &resampling)?;
    progress.finish();
    Ok(Calibration {
        suite: suite.name.clone(),
        instrument: chosen.instrument.to_string(),
        runs: runs.iter().map(|(record, _)| record.id.clone()).collect(),
        personas: pool.personas(),
        prompts: pool.prompts(),
        seed: draws.seed,
        version: ENGINE_VERSION.to_owned(),
        family: FAMILY,
        gates,
        false_alarms,
        coverage,
        seconds: started.elapsed().as_secs_f64(),
        machine: Machine::here(),
    })
}

/// Gates are measured on the suite's own prompts, personas and sampling.
fn check_is_of(record: &Record, suite: &Suite) -> Result<()> {
    let personas: Vec<&String> = record.personas.iter().map(|p| &p.id).collect();
    let differs = [
        ("prompts", record.prompts != suite.prompts),
        ("personas", personas != suite.personas.iter().collect::<Vec<_>>()),
        ("generation", record.generation.as_ref() != Some(&suite.generation)),
    ];
    let told: Vec<&str> = differs.into_iter().filter(|(_, differs)| *differs).map(|(what, _)| what).collect();
    if told.is_empty() {
        return Ok(());
    }
    Err(Error::input(format!(
        "`{}` is no run of the suite `{}`: other {}",
        record.id,
        suite.name,
        told.join(", ")
    ))
    .in_file(&suite.path)
    .expected("finished runs of this suite, as it stands now")
    .help("make them again: persona-eval run SUITE --seed 1, --seed 2, ..."))
}
