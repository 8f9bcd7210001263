//! `run --dry-run`: what would be done, and about how long it takes.

use super::exit::Exit;
use super::print::say;
use crate::error::Result;
use crate::evaluate::{CodeRunner, Plan, Planned};
use crate::generate::{Engine, Request};
use crate::judge::Cost;
use crate::suite::Suite;

/// Rows and tokens of the timed trial.
const TRIAL: (usize, usize) = (48, 24);

/// Prints the plan and a guess of the time from a short timed batch.
pub(super) fn dry_run(
    suite: &Suite,
    plan: &Plan,
    engine: &Engine,
    code: &CodeRunner,
    judged: Option<Cost>,
) -> Result<Exit> {
    let planned: Vec<&Planned> =
        plan.trained.iter().chain(&plan.floor).chain(&plan.tasks).chain(&plan.sweeps).collect();
    let again = plan.again.places().count();
    let tokens: usize =
        planned.iter().map(|p| p.sampling.max_tokens).sum::<usize>() + plan.again.most_tokens();
    say!("suite     {} ({} personas)", suite.name, suite.personas.len())?;
    say!("answers   {} trained, {} floor, {} tasks", plan.trained.len(), plan.floor.len(), plan.tasks.len())?;
    if !plan.sweeps.is_empty() {
        say!("blends    {} answers of {} sweeps", plan.sweeps.len(), suite.sweeps.len())?;
    }
    if again > 0 {
        say!("asked     {again} answers under {} conditions", suite.conditions.len())?;
    }
    say!("choices   {}", plan.asked.iter().filter(|t| !t.generates()).count())?;
    let programs = plan.asked.iter().filter(|t| t.runs_code()).count();
    if programs > 0 {
        match (code.protection(), code.why_off()) {
            (Some(protection), _) => say!("code      {programs} answers are run under {protection}")?,
            (None, why) => say!("code      {programs} answers are not run: {}", why.unwrap_or_default())?,
        }
    }
    if !plan.listeners.is_empty() {
        say!("heard     held-out text under {} personas", plan.listeners.len())?;
    }
    if !suite.tasks_left_out.is_empty() {
        say!("left out  {} (their persona is not in the suite)", suite.tasks_left_out.join(", "))?;
    }
    say!("gates     {}", suite.gates.len())?;
    if let Some(cost) = judged {
        say!("judge     at most {cost}")?;
    }
    say!("tokens    at most {tokens} to generate")?;
    if !planned.is_empty() {
        let (rows, length) = TRIAL;
        let trial = &planned[..rows.min(planned.len())];
        // The first pass warms up. Reading the prompts once more would count them twice: their time is taken off
        // before scaling up.
        timed(engine, trial, 1)?;
        let (prompts, whole) = (timed(engine, trial, 1)?, timed(engine, trial, length)?);
        let each = (whole - prompts).max(0.0) / (trial.len() * (length - 1)) as f64;
        let seconds = each * tokens as f64 + prompts / trial.len() as f64 * (planned.len() + again) as f64;
        say!("time      about {:.1} minutes to generate, at most", seconds / 60.0)?;
    }
    Ok(Exit::Passed)
}

/// Seconds that it takes to answer with at most so many tokens each.
fn timed(engine: &Engine, trial: &[&Planned], tokens: usize) -> Result<f64> {
    let requests = trial
        .iter()
        .map(|p| Ok(Request { sampling: p.sampling.clone().capped(tokens), ..p.request(engine)? }))
        .collect::<Result<Vec<_>>>()?;
    let start = std::time::Instant::now();
    engine.generate_all(&requests, requests.len())?;
    Ok(start.elapsed().as_secs_f64())
}
