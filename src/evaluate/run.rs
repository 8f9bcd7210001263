//! A run from its plan to its record.

use super::floor_cache;
use super::options::EvaluateOptions;
use super::plan::Plan;
use super::prove::{batch_identity, prove_adapters};
use super::respond::respond;
use super::separability::Instruments;
use super::{style, tasks};
use crate::embed::Embedder;
use crate::error::{IoContext, Result};
use crate::gate;
use crate::generate::Engine;
use crate::persona::Registry;
use crate::progress::Progress;
use crate::record::{
    FileStamp, Journal, Machine, PersonaFigures, PersonaRow, Provenance, Qualification, Record,
    SCHEMA_VERSION, SeparabilityFigures, Stage, Warning,
};
use crate::response::{Response, read_journal};
use crate::stats::Estimate;
use crate::suite::{Measure, Suite};
use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

/// A finished run.
pub struct Evaluated {
    /// Its record.
    pub record: Record,
    /// Its responses: trained, floor, tasks.
    pub responses: Vec<Response>,
}

/// Times of stages, in order.
struct Clock {
    started: Instant,
    stage: Instant,
    stages: Vec<Stage>,
}

impl Clock {
    fn stop(&mut self, name: &str, note: String) {
        let seconds = self.stage.elapsed().as_secs_f64();
        self.stages.push(Stage { name: name.to_owned(), seconds, note });
        self.stage = Instant::now();
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
    let mut clock = Clock { started: Instant::now(), stage: Instant::now(), stages: Vec::new() };
    let plan = Plan::new(suite, registry, engine, options)?;
    std::fs::create_dir_all(&options.folder).doing("make the run's folder", &options.folder)?;
    progress.start("proving adapters", None);
    let adapters = prove_adapters(engine, &plan)?;
    let batch_identity = batch_identity(engine, &plan.trained)?;
    progress.finish();
    clock.stop("controls", format!("{} adapters proven", adapters.len()));

    let path = options.folder.join("responses.jsonl");
    let known: HashMap<_, _> = if path.exists() {
        Journal::open(&path)?;
        read_journal(&path)?.into_iter().map(|r| (r.place(), r)).collect()
    } else {
        HashMap::new()
    };
    let mut journal = Journal::open(&path)?;
    let mut made = |name: &str, planned: &[_], clock: &mut Clock| -> Result<Vec<Response>> {
        if planned.is_empty() {
            return Ok(Vec::new());
        }
        progress.start(name, Some(planned.len() as u64));
        let done = respond(engine, planned, &known, &mut journal, options.rows, progress)?;
        progress.finish();
        let seconds = clock.stage.elapsed().as_secs_f64();
        let rate = done.tokens as f64 / seconds.max(1e-9);
        let mut note = format!("{} responses, {} tokens, {rate:.0} tokens/s", planned.len(), done.tokens);
        if done.reused > 0 {
            note.push_str(&format!("; {} from the journal", done.reused));
        }
        clock.stop(name, note);
        Ok(done.responses)
    };
    let trained = made("answers", &plan.trained, &mut clock)?;
    let task_answers = made("task answers", &plan.tasks, &mut clock)?;
    let floor = match &options.floor_cache {
        Some(folder) if !plan.floor.is_empty() => {
            let file = floor_cache::path(folder, &plan.floor, engine);
            match floor_cache::read(&file, &plan.floor, engine) {
                Some(responses) => {
                    // The journal holds every answer of the run, wherever it came from.
                    let mut journal = Journal::open(&path)?;
                    for response in responses.iter().filter(|r| !known.contains_key(&r.place())) {
                        journal.append(response)?;
                    }
                    clock.stop("floor answers", format!("{} responses from the cache", responses.len()));
                    responses
                }
                None => {
                    let responses = made("floor answers", &plan.floor, &mut clock)?;
                    if let Err(e) = floor_cache::write(&file, &responses) {
                        progress
                            .note(&format!("warning: the floor's answers are not kept for later runs: {e}"));
                    }
                    responses
                }
            }
        }
        _ => made("floor answers", &plan.floor, &mut clock)?,
    };

    let mut estimates: BTreeMap<String, Estimate> = BTreeMap::new();
    let mut qualification = Vec::new();
    let mut separability = None;
    if suite.measures(Measure::Separability) && !trained.is_empty() {
        let heldout = suite.heldout_examples(registry)?;
        progress.start("measuring", Some((trained.len() + floor.len() + heldout.len()) as u64));
        let instruments = Instruments { registry, embedder, resampling: options.resampling(), progress };
        let (figures, more, controls) = instruments.measure(&trained, &floor, &heldout)?;
        progress.finish();
        estimates.extend(more);
        qualification = controls;
        qualification.push(not_empty(&trained));
        separability = Some(figures);
        clock.stop("separability", format!("{} texts embedded", trained.len() + floor.len() + heldout.len()));
    }
    let mut hit_rates = BTreeMap::new();
    let mut style_figures = None;
    if suite.measures(Measure::Style) && plan.prompts.len() > 1 {
        let styled = style::measure(registry, &plan.prompts, &trained, &floor, &options.resampling())?;
        estimates.extend(styled.estimates);
        hit_rates = styled.by_persona;
        style_figures = Some(styled.figures);
        clock.stop("style", format!("{} texts", trained.len() + floor.len()));
    }
    let mut task_figures = None;
    if plan.asked.len() > 1 {
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
        warnings: warnings(suite, separability.as_ref(), &trained, options),
        separability,
        style: style_figures,
        tasks: task_figures,
        gates,
        qualification,
        batch_identity,
        stages: clock.stages,
        provenance: provenance(suite, registry, engine, embedder, options, adapters)?,
    };
    let responses = trained.into_iter().chain(floor).chain(task_answers).collect();
    Ok(Evaluated { record, responses })
}

/// Share of empty answers from which the instrument may not judge.
const MOST_EMPTY: f64 = 0.02;

/// Empty answers of a persona are all alike and would pass for a voice.
fn not_empty(trained: &[Response]) -> Qualification {
    let empty = trained.iter().filter(|r| r.text.trim().is_empty()).count();
    Qualification {
        name: "answers are not empty".into(),
        finding: format!("{empty} of {} answers are empty", trained.len()),
        passed: empty as f64 <= MOST_EMPTY * trained.len() as f64,
    }
}

fn caveat(engine: &Engine) -> String {
    let millions = engine.base().decoder.config().parameters() as f64 / 1e6;
    if millions < 1000.0 {
        format!(
            "The base has {millions:.0} M parameters: it shows whether voices differ and hold, not whether answers \
             are true or useful; judge content with the base you ship."
        )
    } else {
        "Separability says that voices differ, not that they are good; read some answers below.".to_owned()
    }
}

fn persona_rows(suite: &Suite, registry: &Registry, options: &EvaluateOptions) -> Result<Vec<PersonaRow>> {
    suite
        .personas
        .iter()
        .map(|id| {
            let p = registry.persona(id)?;
            Ok(PersonaRow {
                id: id.clone(),
                category: p.category.label().to_owned(),
                group: p.group().to_owned(),
                blend: options.blend.as_ref().unwrap_or(&p.blend).to_string(),
                voice: p.voice.clone(),
            })
        })
        .collect()
}

fn persona_figures(
    figures: Option<&SeparabilityFigures>,
    hit_rates: &BTreeMap<String, Estimate>,
    options: &EvaluateOptions,
) -> Result<Vec<PersonaFigures>> {
    let Some(figures) = figures else { return Ok(Vec::new()) };
    let resampling = options.resampling();
    let margins = figures.persona.margin_estimates(&resampling)?;
    let floor = figures.floor.as_ref().map(|f| f.persona.margin_estimates(&resampling)).transpose()?;
    let recalls = figures.persona.confusion.recalls();
    let rows = figures.persona.labels.iter().enumerate().map(|(i, id)| {
        let counts = &figures.persona.confusion.counts[i];
        let taken = counts.iter().enumerate().filter(|(j, n)| *j != i && **n > 0);
        let most = taken.max_by(|a, b| a.1.cmp(b.1).then(b.0.cmp(&a.0)));
        PersonaFigures {
            persona: id.clone(),
            margin: margins[i].clone(),
            floor_margin: floor.as_ref().and_then(|f| f.get(i)).cloned(),
            recall: recalls[i],
            confused_with: most.map(|(j, _)| figures.persona.labels[j].clone()),
            confused: most.map_or(0, |(_, n)| *n),
            trait_hit_rate: hit_rates.get(id).cloned(),
        }
    });
    Ok(rows.collect())
}

fn warnings(
    suite: &Suite,
    figures: Option<&SeparabilityFigures>,
    trained: &[Response],
    options: &EvaluateOptions,
) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut warn = |what: String, help: &str| warnings.push(Warning { what, help: help.to_owned() });
    let empty: Vec<&str> =
        trained.iter().filter(|r| r.text.trim().is_empty()).map(|r| r.persona.as_str()).collect();
    if !empty.is_empty() {
        let mut names = empty.clone();
        names.sort_unstable();
        names.dedup();
        warn(
            format!("{} of {} answers are empty ({})", empty.len(), trained.len(), names.join(", ")),
            "an adapter that ends its turn at once was trained on empty text; empty answers are alike, not a voice",
        );
    }
    if !suite.tasks_left_out.is_empty() {
        warn(
            format!(
                "{} tasks were left out: {}",
                suite.tasks_left_out.len(),
                suite.tasks_left_out.join(", ")
            ),
            "their persona is not among the suite's personas",
        );
    }
    if let Some(limit) = options.limit {
        warn(
            format!("only the first {limit} prompts and tasks were asked"),
            "a trial run: run without --limit before you judge",
        );
    }
    let Some(figures) = figures else { return warnings };
    if let Some(c) = &figures.ceiling {
        let (trained, real) = (&figures.persona.balanced_accuracy, &c.persona.balanced_accuracy);
        if trained.low > real.high {
            warn(
                format!(
                    "the answers are told apart better ({:.3}) than real text ({:.3})",
                    trained.point, real.point
                ),
                "caricature: the adapters may exaggerate a few marks of each voice",
            );
        }
    }
    let length = &figures.length_only;
    if length.balanced_accuracy.low > 2.0 * length.chance {
        warn(
            format!(
                "length alone names the persona {:.3} of the time (chance {:.3})",
                length.balanced_accuracy.point, length.chance
            ),
            "part of the separability is length; compare with the gain over length",
        );
    }
    warnings
}

fn provenance(
    suite: &Suite,
    registry: &Registry,
    engine: &Engine,
    embedder: &Embedder,
    options: &EvaluateOptions,
    adapters: Vec<crate::record::AdapterProof>,
) -> Result<Provenance> {
    let mut files = Vec::new();
    let mut stamp = |role: &str, path: &std::path::Path| -> Result<()> {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        files.push(FileStamp { role: role.to_owned(), name, sha256: crate::model::sha256_file(path)? });
        Ok(())
    };
    for path in &suite.sources {
        stamp("suite", path)?;
    }
    stamp("registry", registry.path())?;
    for path in &suite.heldout {
        stamp("held-out text", path)?;
    }
    let base = options.base.as_ref().unwrap_or(&suite.base);
    let embedder_name = options.embedder.as_ref().unwrap_or(&suite.embedder);
    files.push(FileStamp { role: "base".into(), name: base.clone(), sha256: engine.base().sha256.clone() });
    files.push(FileStamp {
        role: "embedder".into(),
        name: embedder_name.clone(),
        sha256: embedder.sha256().to_owned(),
    });
    Ok(Provenance {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        files,
        base: base.clone(),
        tokenizer: engine.base().tokenizer.sha256().to_owned(),
        template: engine.base().template.sha256().to_owned(),
        embedder: embedder_name.clone(),
        arithmetic: engine.arithmetic(),
        device: engine.device_name().to_owned(),
        seed: options.seed,
        adapters,
        machine: Machine {
            system: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            processor: processor_name(),
            threads: rayon::current_num_threads(),
            peak_memory_mib: peak_memory_mib(),
        },
    })
}

/// A line `key : value` of a Linux status file.
fn proc_value(path: &str, key: &str) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let line = text.lines().find(|l| l.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

fn processor_name() -> String {
    proc_value("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".into())
}

fn peak_memory_mib() -> Option<u64> {
    let value = proc_value("/proc/self/status", "VmHWM")?;
    value.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib / 1024)
}
