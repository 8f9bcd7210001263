//! The training itself, step by step: all adapters through one base, each with its own loss, clipping, schedule and end.

use super::adamw::{AdamW, Blocks, Rates, squared_norms};
use super::batch::TokenPair;
use super::dropout::Dropout;
use super::lora::{LoraShape, TrainableAdapters};
use super::pass::Pass;
use super::schedule::Schedule;
use super::steps::{PhaseOrder, Step, steps};
use crate::curriculum::Training;
use crate::error::{Error, Result};
use crate::model::{BaseModel, Decoder};
use crate::pool;
use crate::seed::Seed;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The code that draws examples and trains on them, as eight digits: a checkpoint of other code is refused.
pub const TRAINER_VERSION: &str = env!("PERSONA_EVAL_TRAINER");

/// One step, as its caller is told of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Stepped {
    /// Step, counted from 1.
    pub step: usize,
    /// The phase, counted from 0.
    pub phase: usize,
    /// Mean loss of each adapter's learned tokens, in nats; none where it had no example or has stopped.
    pub losses: Vec<Option<f64>>,
    /// Learning rate of each adapter that made a step.
    pub learning_rates: Vec<Option<f64>>,
    /// Euclidean norm of each adapter's gradient, before clipping.
    pub gradient_norms: Vec<Option<f64>>,
    /// By persona that had examples: its place, their number, learned tokens, and the sum of their losses.
    pub personas: Vec<(usize, usize, usize, f64)>,
    /// Tokens, prompts included.
    pub tokens: usize,
}

/// What a training changes as it goes on; with the factors, all that a checkpoint must hold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    /// Steps that are done.
    pub step: usize,
    /// Steps of each adapter.
    pub steps: Vec<u64>,
    /// Adapters that have stopped early.
    pub stopped: Vec<bool>,
    /// The best held-out loss of each adapter, where it was looked at.
    pub best: Vec<Option<f64>>,
    /// Looks since then.
    pub since_best: Vec<usize>,
    /// Steps that were done at the last look.
    pub looked: usize,
}

/// What helps against numbers that are none.
pub(super) const RUINED: &str = "lower the learning rate (`learning_rate_factor`) or clip more (`clip`), in another folder or with --overwrite: \
                      a training that goes on must be of the same configuration";

/// A training.
pub struct Trainer {
    pub(super) decoder: Arc<Decoder>,
    pub(super) adapters: TrainableAdapters,
    pub(super) adam: AdamW,
    /// Factors at the best held-out loss.
    pub(super) best: Option<Vec<Vec<f32>>>,
    pub(super) progress: Progress,
    pub(super) names: Vec<String>,
    blocks: Vec<Blocks>,
    pairs: Vec<TokenPair>,
    rates: Vec<f64>,
    steps: Vec<Step>,
    schedules: Vec<Schedule>,
    training: Training,
    seed: Seed,
}

impl Trainer {
    /// Fresh factors for adapters of these names, to be trained on examples in the order of the phases.
    ///
    /// # Errors
    /// An adapter has no example in any phase, or memory runs out.
    pub fn new(
        base: BaseModel,
        names: &[String],
        pairs: Vec<TokenPair>,
        phases: &[PhaseOrder],
        training: &Training,
        seed: u64,
    ) -> Result<Self> {
        let steps = steps(&pairs, phases, training.batch_tokens, training.accumulation);
        let made = |adapter: usize| {
            steps.iter().filter(|s| s.examples().any(|i| pairs[i].adapter == adapter)).count()
        };
        let made: Vec<usize> = (0..names.len()).map(made).collect();
        if let Some(idle) = made.iter().position(|n| *n == 0) {
            return Err(Error::input(format!("the adapter `{}` has no example to learn from", names[idle]))
                .expected("examples of at least one of its personas, in a phase that names the persona")
                .help("`adapter_groups` and the categories of the registry say who trains which adapter"));
        }
        let seed = Seed(seed);
        let decoder = Arc::new(base.decoder);
        let adapters =
            TrainableAdapters::new(&decoder, names, LoraShape::of(training), seed.child("factors"))?;
        let layout = adapters.layout();
        let adam = AdamW::new(adapters.vars().iter().map(|v| v.elem_count()), names.len());
        Ok(Self {
            decoder,
            adam,
            best: None,
            progress: Progress {
                step: 0,
                steps: vec![0; names.len()],
                stopped: vec![false; names.len()],
                best: vec![None; names.len()],
                since_best: vec![0; names.len()],
                looked: 0,
            },
            names: layout.iter().map(|(name, _)| name.clone()).collect(),
            blocks: layout.into_iter().map(|(_, blocks)| blocks).collect(),
            rates: phases.iter().map(|p| p.learning_rate * training.learning_rate_factor).collect(),
            schedules: made.iter().map(|n| Schedule::new(training.schedule, training.warmup, *n)).collect(),
            adapters,
            pairs,
            steps,
            training: training.clone(),
            seed,
        })
    }

    /// The factors.
    pub fn adapters(&self) -> &TrainableAdapters {
        &self.adapters
    }

    /// The base.
    pub fn decoder(&self) -> &Arc<Decoder> {
        &self.decoder
    }

    /// The examples.
    pub fn pairs(&self) -> &[TokenPair] {
        &self.pairs
    }

    /// Tokens of one forward pass, about.
    pub(super) fn batch_tokens(&self) -> usize {
        self.training.batch_tokens
    }

    /// How far it is.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// All its steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Tokens of the steps from `first` on, prompts included; those of adapters that have stopped are left out.
    pub fn tokens_from(&self, first: usize) -> u64 {
        let examples = self.steps.iter().skip(first).flat_map(Step::examples).map(|i| &self.pairs[i]);
        examples.filter(|p| !self.progress.stopped[p.adapter]).map(|p| p.tokens.len() as u64).sum()
    }

    /// Whether nothing is left to do: all steps are done, or all adapters have stopped.
    pub fn is_done(&self) -> bool {
        self.progress.step >= self.steps.len() || self.progress.stopped.iter().all(|s| *s)
    }

    /// One step. The loss is the sum over adapters of the mean over that adapter's learned tokens, so that each is trained as if
    /// alone; an adapter without an example in it makes no step of its own.
    ///
    /// # Errors
    /// A loss or a gradient is not a number, or a factor got no gradient: the factors are then as they were before.
    pub fn step(&mut self) -> Result<Stepped> {
        let index = self.progress.step;
        let Some(step) = self.steps.get(index).cloned() else {
            return Err(Error::cannot_run("the training has no further step"));
        };
        let count = self.adapters.names().len();
        let goes_on = |i: &usize| !self.progress.stopped[self.pairs[*i].adapter];
        let batches: Vec<Vec<&TokenPair>> = step
            .batches
            .iter()
            .map(|batch| batch.iter().filter(|i| goes_on(i)).map(|i| &self.pairs[*i]).collect())
            .filter(|batch: &Vec<_>| !batch.is_empty())
            .collect();
        let mut learned = vec![0usize; count];
        for pair in batches.iter().flatten() {
            learned[pair.adapter] += pair.learned();
        }
        let mut told = Stepped {
            step: index + 1,
            phase: step.phase,
            losses: vec![None; count],
            learning_rates: vec![None; count],
            gradient_norms: vec![None; count],
            personas: Vec::new(),
            tokens: batches.iter().flatten().map(|p| p.tokens.len()).sum(),
        };
        if batches.is_empty() {
            self.progress.step += 1;
            return Ok(told);
        }
        let mut sum: Option<Vec<Vec<f32>>> = None;
        let mut losses = vec![0f64; count];
        let mut personas: std::collections::BTreeMap<usize, (usize, usize, f64)> = Default::default();
        for (number, pairs) in batches.iter().enumerate() {
            let weights: Vec<f32> = pairs.iter().map(|p| 1.0 / learned[p.adapter] as f32).collect();
            let key = self.seed.child(&format!("dropout {index} {number}")).0;
            let dropout =
                (self.training.dropout > 0.0).then_some(Dropout { share: self.training.dropout, key });
            let pass = Pass { decoder: &self.decoder, adapters: &self.adapters, pairs };
            let again = self.training.gradient_checkpointing;
            let (gradients, nll) = pool::run(|| pass.gradients(&weights, dropout, again)).map_err(engine)?;
            for (pair, nll) in pairs.iter().zip(&nll) {
                let own: f64 = nll.iter().map(|l| f64::from(*l)).sum();
                losses[pair.adapter] += own;
                let persona = personas.entry(pair.persona).or_default();
                *persona = (persona.0 + 1, persona.1 + nll.len(), persona.2 + own);
            }
            match &mut sum {
                None => sum = Some(gradients),
                Some(sum) => add(sum, &gradients),
            }
        }
        let gradients = sum.unwrap_or_default();
        let norms = squared_norms(&gradients, &self.blocks, count);
        let mut rates = vec![None; count];
        for adapter in (0..count).filter(|i| learned[*i] > 0) {
            let (loss, norm) = (losses[adapter] / learned[adapter] as f64, norms[adapter].sqrt());
            let name = &self.adapters.names()[adapter];
            if !loss.is_finite() || !norm.is_finite() {
                let what = if loss.is_finite() { "gradient" } else { "loss" };
                return Err(Error::cannot_run(format!(
                    "the {what} of `{name}` is not a number at step {}",
                    index + 1
                ))
                .help(RUINED));
            }
            if norm == 0.0 {
                return Err(Error::cannot_run(format!(
                    "the gradient of `{name}` is zero at step {}",
                    index + 1
                ))
                .help("it would learn nothing: this is a bug of the engine, please report it"));
            }
            let share = self.schedules[adapter]
                .share(usize::try_from(self.adam.steps[adapter]).unwrap_or(usize::MAX));
            let rate = self.rates[step.phase] * share;
            let clip = match self.training.clip {
                // As torch.nn.utils.clip_grad_norm_.
                clip if clip > 0.0 => (clip / (norm + 1e-6)).min(1.0),
                _ => 1.0,
            };
            let (lora_plus, weight_decay) = (self.training.lora_plus, self.training.weight_decay);
            rates[adapter] = Some(Rates { a: rate, b: rate * lora_plus, clip, weight_decay });
            told.losses[adapter] = Some(loss);
            told.learning_rates[adapter] = Some(rate);
            told.gradient_norms[adapter] = Some(norm);
        }
        let mut factors = self.adapters.values().map_err(engine)?;
        pool::run(|| self.adam.step(&mut factors, &gradients, &self.blocks, &rates));
        if factors.iter().flatten().any(|v| !v.is_finite()) {
            return Err(
                Error::cannot_run(format!("a factor is not a number after step {}", index + 1)).help(RUINED)
            );
        }
        self.adapters.set(factors).map_err(engine)?;
        self.progress.step += 1;
        self.progress.steps.clone_from(&self.adam.steps);
        told.personas = personas.into_iter().map(|(p, (n, tokens, sum))| (p, n, tokens, sum)).collect();
        Ok(told)
    }

    /// Takes note of each adapter's held-out loss: an adapter that has not bettered it for `patience` looks stops, and has the
    /// factors of its best look at the end.
    ///
    /// # Errors
    /// The factors cannot be read.
    pub fn look(&mut self, losses: &[Option<f64>]) -> Result<()> {
        self.progress.looked = self.progress.step;
        if self.training.patience == 0 {
            return Ok(());
        }
        let factors = self.adapters.values().map_err(engine)?;
        let best = self.best.get_or_insert_with(|| factors.clone());
        let count = losses.len();
        for (adapter, loss) in losses.iter().enumerate() {
            let Some(loss) = *loss else { continue };
            if self.progress.stopped[adapter] {
                continue;
            }
            if self.progress.best[adapter].is_none_or(|known| loss < known) {
                self.progress.best[adapter] = Some(loss);
                self.progress.since_best[adapter] = 0;
                copy(best, &factors, &self.blocks, adapter, count);
            } else {
                self.progress.since_best[adapter] += 1;
                self.progress.stopped[adapter] = self.progress.since_best[adapter] >= self.training.patience;
            }
        }
        Ok(())
    }

    /// Ends the training: adapters that were looked at get the factors of their best look.
    ///
    /// # Errors
    /// The factors cannot be set.
    pub fn finish(&mut self) -> Result<()> {
        if let Some(best) = self.best.take() {
            let mut factors = self.adapters.values().map_err(engine)?;
            let looked = |i: &usize| self.progress.best[*i].is_some();
            let count = self.adapters.names().len();
            for adapter in (0..count).filter(looked) {
                copy(&mut factors, &best, &self.blocks, adapter, count);
            }
            self.adapters.set(factors).map_err(engine)?;
        }
        Ok(())
    }
}

fn engine(e: candle_core::Error) -> Error {
    Error::cannot_run("the training engine failed").because(e)
}

fn add(sum: &mut [Vec<f32>], more: &[Vec<f32>]) {
    for (sum, more) in sum.iter_mut().zip(more) {
        sum.iter_mut().zip(more).for_each(|(s, m)| *s += m);
    }
}

/// Copies one adapter's numbers.
fn copy(to: &mut [Vec<f32>], from: &[Vec<f32>], blocks: &[Blocks], adapter: usize, adapters: usize) {
    for ((to, from), blocks) in to.iter_mut().zip(from).zip(blocks) {
        let parts = to.chunks_mut(blocks.block).zip(from.chunks(blocks.block)).enumerate();
        for (_, (to, from)) in parts.filter(|(i, _)| i % adapters == adapter) {
            to.copy_from_slice(from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Layout;
    use crate::model::kernel::Precision;
    use candle_core::Device;
    use std::path::Path;

    /// What one step tells of factors that are all `value`, and that it leaves them as they were.
    fn told_of(value: f32) -> String {
        let tiny = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/tiny-llama");
        let base = BaseModel::open_with(&tiny, Layout::Packed(Precision::F32), &Device::Cpu, &[]).unwrap();
        let pair = TokenPair { tokens: (1..20).collect(), prompt: 5, adapter: 0, persona: 0 };
        let phase = PhaseOrder { name: String::new(), learning_rate: 1e-3, order: vec![0] };
        let names = ["a".to_owned()];
        let mut trainer = Trainer::new(base, &names, vec![pair], &[phase], &Training::default(), 7).unwrap();
        let all = |v: Vec<f32>| vec![value; v.len()];
        let factors: Vec<Vec<f32>> = trainer.adapters.values().unwrap().into_iter().map(all).collect();
        trainer.adapters.set(factors.clone()).unwrap();
        let told = trainer.step().unwrap_err().to_string();
        let bits = |all: &[Vec<f32>]| all.iter().flatten().map(|v| v.to_bits()).collect::<Vec<u32>>();
        assert_eq!(bits(&trainer.adapters.values().unwrap()), bits(&factors));
        assert_eq!((trainer.progress.step, &trainer.adam.steps[..]), (0, &[0][..]));
        told
    }

    #[test]
    fn a_loss_that_is_no_number_and_a_gradient_of_zero_stop_the_training_before_the_step() {
        let told = told_of(f32::NAN);
        assert!(
            told.contains("the loss of `a` is not a number at step 1") && told.contains("`clip`"),
            "{told}"
        );
        let told = told_of(0.0);
        assert!(told.contains("the gradient of `a` is zero at step 1"), "{told}");
    }
}
