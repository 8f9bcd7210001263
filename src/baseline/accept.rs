//! Accepting a run.

use super::baseline::{Baseline, check};
use crate::compare::{refusals, said};
use crate::error::{Error, Result};
use crate::record::{Record, Response, Verdict};

/// The run as a baseline in the place of `earlier`.
///
/// # Errors
/// A record that holds no raw scores; and, unless `force`, which records them instead: a run that failed or was a trial, and
/// differences to the earlier baseline in suite, prompts, sampling, personas, base model or instrument.
pub fn accept(
    record: &Record,
    responses: &[Response],
    earlier: Option<&Baseline>,
    force: bool,
) -> Result<Baseline> {
    let scores = record.scores();
    if !record.items.is_empty() && record.prompts.is_empty() {
        return Err(Error::input(format!("the record of `{}` is of an earlier version", record.id))
            .expected("a run that keeps its prompts and raw scores")
            .help("run the suite again, then accept that run"));
    }
    check(&scores).map_err(|e| e.expected("a finished run with raw scores"))?;
    let mut differences = Vec::new();
    if record.trial {
        differences.push("the run was a trial: only a part of the suite was asked".to_owned());
    }
    let samples = scores.generation.as_ref().map_or(1, |g| g.samples);
    let asked = scores.personas.len() * scores.prompts.len() * samples;
    if !scores.items.is_empty() && scores.items.len() < asked {
        differences.push(format!("{} of {asked} answers are missing", asked - scores.items.len()));
    }
    if record.verdict == Verdict::Fail {
        let failed = record.gates.iter().filter(|g| g.verdict == Verdict::Fail);
        let names: Vec<&str> = failed.map(|g| g.name.as_str()).collect();
        differences.push(format!("the run failed: {}", names.join(", ")));
    }
    if let Some(earlier) = earlier {
        differences.extend(refusals(&earlier.scores, &scores));
    }
    if !differences.is_empty() && !force {
        return Err(Error::input("the run is not accepted")
            .expected("a run that passed, of the same suite, base model and instrument as the baseline")
            .because(differences.join("\n"))
            .help("accept it nevertheless, with these differences on record: --force"));
    }
    let resumed = record.stages.iter().any(|s| s.note.contains("from the journal"));
    let answered = (scores.items.len() + scores.tasks.len()).max(1) as f64;
    Ok(Baseline {
        accepted: chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        made: record.started.clone(),
        forced: differences,
        answers: said(responses),
        estimates: record.estimates.clone(),
        noise: record.noise.clone(),
        seconds_per_answer: (!resumed).then_some(record.seconds / answered),
        scores,
    })
}
