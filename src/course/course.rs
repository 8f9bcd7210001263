//! The course itself: step after step, with looks, checkpoints and a journal.

use super::card;
use super::figures::{self, Ended};
use super::journal::{Journal, read_journal};
use super::material::Material;
use super::probe;
use super::syllabus::Syllabus;
use crate::atomic;
use crate::curriculum::{Config, Heldout};
use crate::error::{Error, IoContext, Result};
use crate::generate::ENGINE_VERSION;
use crate::interrupt;
use crate::model::{BaseModel, ModelConfig};
use crate::progress::Progress;
use crate::train::{JournalLine, Look, TokenPair, Trainer, TrainingRecord, differences, save_adapter};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The file that a stopped course goes on from; gone when it is done.
pub const CHECKPOINT: &str = "checkpoint.safetensors";
/// The journal.
pub const JOURNAL: &str = "training.jsonl";
/// The record, written last.
pub const RECORD: &str = "training.json";
/// Steps between two lines of the terminal.
const TOLD: usize = 20;

/// Where a course leaves its work.
#[derive(Debug, Clone)]
pub struct CourseOptions {
    /// Folder of the adapters, the journal and the record.
    pub out: PathBuf,
    /// Whether it goes on from the folder's checkpoint, where there is one; a training that is done stays as it is.
    pub resume: bool,
    /// Whether a finished training in the folder may be written over.
    pub overwrite: bool,
    /// The base's name, for the adapters' configurations.
    pub base_name: String,
}

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
    /// What the folder holds of this very training, done.
    finished: Option<TrainingRecord>,
}

impl Course {
    /// Makes fresh adapters, or takes those of the folder's checkpoint.
    ///
    /// # Errors
    /// The folder holds another training, or the checkpoint is of one; an adapter has nothing to learn from.
    pub fn new(
        base: BaseModel,
        config: Config,
        material: Material,
        mut syllabus: Syllabus,
        options: CourseOptions,
    ) -> Result<Self> {
        let checkpoint = options.out.join(CHECKPOINT);
        check_folder(&options)?;
        let neutral = probe::neutral(&base)?;
        let model = base.decoder.config().clone();
        let names = (options.base_name.clone(), base.sha256.clone(), arithmetic(&base));
        let made_of = made_of(&config, &material, &names);
        let finished = finished(&options, &made_of)?;
        let mut trainer = Trainer::new(
            base,
            &material.adapters,
            std::mem::take(&mut syllabus.pairs),
            &syllabus.orders(),
            &config.training,
            config.seed,
        )?;
        let resumed = options.resume && checkpoint.exists();
        if resumed {
            trainer.restore(&checkpoint, &made_of)?;
        }
        std::fs::create_dir_all(&options.out).doing("make the folder", &options.out)?;
        remove_leftovers(&options.out)?;
        Ok(Self {
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
            finished,
        })
    }

    /// Steps that are done, and all.
    pub fn steps(&self) -> (usize, usize) {
        (self.trainer.progress().step, self.trainer.steps().len())
    }

    /// Trains to the end, writes the adapters and the record.
    ///
    /// # Errors
    /// A number is none any more, the disk is full, or the user stops it: the last checkpoint is then whole.
    pub fn run(mut self, progress: &dyn Progress) -> Result<(TrainingRecord, Vec<JournalLine>)> {
        let out = self.options.out.clone();
        if let Some(record) = self.finished {
            return Ok((record, read_journal(&out.join(JOURNAL))?));
        }
        let mut journal = Journal::open(&out.join(JOURNAL), self.trainer.progress().step)?;
        write_rejects(&self.material, &out)?;
        let heldout = std::mem::take(&mut self.syllabus.heldout);
        let some = evenly(&heldout, self.config.training.evaluate_examples);
        progress.start("held-out loss of the base", Some(heldout.len() as u64));
        let base_nll = self.trainer.nll(&heldout, false, &|n| progress.advance(n))?;
        progress.finish();
        if self.trainer.progress().step == 0 {
            self.save()?;
        }
        let todo = self.trainer.tokens_from(self.trainer.progress().step);
        progress.start("training", Some(todo));
        let (begun, mut done) = (Instant::now(), 0u64);
        let every = |n: usize, step: usize| n > 0 && step.is_multiple_of(n);
        while !self.trainer.is_done() {
            if let Err(stopped) = interrupt::check() {
                self.save()?;
                return Err(stopped.help(match self.config.training.checkpoint_every {
                    0 => "without checkpoints (`checkpoint_every: 0`) it begins anew",
                    _ => "the same command with --resume goes on from here",
                }));
            }
            let started = Instant::now();
            let stepped = self.trainer.step().map_err(|e| match self.config.training.checkpoint_every {
                0 => e,
                _ => e.or_help(format!("the last checkpoint in {} is whole", out.display())),
            })?;
            let (step, tokens) = (stepped.step, stepped.tokens as u64);
            done += tokens;
            progress.advance(tokens);
            let last = step == self.trainer.steps().len();
            if step.is_multiple_of(TOLD) || last {
                progress.note(&self.line(&stepped.losses, step, done as f64 / begun.elapsed().as_secs_f64()));
            }
            journal.add(JournalLine::Step { stepped, seconds: started.elapsed().as_secs_f64() })?;
            if every(self.config.training.evaluate_every, step) && !some.is_empty() {
                let losses = self.look(&some)?;
                self.trainer.look(&losses)?;
                journal.add(JournalLine::Look { look: Look { step, losses } })?;
            }
            if every(self.config.training.checkpoint_every, step) {
                self.save()?;
            }
        }
        progress.finish();
        self.trainer.finish()?;
        let record = self.record(&heldout, &base_nll, journal.lines(), progress)?;
        self.write(&record)?;
        Ok((record, journal.lines().to_vec()))
    }

    fn save(&self) -> Result<()> {
        if self.config.training.checkpoint_every == 0 {
            return Ok(());
        }
        self.trainer.save(&self.options.out.join(CHECKPOINT), &self.made_of)
    }

    /// Mean held-out loss of each adapter.
    fn look(&self, heldout: &[TokenPair]) -> Result<Vec<Option<f64>>> {
        let nll = self.trainer.nll(heldout, true, &|_| {})?;
        let losses = probe::means(heldout, (&nll, &nll), self.material.adapters.len(), |p| p.adapter);
        Ok(losses.into_iter().map(|l| l.map(|l| l.adapter)).collect())
    }

    fn line(&self, losses: &[Option<f64>], step: usize, rate: f64) -> String {
        let losses: Vec<String> =
            losses.iter().map(|l| l.map_or("-".to_owned(), |l| format!("{l:.2}"))).collect();
        let steps = self.trainer.steps();
        let phase = steps.get(step - 1).and_then(|s| self.syllabus.draws.get(s.phase));
        let phase = phase.map_or("", |p| p.name.as_str());
        format!("step {step}/{}  {phase}  loss {}  {rate:.0} tokens/s", steps.len(), losses.join(" "))
    }

    fn record(
        &self,
        heldout: &[TokenPair],
        base_nll: &[Vec<f32>],
        lines: &[JournalLine],
        progress: &dyn Progress,
    ) -> Result<TrainingRecord> {
        progress.start("held-out loss", Some(heldout.len() as u64));
        let nll = self.trainer.nll(heldout, true, &|n| progress.advance(n))?;
        progress.finish();
        progress.start("drift and memory", None);
        let (adapters, personas) = (self.material.adapters.len(), self.material.personas.len());
        let ended = Ended {
            config: &self.config,
            material: &self.material,
            syllabus: &self.syllabus,
            trainer: &self.trainer,
            lines,
            by_adapter: probe::means(heldout, (base_nll, &nll), adapters, |p| p.adapter),
            by_persona: probe::means(heldout, (base_nll, &nll), personas, |p| p.persona),
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

    fn write(&self, record: &TrainingRecord) -> Result<()> {
        let out = &self.options.out;
        let dropout = self.config.training.dropout;
        for (i, name) in self.material.adapters.iter().enumerate() {
            let folder = out.join(name);
            save_adapter(self.trainer.adapters(), i, &self.model, &self.base.0, dropout, &folder)?;
            atomic::write(&folder.join("README.md"), card::card(record, i).as_bytes())?;
        }
        let json = serde_json::to_string_pretty(record)
            .map_err(|e| Error::cannot_run("the record cannot be written").because(e))?;
        atomic::write(&out.join(RECORD), (json + "\n").as_bytes())?;
        let checkpoint = out.join(CHECKPOINT);
        if checkpoint.exists() {
            std::fs::remove_file(&checkpoint).doing("remove", &checkpoint)?;
        }
        Ok(())
    }
}

/// So many of the pairs, evenly from all.
fn evenly(pairs: &[TokenPair], count: usize) -> Vec<TokenPair> {
    let count = count.min(pairs.len());
    (0..count).map(|i| pairs[i * pairs.len() / count].clone()).collect()
}

fn check_folder(options: &CourseOptions) -> Result<()> {
    let (checkpoint, record) = (options.out.join(CHECKPOINT), options.out.join(RECORD));
    if options.overwrite {
        return Ok(());
    }
    if checkpoint.exists() && !options.resume {
        return Err(Error::input("an unfinished training lies in the folder")
            .in_file(&checkpoint)
            .help("go on with --resume, or give another folder, or --overwrite"));
    }
    if record.exists() && !checkpoint.exists() && !options.resume {
        return Err(Error::input("a finished training lies in the folder")
            .in_file(&record)
            .help("give another folder, or --overwrite"));
    }
    Ok(())
}

/// The record of a training that is done already, where it is the one that is to go on.
fn finished(options: &CourseOptions, made_of: &Value) -> Result<Option<TrainingRecord>> {
    let path = options.out.join(RECORD);
    if !options.resume || !path.exists() || options.out.join(CHECKPOINT).exists() {
        return Ok(None);
    }
    let record = TrainingRecord::read(&path)?;
    let differences = differences(&record.made_of, made_of);
    if differences.is_empty() {
        return Ok(Some(record));
    }
    Err(Error::input("the folder holds another training, which is done")
        .in_file(&path)
        .because(differences.join("\n  "))
        .help("give another folder, or --overwrite"))
}

/// Files that a killed training was writing.
fn remove_leftovers(out: &Path) -> Result<()> {
    for entry in std::fs::read_dir(out).doing("list", out)? {
        let path = entry.doing("list", out)?.path();
        let left = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(atomic::TEMPORARY));
        if left && path.is_file() {
            std::fs::remove_file(&path).doing("remove", &path)?;
        }
    }
    Ok(())
}

fn arithmetic(base: &BaseModel) -> String {
    use crate::model::Layout;
    let device = match base.decoder.device() {
        d if d.is_cuda() => "cuda",
        d if d.is_metal() => "metal",
        _ => "cpu",
    };
    let layout = match base.decoder.layout() {
        Layout::Packed(precision) => precision.name().to_owned(),
        Layout::Dense(dtype) => format!("{} (candle)", dtype.as_str()),
    };
    format!("persona-eval {ENGINE_VERSION}; {layout} on {device}")
}

/// What must be the same for a training to go on.
fn made_of(config: &Config, material: &Material, base: &(String, String, String)) -> Value {
    let t = &config.training;
    let traits: serde_json::Map<String, Value> =
        config.trait_requirements.iter().map(|(t, share)| (t.id().to_owned(), json!(share))).collect();
    let phases: Vec<Value> = config
        .phases
        .iter()
        .map(|p| json!({ "name": p.name, "personas": p.personas, "learning_rate": p.learning_rate, "share": p.share }))
        .collect();
    let files = |files: &[crate::train::DataFile]| -> serde_json::Map<String, Value> {
        files.iter().map(|f| (f.name.clone(), json!(f.sha256))).collect()
    };
    let mut training = json!(t);
    if let Value::Object(keys) = &mut training {
        // Where things lie and how often they are written changes no number.
        for key in ["data", "checkpoint_every", "base", "dtype", "device"] {
            keys.remove(key);
        }
        if !matches!(t.heldout, Heldout::Share(_)) {
            keys.remove("heldout");
        }
    }
    json!({
        "seed": config.seed,
        "persona_weights": config.persona_weights,
        "trait_requirements": traits,
        "synthetic_upsampling": config.synthetic_upsampling,
        "adapter_groups": config.adapter_groups,
        "phases": phases,
        "training": training,
        "adapters": material.adapters,
        "registry": material.registry,
        "data": files(&material.files),
        "heldout": files(&material.heldout_files),
        "base": base.1,
        "engine": base.2,
    })
}

/// Lists what was no example, where there is any.
fn write_rejects(material: &Material, out: &Path) -> Result<()> {
    let path = out.join("rejects.jsonl");
    if material.rejects.is_empty() {
        return Ok(());
    }
    let mut text = String::new();
    for reject in &material.rejects {
        let line = serde_json::to_string(reject)
            .map_err(|e| Error::cannot_run("the list of rejects cannot be written").because(e))?;
        text.push_str(&line);
        text.push('\n');
    }
    atomic::write(&path, text.as_bytes())
}
