//! From answers to the record: separability, style, tasks, gates. No engine: who answered does not matter here.

use super::answers::Answers;
use super::clock::Clock;
use super::items::items;
use super::options::EvaluateOptions;
use super::personas::{persona_figures, persona_rows};
use super::programs::{code_warnings, run_programs, undecided};
use super::provenance::provenance;
use super::qualify::Chosen;
use super::separability::Instruments;
use super::sweeps::Swept;
use super::system::System;
use super::texts::Texts;
use super::warnings::{alike, balance, changed, twins, warnings};
use super::{conditions, consistency, judged, profile, shift, style, tasks};
use crate::compare::{compare, said};
use crate::embed::Embedder;
use crate::error::Result;
use crate::gate::{self, Evidence, Reference};
use crate::metrics::Map;
use crate::persona::Registry;
use crate::progress::Progress;
use crate::record::{Qualification, Record, SCHEMA_VERSION, Verdict};
use crate::response::Response;
use crate::stats::{Estimate, Resampling};
use crate::suite::{Measure, Scope, Suite};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Sign flips of each two-sided p of a comparison.
const COMPARED: usize = 9_999;

/// A finished run.
pub struct Evaluated {
    /// Its record.
    pub record: Record,
    /// Its responses: trained, floor, tasks.
    pub responses: Vec<Response>,
}

/// What judges answers: the suite's measures and gates, the embedder as the instrument, and where it tells of its work.
pub(super) struct Assessment<'a> {
    pub suite: &'a Suite,
    pub registry: &'a Registry,
    pub embedder: &'a Embedder,
    pub options: &'a EvaluateOptions,
    pub progress: &'a dyn Progress,
}

impl Assessment<'_> {
    pub(super) fn instruments(&self) -> Instruments<'_> {
        let (registry, embedder) = (self.registry, self.embedder);
        let named = self.suite.gates.iter().filter_map(|g| match &g.scope {
            Scope::Pair(a, b) => Some((a.clone(), b.clone())),
            _ => None,
        });
        let pairs = named.collect::<BTreeSet<_>>().into_iter().collect();
        let resampling = self.options.resampling();
        Instruments { registry, embedder, resampling, pairs, progress: self.progress }
    }

    /// Chooses the instrument on real text, before it judges an answer.
    ///
    /// # Errors
    /// When the held-out text cannot be read or embedded.
    pub(super) fn qualify(&self, clock: &mut Clock<'_>) -> Result<Chosen> {
        let heldout = self.suite.heldout_examples(self.registry)?;
        self.progress.start("real text", Some(heldout.len() as u64));
        let chosen = self.instruments().choose(&heldout, self.suite.instrument)?;
        self.progress.finish();
        clock.stop("real text", format!("{} texts; the instrument is {}", heldout.len(), chosen.instrument));
        Ok(chosen)
    }

    /// Figures, verdicts and the record of `answers`.
    ///
    /// `chosen` is what [`Assessment::qualify`] gave; none where separability is not measured.
    ///
    /// # Errors
    /// When the answers do not suffice for what the suite measures, or a text cannot be embedded.
    pub(super) fn judge(
        &self,
        mut answers: Answers,
        chosen: Option<Chosen>,
        system: System,
        mut clock: Clock<'_>,
    ) -> Result<Evaluated> {
        let Self { suite, registry, options, progress, .. } = *self;
        let heard = answers.heard.take();
        let (trained, floor) = (&answers.trained, &answers.floor);
        let mut estimates: BTreeMap<String, Estimate> = BTreeMap::new();
        estimates.extend(heard.iter().flat_map(|h| h.estimates.clone()));
        let (likelihood, texts) = heard.map(|h| (h.figures, h.texts)).unzip();
        let mut notes = twins(&system.adapter_hashes());
        notes.extend(system.notes.iter().cloned());
        let (mut separability, mut fidelity) = (None, Vec::new());
        let mut qualification: Vec<Qualification> =
            chosen.as_ref().map_or_else(Vec::new, |c| c.qualification.clone());
        let mut judged = chosen.as_ref().map_or_else(Vec::new, |c| c.figures.clone());
        let mut pair_scores = Vec::new();
        let mut seen = None;
        if let Some(chosen) =
            chosen.as_ref().filter(|_| suite.measures(Measure::Separability) && !trained.is_empty())
        {
            progress.start("measuring", Some((trained.len() + floor.len()) as u64));
            let measured = self.instruments().measure(trained, floor, chosen)?;
            progress.finish();
            estimates.extend(measured.estimates);
            notes.extend(alike(&measured.alike, answers.prompts.len()));
            notes.extend(measured.warnings);
            judged = measured.instruments;
            qualification.extend(measured.qualification);
            qualification.extend(balance(&measured.figures.persona, options.permutations));
            (separability, fidelity) = (Some(measured.figures), measured.fidelity);
            pair_scores = measured.pairs;
            seen = Some(measured.seen);
            clock.stop("separability", format!("{} texts embedded", trained.len() + floor.len()));
        }
        let mut condition_figures = None;
        if let (Some(chosen), Some((texts, _))) = (&chosen, &seen)
            && !answers.again.is_empty()
        {
            let instruments = self.instruments();
            let material = conditions::Material { suite, instruments: &instruments, chosen, trained, texts };
            progress.start("conditions", Some(answers.again.len() as u64));
            let (figures, more) = conditions::measure(&material, &answers.again)?.unzip();
            progress.finish();
            estimates.extend(more.unwrap_or_default());
            condition_figures = figures;
            clock.stop("conditions", format!("{} texts embedded", answers.again.len()));
        }
        let mut hit_rates = BTreeMap::new();
        let mut style_figures = None;
        if suite.measures(Measure::Style) && !trained.is_empty() {
            let styled = style::measure(registry, &answers.prompts, trained, floor, &options.resampling())?;
            estimates.extend(styled.estimates);
            hit_rates = styled.by_persona;
            let mut figures = styled.figures;
            let real =
                if suite.heldout.is_empty() { Vec::new() } else { suite.heldout_examples(registry)? };
            let found = consistency::measure(
                &suite.personas,
                &answers.prompts,
                trained,
                &real,
                &options.resampling(),
            )?;
            if let Some(found) = found {
                estimates.insert("style.consistency".to_owned(), found.whole.clone());
                figures.consistency = Some(found);
            }
            let labelled = suite.examples_with_training(real, registry)?;
            let profile =
                profile::measure(registry, &suite.personas, trained, &labelled, &options.resampling())?;
            notes.extend(profile::foreign(&profile));
            figures.profile = Some(profile);
            style_figures = Some(figures);
            clock.stop("style", format!("{} texts", trained.len() + floor.len()));
        }
        let mut task_figures = None;
        if !answers.tasks.is_empty() {
            let programs = run_programs(&answers, &options.code, progress)?;
            let (figures, more) = tasks::measure(registry, &answers, &programs, &options.resampling())?;
            estimates.extend(more);
            notes.extend(code_warnings(&figures, &options.code));
            task_figures = Some(figures);
            clock.stop("tasks", format!("{} items", answers.tasks.len()));
        }
        let mut judge_figures = None;
        if let Some(judge) = &options.judge {
            let (baseline, place) = (options.baseline.as_deref(), (options.folder.as_path(), progress));
            let texts = (trained.as_slice(), floor.as_slice());
            let judged =
                judged::measure(judge, (suite, registry), texts, baseline, place, &options.resampling())?;
            clock.stop("judge", judged.note());
            notes.extend(judged.warnings);
            estimates.extend(judged.estimates);
            judge_figures = Some(judged.figures);
        }
        let mut blends = None;
        if let Some(chosen) = chosen.as_ref().filter(|_| !answers.swept.is_empty()) {
            let measured = self.blends(&answers, chosen, &mut clock)?;
            estimates.extend(measured.estimates);
            blends = Some((measured.figures, measured.withheld));
        }
        let (blends, withheld) = blends.unzip();
        if let Some(least) = system.adapters.iter().map(|a| a.logit_change).reduce(f64::min) {
            let e = Estimate::exact(least, system.adapters.len(), "logits", true);
            estimates.insert("adapters.logit_change".to_owned(), e);
        }
        if !qualification.is_empty() {
            let passed =
                qualification.iter().filter(|q| q.passed).count() as f64 / qualification.len() as f64;
            let e = Estimate::exact(passed, qualification.len(), "share", true);
            estimates.insert("instrument.controls".to_owned(), e);
        }
        let id = options.folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let mut record = Record {
            schema_version: SCHEMA_VERSION,
            id,
            suite: suite.name.clone(),
            suite_folder: folder_of(&suite.path),
            started: clock.begun(),
            seconds: 0.0,
            command: options.command.clone(),
            verdict: Verdict::Inconclusive,
            caveat: system.caveat.clone(),
            personas: persona_rows(suite, registry, &system)?,
            persona_figures: persona_figures(separability.as_ref(), &hit_rates, options)?,
            warnings: notes
                .into_iter()
                .chain(warnings(suite, separability.as_ref(), trained, options))
                .collect(),
            items: items(trained, separability.as_ref(), &fidelity, registry)?,
            pair_scores,
            prompts: suite.prompts.iter().filter(|p| answers.prompts.contains(&p.id)).cloned().collect(),
            generation: answers.generation.clone().filter(|_| !answers.prompts.is_empty()),
            noise: None,
            comparison: None,
            trial: options.limit.is_some(),
            separability,
            style: style_figures,
            conditions: condition_figures,
            tasks: task_figures,
            judge: judge_figures,
            likelihood,
            blends,
            texts: texts.unwrap_or_default(),
            estimates,
            gates: Vec::new(),
            instruments: judged,
            instrument: chosen.as_ref().map(|c| c.instrument.to_string()).unwrap_or_default(),
            qualification,
            batch_identity: system.batch_identity.clone(),
            stages: Vec::new(),
            provenance: provenance(suite, registry, self.embedder, options, system)?,
        };
        self.decide(&mut record, trained, chosen.as_ref().zip(seen.as_ref()))?;
        gate::withhold(&mut record.gates, &withheld.unwrap_or_default());
        record.verdict = gate::overall(&record.gates);
        if record.comparison.is_some() {
            clock.stop("baseline", "compared".to_owned());
        }
        record.seconds = clock.seconds();
        record.stages = clock.into_stages();
        Ok(Evaluated { record, responses: answers.into_responses() })
    }

    /// The sweeps of the suite.
    fn blends(&self, answers: &Answers, chosen: &Chosen, clock: &mut Clock<'_>) -> Result<Swept> {
        self.progress.start("measuring blends", Some(answers.swept.len() as u64));
        let measured = self.instruments().sweeps(self.suite, &answers.swept, chosen, &answers.costs)?;
        self.progress.finish();
        clock.stop("blends", format!("{} texts embedded", answers.swept.len()));
        Ok(measured)
    }

    /// Gates and verdict, and what changed since the baseline.
    fn decide(
        &self,
        record: &mut Record,
        trained: &[Response],
        seen: Option<(&Chosen, &(Texts, Map))>,
    ) -> Result<()> {
        let scores = record.scores();
        let resampling = Resampling { permutations: COMPARED, ..self.options.resampling() };
        let baseline = self.options.baseline.as_deref();
        let reference = baseline.map(|b| Reference { scores: &b.scores, noise: b.noise.as_ref() });
        if let Some(baseline) = baseline {
            // Nothing in common is told by the gates; a suite without any against the baseline is still compared.
            if let Ok(mut found) = compare(
                &baseline.scores,
                &scores,
                (&baseline.answers, &said(trained)),
                baseline.noise.as_ref(),
                &resampling,
            ) {
                record.warnings.extend(changed(&found));
                if let Some((chosen, seen)) = seen {
                    found.centres = self.instruments().centres(chosen, seen, trained, baseline, &found)?;
                }
                found.shifts = shift::since(trained, |r| {
                    let place = (r.persona.clone(), r.prompt_id.clone(), r.sample);
                    baseline.answers.get(&place).filter(|_| !found.reworded.contains(&r.prompt_id)).cloned()
                })?;
                record.comparison = Some(found);
            }
        }
        let (estimates, qualification) = (&record.estimates, &record.qualification);
        let evidence = Evidence { estimates, qualification, scores: &scores, reference, resampling };
        record.gates = gate::judge(&self.suite.gates, &evidence)?;
        if let Some(tasks) = &record.tasks {
            record.gates.iter_mut().for_each(|gate| undecided(gate, tasks));
        }
        record.verdict = gate::overall(&record.gates);
        Ok(())
    }
}
/// Folder of a suite's file where it was named from the working directory; records hold no path of a machine.
fn folder_of(suite: &Path) -> String {
    match suite.parent() {
        Some(folder) if folder.as_os_str().is_empty() => ".".to_owned(),
        Some(folder) if folder.is_relative() => folder.to_string_lossy().into_owned(),
        _ => String::new(),
    }
}
