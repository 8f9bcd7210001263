//! A run from its plan to its record.

use super::items::items;
use super::options::EvaluateOptions;
use super::personas::{persona_figures, persona_rows};
use super::plan::{Plan, Planned};
use super::prove::{batch_identity, prove_adapters};
use super::provenance::provenance;
use super::respond::Respondent;
use super::separability::Instruments;
use super::warnings::{alike, caveat, not_empty, twins, warnings};
use super::{floor_cache, likelihood, style, tasks};
use crate::embed::Embedder;
use crate::error::{IoContext, Result};
use crate::gate;
use crate::generate::Engine;
use crate::persona::Registry;
use crate::progress::Progress;
use crate::record::{Record, SCHEMA_VERSION, Stage};
use crate::response::Response;
use crate::stats::Estimate;
use crate::suite::{Measure, Suite};
use std::collections::BTreeMap;
use std::time::Instant;

/// A finished run.
pub struct Evaluated {
    /// Its record.
    pub record: Record,
    /// Its responses: trained, floor, tasks.
    pub responses: Vec<Response>,
}

/// Times of stages, in order.
struct Clock<'a> {
    progress: &'a dyn Progress,
    started: Instant,
    stage: Instant,
    stages: Vec<Stage>,
}

impl Clock<'_> {
    fn stop(&mut self, name: &str, note: String) {
        let seconds = self.stage.elapsed().as_secs_f64();
        self.progress.note(&format!("{seconds:>7.1} s  {name:<14} {note}"));
        self.stages.push(Stage { name: name.to_owned(), seconds, note });
        self.stage = Instant::now();
    }
}

/// Answers one part of the plan after the other, and tells what each cost.
struct Answering<'a> {
    respondent: Respondent<'a>,
    progress: &'a dyn Progress,
    clock: Clock<'a>,
}

impl Answering<'_> {
    fn answer(&mut self, name: &str, planned: &[Planned]) -> Result<Vec<Response>> {
        if planned.is_empty() {
            return Ok(Vec::new());
        }
        self.progress.start(name, Some(planned.len() as u64));
        let done = self.respondent.answer(planned)?;
        self.progress.finish();
        let rate = done.tokens as f64 / self.clock.stage.elapsed().as_secs_f64().max(1e-9);
        let mut note = format!("{} responses, {} tokens, {rate:.0} tokens/s", planned.len(), done.tokens);
        if done.reused > 0 {
            note.push_str(&format!("; {} from the journal", done.reused));
        }
        self.clock.stop(name, note);
        Ok(done.responses)
    }

    /// The floor's answers, from the cache where it holds them.
    fn floor(
        &mut self,
        planned: &[Planned],
        engine: &Engine,
        options: &EvaluateOptions,
    ) -> Result<Vec<Response>> {
        const NAME: &str = "floor answers";
        let Some(folder) = options.floor_cache.as_ref().filter(|_| !planned.is_empty()) else {
            return self.answer(NAME, planned);
        };
        let file = floor_cache::path(folder, planned, engine);
        if let Some(responses) = floor_cache::read(&file, planned, engine) {
            self.respondent.take(&responses)?;
            self.clock.stop(NAME, format!("{} responses from the cache", responses.len()));
            return Ok(responses);
        }
        let responses = self.answer(NAME, planned)?;
        if let Err(e) = floor_cache::write(&file, &responses) {
            self.progress.note(&format!("warning: the floor's answers are not kept for later runs: {e}"));
        }
        Ok(responses)
    }
}

/// Runs a suite: responses into the journal as they come, then figures, verdicts and the record.
///
/// The caller writes the record and the report; until then the folder holds a journal only, and nothing in it
/// looks like a finished run.
///
/// # Errors
/// When the input does not fit, a control of the engine fails, or the work is stopped.
pub fn evaluate(
    suite: &Suite,
    registry: &Registry,
    engine: &Engine,
    embedder: &Embedder,
    options: &EvaluateOptions,
    progress: &dyn Progress,
) -> Result<Evaluated> {
    let now = chrono::Utc::now();
    let mut clock = Clock { progress, started: Instant::now(), stage: Instant::now(), stages: Vec::new() };
    let plan = Plan::new(suite, registry, engine, options)?;
    std::fs::create_dir_all(&options.folder).doing("make the run's folder", &options.folder)?;
    // Opened first: a run that is stopped from here on can be resumed.
    let journal = options.folder.join("responses.jsonl");
    let respondent = Respondent::open(engine, options.rows, &journal, progress)?;
    respondent.check(&plan)?;
    progress.start("proving adapters", None);
    let adapters = prove_adapters(engine, &plan)?;
    let batch_identity = batch_identity(engine, &plan.trained)?;
    progress.finish();
    clock.stop("controls", format!("{} adapters proven", adapters.len()));

    // The instrument is judged on real text before it judges an answer.
    let instruments = Instruments { registry, embedder, resampling: options.resampling(), progress };
    let separable = suite.measures(Measure::Separability) && !plan.trained.is_empty();
    let likely = suite.measures(Measure::Likelihood);
    let (mut real, mut qualification) = (None, Vec::new());
    let heldout = if separable || likely { suite.heldout_examples(registry)? } else { Vec::new() };
    if separable {
        progress.start("real text", Some(heldout.len() as u64));
        (real, qualification) = instruments.real(&heldout)?;
        progress.finish();
        clock.stop("real text", format!("{} texts embedded", heldout.len()));
    }

    let mut stage = Answering { respondent, progress, clock };
    let trained = stage.answer("answers", &plan.trained)?;
    let task_answers = stage.answer("task answers", &plan.tasks)?;
    let floor = stage.floor(&plan.floor, engine, options)?;
    let mut clock = stage.clock;

    let mut estimates: BTreeMap<String, Estimate> = BTreeMap::new();
    let mut notes = twins(&adapters);
    let mut separability = None;
    if separable {
        progress.start("measuring", Some((trained.len() + floor.len()) as u64));
        let measured = instruments.measure(&trained, &floor, real.as_ref())?;
        progress.finish();
        estimates.extend(measured.estimates);
        notes.extend(alike(&measured.alike, plan.prompts.len()));
        qualification.push(not_empty(&trained));
        separability = Some(measured.figures);
        clock.stop("separability", format!("{} texts embedded", trained.len() + floor.len()));
    }
    let (mut likelihood_figures, mut texts) = (None, Vec::new());
    if likely {
        let likeness = match &real {
            Some(real) => real.likeness()?,
            None => {
                let likeness = instruments.likeness(&heldout)?;
                clock.stop("real text", format!("{} texts embedded", heldout.len()));
                likeness
            }
        };
        let heard =
            likelihood::measure(suite, registry, engine, &heldout, Some(&likeness), options, progress)?;
        estimates.extend(heard.estimates);
        let rate = heard.tokens as f64 / clock.stage.elapsed().as_secs_f64().max(1e-9);
        clock.stop("likelihood", format!("{}, {} tokens, {rate:.0} tokens/s", heard.note, heard.tokens));
        (likelihood_figures, texts) = (Some(heard.figures), heard.texts);
    }
    let mut hit_rates = BTreeMap::new();
    let mut style_figures = None;
    if suite.measures(Measure::Style) {
        let styled = style::measure(registry, &plan.prompts, &trained, &floor, &options.resampling())?;
        estimates.extend(styled.estimates);
        hit_rates = styled.by_persona;
        style_figures = Some(styled.figures);
        clock.stop("style", format!("{} texts", trained.len() + floor.len()));
    }
    let mut task_figures = None;
    if !plan.asked.is_empty() {
        progress.start("scoring tasks", None);
        let (figures, more) =
            tasks::measure(engine, registry, &plan.asked, &task_answers, options, progress)?;
        progress.finish();
        estimates.extend(more);
        task_figures = Some(figures);
        clock.stop("tasks", format!("{} items", plan.asked.len()));
    }
    let gates = gate::judge(&suite.gates, &estimates, &qualification);
    let persona_figures = persona_figures(separability.as_ref(), &hit_rates, options)?;
    let id = options.folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let record = Record {
        schema_version: SCHEMA_VERSION,
        id,
        suite: suite.name.clone(),
        started: now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
        seconds: clock.started.elapsed().as_secs_f64(),
        command: options.command.clone(),
        verdict: gate::overall(&gates),
        caveat: caveat(engine),
        personas: persona_rows(suite, registry, options)?,
        persona_figures,
        warnings: notes
            .into_iter()
            .chain(warnings(suite, separability.as_ref(), &trained, options))
            .collect(),
        items: items(&trained, separability.as_ref(), registry)?,
        separability,
        style: style_figures,
        tasks: task_figures,
        likelihood: likelihood_figures,
        texts,
        gates,
        qualification,
        batch_identity,
        stages: clock.stages,
        provenance: provenance(suite, registry, engine, embedder, options, adapters)?,
    };
    let responses = trained.into_iter().chain(floor).chain(task_answers).collect();
    Ok(Evaluated { record, responses })
}
