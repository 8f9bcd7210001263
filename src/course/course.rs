//! The course itself: step after step, with looks, checkpoints and a journal.

use super::card;
use super::figures::{self, Ended};
use super::folder::{self, CARD, CHECKPOINT, CourseOptions, JOURNAL, RECORD};
use super::journal::{Journal, read_journal};
use super::made_of::{arithmetic, made_of};
use super::material::Material;
use super::probe;
use super::syllabus::Syllabus;
use super::warnings::{foreseen, rising};
use crate::atomic;
use crate::curriculum::Config;
use crate::error::{Error, Kind, Result};
use crate::interrupt;
use crate::list::duration;
use crate::model::{Adapter, BaseModel, ModelConfig};
use crate::progress::Progress;
use crate::train::{JournalLine, Look, TokenPair, Trainer, TrainingRecord, save_adapter};
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs::File;
use std::time::Instant;

/// Steps between two lines of the terminal.
const TOLD: usize = 20;

/// A course about to run.
pub struct Course {
    trainer: Trainer,
    config: Config,
    material: Material,
    syllabus: Syllabus,
    neutral: Vec<TokenPair>,
    model: ModelConfig,
    base: (String, String, String),
    made_of: Value,
    options: CourseOptions,
    resumed: bool,
    /// The step of the checkpoint; 0 is one of adapters that do nothing, or none.
    kept: usize,
    foreseen: Vec<String>,
    /// What the folder holds of this very training, done.
    finished: Option<TrainingRecord>,
    /// Held as long as the course lives.
    _lock: File,
}

impl Course {
    /// Makes fresh adapters, or takes those of the folder's checkpoint.
    ///
    /// # Errors
    /// The folder holds another training, or the checkpoint is of one; there is no step to make adapters of.
    pub fn new(
        base: BaseModel,
        config: Config,
        material: Material,
        mut syllabus: Syllabus,
        options: CourseOptions,
    ) -> Result<Self> {
        let lock = folder::take(&options)?;
        let neutral = probe::neutral(&base)?;
        let model = base.decoder.config().clone();
        let names = (options.base_name.clone(), base.sha256.clone(), arithmetic(&base));
        let made_of = made_of(&config, &material, &syllabus, &names);
        let finished = folder::finished(&options, &made_of)?;
        let foreseen = foreseen(&config, &material, &syllabus);
        let mut trainer = Trainer::new(
            base,
            &material.adapters,
            std::mem::take(&mut syllabus.pairs),
            &syllabus.orders(),
            &config.training,
            config.seed,
        )?;
        folder::clear(&options, &material.adapters)?;
        let checkpoint = options.out.join(CHECKPOINT);
        let resumed = options.resume && checkpoint.exists();
        if options.finish && !resumed && finished.is_none() {
            return Err(Error::input("there is no checkpoint to make adapters of")
                .in_file(checkpoint)
                .help("train first, without --finish"));
        }
        if resumed {
            trainer.restore(&checkpoint, &made_of)?;
            if options.finish && trainer.progress().step == 0 {
                return Err(Error::input("the checkpoint has made no step: its adapters would do nothing")
                    .in_file(checkpoint)
                    .help("train first, without --finish"));
            }
        }
        Ok(Self {
            kept: if resumed { trainer.progress().step } else { 0 },
            trainer,
            config,
            material,
            syllabus,
            neutral,
            model,
            base: names,
            made_of,
            options,
            resumed,
            foreseen,
            finished,
            _lock: lock,
        })
    }

    /// Steps that are done, and all.
    pub fn steps(&self) -> (usize, usize) {
        (self.trainer.progress().step, self.trainer.steps().len())
    }

    /// Whether the folder holds this very training, done.
    pub fn is_done(&self) -> bool {
        self.finished.is_some()
    }

    /// What should be looked at before it begins, in sentences.
    pub fn foreseen(&self) -> &[String] {
        &self.foreseen
    }

    /// Trains to the end, writes the adapters and the record.
    ///
    /// # Errors
    /// A number is none any more, the disk is full, or the user stops it: the last checkpoint is then whole.
    pub fn run(mut self, progress: &dyn Progress) -> Result<(TrainingRecord, Vec<JournalLine>)> {
        if let Some(record) = self.finished {
            return Ok((record, read_journal(&self.options.out.join(JOURNAL))?));
        }
        self.train_and_write(progress).map_err(|e| folder::stopped(e, self.config.training.checkpoint_every))
    }

    fn train_and_write(&mut self, progress: &dyn Progress) -> Result<(TrainingRecord, Vec<JournalLine>)> {
        let out = self.options.out.clone();
        let at = self.trainer.progress();
        let (adapters, personas) = (self.material.adapters.clone(), self.material.personas.clone());
        let head = JournalLine::Head { adapters, personas };
        let mut journal = Journal::open(&out.join(JOURNAL), head, at.step, at.looked)?;
        folder::write_rejects(self.material.set_aside().chain(&self.syllabus.aside), &out)?;
        let heldout = std::mem::take(&mut self.syllabus.heldout);
        let looked_at = evenly(heldout.len(), self.config.training.evaluate_examples);
        if self.trainer.progress().step == 0 {
            self.save(&mut journal)?;
        }
        progress.start("held-out loss of the base", Some(heldout.len() as u64));
        let base_nll = self.trainer.nll(&heldout, false, &|n| progress.advance(n))?;
        progress.finish();
        // Adapters begin as the base.
        self.note_look(&mut journal, 0, &heldout, &base_nll, &looked_at)?;
        let some: Vec<TokenPair> = looked_at.iter().map(|i| heldout[*i].clone()).collect();
        if !self.options.finish
            && let Err(e) = self.all_steps(&some, &mut journal, progress)
        {
            if e.kind() == Kind::Interrupted {
                self.save(&mut journal)?;
            }
            return Err(e);
        }
        self.save(&mut journal)?;
        self.trainer.finish()?;
        progress.start("held-out loss", Some(heldout.len() as u64));
        let nll = self.trainer.nll(&heldout, true, &|n| progress.advance(n))?;
        progress.finish();
        self.note_look(&mut journal, self.trainer.progress().step, &heldout, &nll, &looked_at)?;
        let record = self.record(&heldout, (&base_nll, &nll), journal.lines(), progress);
        let record = self.write(record?)?;
        Ok((record, journal.lines().to_vec()))
    }

    fn all_steps(
        &mut self,
        some: &[TokenPair],
        journal: &mut Journal,
        progress: &dyn Progress,
    ) -> Result<()> {
        let t = self.config.training.clone();
        let all = self.trainer.steps().len();
        let every = |n: usize, step: usize| n > 0 && step.is_multiple_of(n);
        let tokens = self.trainer.tokens_from(self.trainer.progress().step);
        progress.start("training", Some(tokens));
        let (begun, mut done) = (Instant::now(), 0u64);
        let mut told = BTreeSet::new();
        loop {
            let step = self.trainer.progress().step;
            // With patience the end is looked at too: the best look is what stays.
            let due = every(t.evaluate_every, step) || t.patience > 0 && step == all;
            if due && step > self.trainer.progress().looked && !some.is_empty() {
                let nll = self.trainer.nll(some, true, &|_| {}).map_err(|e| self.broken(e))?;
                let losses = self.means(some, &nll);
                self.trainer.look(&losses)?;
                let look = Look { step, losses };
                // Once an adapter: a loss that falls unevenly would fill the terminal. How it ended, the record says.
                for (adapter, rise) in rising(&self.material.adapters, journal.lines(), &look) {
                    if told.insert(adapter) {
                        progress.note(&format!("warning: {rise}"));
                    }
                }
                journal.add(JournalLine::Look { look })?;
            }
            if self.trainer.is_done() {
                progress.finish();
                return Ok(());
            }
            interrupt::check()?;
            let started = Instant::now();
            let stepped = self.trainer.step().map_err(|e| self.broken(e))?;
            let step = stepped.step;
            done += stepped.tokens as u64;
            progress.advance(stepped.tokens as u64);
            journal.add(JournalLine::Step { stepped, seconds: started.elapsed().as_secs_f64() })?;
            if step.is_multiple_of(TOLD) || step == all {
                let rate = done as f64 / begun.elapsed().as_secs_f64();
                let left = tokens.saturating_sub(done) as f64 / rate;
                progress.note(&self.line(journal.lines(), step, rate, left));
            }
            if every(t.checkpoint_every, step) {
                self.save(journal)?;
            }
        }
    }

    /// Writes a checkpoint, unless it would hold factors that ruin everything: the one before stays then.
    fn save(&mut self, journal: &mut Journal) -> Result<()> {
        if self.config.training.checkpoint_every == 0 {
            return Ok(());
        }
        self.trainer.check_last_step().map_err(|e| self.broken(e))?;
        journal.sync()?;
        self.trainer.save(&self.options.out.join(CHECKPOINT), &self.made_of)?;
        self.kept = self.trainer.progress().step;
        Ok(())
    }

    /// What a training that has to be another one has made so far need not be lost.
    fn broken(&self, error: Error) -> Error {
        if self.kept == 0 || self.options.finish || error.kind() == Kind::Interrupted {
            return error;
        }
        error.and_help(&format!(
            "--resume --finish makes adapters of the checkpoint behind step {}",
            self.kept
        ))
    }

    /// Notes losses of the texts of a look, unless the journal has that look.
    fn note_look(
        &self,
        journal: &mut Journal,
        step: usize,
        heldout: &[TokenPair],
        nll: &[Vec<f32>],
        looked_at: &[usize],
    ) -> Result<()> {
        let has = |line: &JournalLine| matches!(line, JournalLine::Look { look } if look.step == step);
        if looked_at.is_empty() || journal.lines().iter().any(has) {
            return Ok(());
        }
        let some: Vec<TokenPair> = looked_at.iter().map(|i| heldout[*i].clone()).collect();
        let nll: Vec<Vec<f32>> = looked_at.iter().map(|i| nll[*i].clone()).collect();
        journal.add(JournalLine::Look { look: Look { step, losses: self.means(&some, &nll) } })
    }

    /// Mean loss of each adapter.
    fn means(&self, pairs: &[TokenPair], nll: &[Vec<f32>]) -> Vec<Option<f64>> {
        let losses = probe::means(pairs, (nll, nll), self.material.adapters.len(), |p| p.adapter);
        losses.into_iter().map(|l| l.map(|l| l.adapter)).collect()
    }

    /// A line of the terminal: losses are means of the steps since the line before, since one step's say more of its examples than
    /// of the adapter.
    fn line(&self, lines: &[JournalLine], step: usize, rate: f64, left: f64) -> String {
        let before = (step - 1) / TOLD * TOLD;
        let steps = lines.iter().rev().filter_map(|line| match line {
            JournalLine::Step { stepped, .. } => Some(stepped),
            _ => None,
        });
        let recent: Vec<_> = steps.take_while(|s| s.step > before).collect();
        let loss = |(i, name): (usize, &String)| {
            let own: Vec<f64> = recent.iter().filter_map(|s| s.losses.get(i).copied().flatten()).collect();
            match own.len() {
                0 => format!("{name} -"),
                n => format!("{name} {:.2}", own.iter().sum::<f64>() / n as f64),
            }
        };
        let losses: Vec<String> = self.material.adapters.iter().enumerate().map(loss).collect();
        let steps = self.trainer.steps();
        let phase = steps.get(step - 1).and_then(|s| self.syllabus.draws.get(s.phase));
        let phase = phase.map_or("", |p| p.name.as_str());
        let (all, losses, left) = (steps.len(), losses.join(", "), duration(left));
        format!("step {step}/{all}  {phase}  loss: {losses}  {rate:.0} tokens/s, {left} left")
    }

    fn record(
        &self,
        heldout: &[TokenPair],
        (base_nll, nll): (&[Vec<f32>], &[Vec<f32>]),
        lines: &[JournalLine],
        progress: &dyn Progress,
    ) -> Result<TrainingRecord> {
        progress.start("drift and memory", None);
        let (adapters, personas) = (self.material.adapters.len(), self.material.personas.len());
        let ended = Ended {
            config: &self.config,
            material: &self.material,
            syllabus: &self.syllabus,
            trainer: &self.trainer,
            lines,
            foreseen: &self.foreseen,
            by_adapter: probe::means(heldout, (base_nll, nll), adapters, |p| p.adapter),
            by_persona: probe::means(heldout, (base_nll, nll), personas, |p| p.persona),
            neutral: probe::drift(&self.trainer, &self.neutral)?,
            memorised: probe::memorised(&self.trainer)?,
            update_norms: self.trainer.update_norms()?,
            base: self.base.clone(),
            made_of: self.made_of.clone(),
            resumed: self.resumed,
        };
        progress.finish();
        Ok(figures::record(&ended))
    }

    /// Writes adapters, cards and record; gives the record with the adapters' digests.
    fn write(&self, mut record: TrainingRecord) -> Result<TrainingRecord> {
        let out = &self.options.out;
        let dropout = self.config.training.dropout;
        // Until now it was true of the adapters that lie there.
        folder::set_aside_record(out)?;
        folder::remove_former_adapters(out, &self.material.adapters)?;
        for (i, name) in self.material.adapters.iter().enumerate() {
            let folder = out.join(name);
            save_adapter(self.trainer.adapters(), i, &self.model, &self.base.0, dropout, &folder)?;
            folder::sync(&folder)?;
            // Read again as whoever uses it will.
            let sha256 = Adapter::load(name, &folder, &self.model)?.sha256;
            if let Some(adapter) = record.adapters.get_mut(i) {
                adapter.sha256 = sha256;
            }
            atomic::write(&folder.join(CARD), card::card(&record, i).as_bytes())?;
        }
        let json = serde_json::to_string_pretty(&record)
            .map_err(|e| Error::cannot_run("the record cannot be written").because(e))?;
        atomic::write_durable(&out.join(RECORD), (json + "\n").as_bytes())?;
        // What was ended before its last step can still go on.
        if self.trainer.is_done() {
            folder::remove(&out.join(CHECKPOINT))?;
        }
        Ok(record)
    }
}

/// So many places of a list, evenly from all.
fn evenly(all: usize, count: usize) -> Vec<usize> {
    let count = count.min(all);
    (0..count).map(|i| i * all / count).collect()
}
