//! From answers to the record: separability, style, tasks, gates. No engine: who answered does not matter here.

use super::answers::Answers;
use super::clock::Clock;
use super::items::items;
use super::options::EvaluateOptions;
use super::personas::{persona_figures, persona_rows};
use super::provenance::provenance;
use super::separability::{Instruments, RealText};
use super::system::System;
use super::warnings::{alike, balance, not_empty, twins, warnings};
use super::{style, tasks};
use crate::embed::Embedder;
use crate::error::Result;
use crate::gate;
use crate::persona::Registry;
use crate::progress::Progress;
use crate::record::{Qualification, Record, SCHEMA_VERSION};
use crate::response::Response;
use crate::stats::Estimate;
use crate::suite::{Measure, Suite};
use std::collections::BTreeMap;

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

/// The instrument of separability after its controls on real text.
#[derive(Default)]
pub(super) struct Instrument {
    real: Option<RealText>,
    qualification: Vec<Qualification>,
}

impl Assessment<'_> {
    fn instruments(&self) -> Instruments<'_> {
        let (registry, embedder) = (self.registry, self.embedder);
        Instruments { registry, embedder, resampling: self.options.resampling(), progress: self.progress }
    }

    /// Runs the controls: the instrument is judged on real text before it judges an answer.
    ///
    /// # Errors
    /// When the held-out text cannot be read or embedded.
    pub(super) fn qualify(&self, clock: &mut Clock<'_>) -> Result<Instrument> {
        let heldout = self.suite.heldout_examples(self.registry)?;
        self.progress.start("real text", Some(heldout.len() as u64));
        let (real, qualification) = self.instruments().real(&heldout)?;
        self.progress.finish();
        clock.stop("real text", format!("{} texts embedded", heldout.len()));
        Ok(Instrument { real, qualification })
    }

    /// Figures, verdicts and the record of `answers`.
    ///
    /// `instrument` is what [`Assessment::qualify`] gave; none where separability is not measured.
    ///
    /// # Errors
    /// When the answers do not suffice for what the suite measures, or a text cannot be embedded.
    pub(super) fn judge(
        &self,
        answers: Answers,
        instrument: Option<Instrument>,
        system: System,
        mut clock: Clock<'_>,
    ) -> Result<Evaluated> {
        let Self { suite, registry, options, progress, .. } = *self;
        let (trained, floor) = (&answers.trained, &answers.floor);
        let mut estimates: BTreeMap<String, Estimate> = BTreeMap::new();
        let mut notes = twins(&system.adapter_hashes());
        let (mut separability, mut qualification) = (None, Vec::new());
        if let Some(instrument) = instrument {
            qualification = instrument.qualification;
            progress.start("measuring", Some((trained.len() + floor.len()) as u64));
            let measured = self.instruments().measure(trained, floor, instrument.real.as_ref())?;
            progress.finish();
            estimates.extend(measured.estimates);
            notes.extend(alike(&measured.alike, answers.prompts.len()));
            qualification.push(not_empty(trained));
            qualification.extend(balance(&measured.figures.persona, options.permutations));
            separability = Some(measured.figures);
            clock.stop("separability", format!("{} texts embedded", trained.len() + floor.len()));
        }
        let mut hit_rates = BTreeMap::new();
        let mut style_figures = None;
        if suite.measures(Measure::Style) && !trained.is_empty() {
            let styled = style::measure(registry, &answers.prompts, trained, floor, &options.resampling())?;
            estimates.extend(styled.estimates);
            hit_rates = styled.by_persona;
            style_figures = Some(styled.figures);
            clock.stop("style", format!("{} texts", trained.len() + floor.len()));
        }
        let mut task_figures = None;
        if !answers.tasks.is_empty() {
            let (figures, more) = tasks::measure(registry, &answers, &options.resampling())?;
            estimates.extend(more);
            task_figures = Some(figures);
            clock.stop("tasks", format!("{} items", answers.tasks.len()));
        }
        let gates = gate::judge(&suite.gates, &estimates, &qualification);
        let id = options.folder.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let record = Record {
            schema_version: SCHEMA_VERSION,
            id,
            suite: suite.name.clone(),
            started: clock.begun(),
            seconds: clock.seconds(),
            command: options.command.clone(),
            verdict: gate::overall(&gates),
            caveat: system.caveat.clone(),
            personas: persona_rows(suite, registry, &system)?,
            persona_figures: persona_figures(separability.as_ref(), &hit_rates, options)?,
            warnings: notes
                .into_iter()
                .chain(warnings(suite, separability.as_ref(), trained, options))
                .collect(),
            items: items(trained, separability.as_ref(), registry)?,
            separability,
            style: style_figures,
            tasks: task_figures,
            gates,
            qualification,
            batch_identity: system.batch_identity.clone(),
            stages: clock.into_stages(),
            provenance: provenance(suite, registry, self.embedder, options, system)?,
        };
        Ok(Evaluated { record, responses: answers.into_responses() })
    }
}
