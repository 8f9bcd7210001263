//! A run from its plan to its record.

use super::answers::Answers;
use super::assessment::{Assessment, Evaluated};
use super::clock::Clock;
use super::floor_cache;
use super::gates::{Material, Source};
use super::given::given;
use super::likelihood;
use super::likeness::Likeness;
use super::options::EvaluateOptions;
use super::paired;
use super::plan::{Plan, Planned};
use super::prove::{batch_identity, prove_adapters};
use super::respond::Respondent;
use super::sweep_costs::costs;
use super::system::System;
use super::warnings::doubles;
use crate::embed::Embedder;
use crate::error::{IoContext, Result};
use crate::generate::Engine;
use crate::list::count;
use crate::persona::Registry;
use crate::progress::Progress;
use crate::response::Response;
use crate::suite::{Measure, Suite};
use std::collections::{BTreeMap, BTreeSet};

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
        let rate = done.tokens as f64 / self.clock.stage_seconds().max(1e-9);
        let note =
            format!("{}, {} tokens, {rate:.0} tokens/s", count(planned.len(), "response"), done.tokens);
        self.clock.stop(name, done.note(note));
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
            self.clock.stop(NAME, format!("{} from the cache", count(responses.len(), "response")));
            return Ok(responses);
        }
        let responses = self.answer(NAME, planned)?;
        if let Err(e) = floor_cache::write(&file, &responses) {
            self.progress.note(&format!("warning: the floor's answers are not kept for later runs: {e}"));
        }
        Ok(responses)
    }
}

/// Refuses, before anything is generated, a gate that a run with these options will not measure.
///
/// # Errors
/// Names every such gate, what is missing and the flag that mends it.
pub fn check_gates(suite: &Suite, registry: &Registry, options: &EvaluateOptions) -> Result<()> {
    let limit = options.limit.unwrap_or(usize::MAX);
    let material = Material {
        source: Source::Engine,
        name: "this run".to_owned(),
        prompts: suite.prompts.len().min(limit),
        short_conditions: BTreeSet::new(),
        swept_lacks: None,
        judged: options.judge.is_some(),
        floor_lacks: (!options.floor).then(|| "the run has no floor".to_owned()),
        tasks: suite.tasks.iter().take(limit).collect(),
        unanswered: suite.tasks.iter().skip(limit).collect(),
        code_off: options.code.why_off(),
    };
    material.check(suite, registry)?;
    suite.check_judge()?;
    options
        .judge
        .as_ref()
        .map_or(Ok(()), |_| paired::check(suite, options.floor, options.baseline.as_deref()))
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
    let mut clock = Clock::start(progress);
    check_gates(suite, registry, options)?;
    let plan = Plan::new(suite, registry, engine, options)?;
    std::fs::create_dir_all(&options.folder).doing("make the run's folder", &options.folder)?;
    // Opened first: a run that is stopped from here on can be resumed.
    let journal = options.folder.join("responses.jsonl");
    let respondent = Respondent::open(engine, options.rows, &journal, progress)?;
    respondent.check(&plan)?;
    progress.start("proving adapters", None);
    let adapters = prove_adapters(engine, &plan)?;
    let asked = if plan.trained.is_empty() { &plan.sweeps } else { &plan.trained };
    let batch_identity = batch_identity(engine, asked)?;
    progress.finish();
    clock.stop("controls", format!("{} adapters proven", adapters.len()));

    let assessment = Assessment { suite, registry, embedder, options, progress };
    let separable = suite.measures(Measure::Separability) && !plan.trained.is_empty();
    let swept = !plan.sweeps.is_empty();
    let instrument = if separable || swept { Some(assessment.qualify(&mut clock)?) } else { None };

    let mut stage = Answering { respondent, progress, clock };
    let trained = stage.answer("answers", &plan.trained)?;
    let task_answers = stage.answer("task answers", &plan.tasks)?;
    let again = plan.again.answer(engine, &trained, &mut |name, planned| stage.answer(name, planned))?;
    let swept = stage.answer("blend answers", &plan.sweeps)?;
    let floor = stage.floor(&plan.floor, engine, options)?;
    let Answering { mut respondent, mut clock, .. } = stage;
    let given = given(engine, registry, &plan.asked, options, &mut respondent, progress)?;
    if !given.responses.is_empty() {
        let note = format!("given replies of {} tasks scored", given.responses.len());
        clock.stop("choices", given.note(note));
    }

    let heard = if suite.measures(Measure::Likelihood) {
        let heldout = suite.heldout_examples(registry)?;
        let likeness = Likeness::new(&assessment.instruments(), instrument.as_ref(), &heldout)?;
        let heard =
            likelihood::measure(suite, registry, engine, &heldout, Some(&likeness), options, progress)?;
        let rate = heard.tokens as f64 / clock.stage_seconds().max(1e-9);
        clock.stop("likelihood", format!("{}, {} tokens, {rate:.0} tokens/s", heard.note, heard.tokens));
        Some(heard)
    } else {
        None
    };

    let costs = if swept.is_empty() {
        BTreeMap::new()
    } else {
        let heldout = suite.heldout_examples(registry)?;
        let costs = costs(suite, registry, engine, &heldout, options, progress)?;
        clock.stop("blends' likelihoods", format!("{} scores of real text", costs.scored));
        costs.by_sweep
    };

    let mut system = System::of_engine(engine, suite, registry, options, adapters, batch_identity)?;
    system.notes = doubles(&plan);
    let (prompts, tasks) = (plan.prompts, plan.asked);
    let generation = Some(suite.generation.clone());
    let answers = Answers {
        generation,
        prompts,
        trained,
        floor,
        tasks,
        task_answers,
        again,
        given: given.responses,
        swept,
        costs,
        heard,
    };
    assessment.judge(answers, instrument, system, clock)
}
