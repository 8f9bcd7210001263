//! The training loop: batches of all adapters through one base, AdamW on their factors.

use super::attention::PackedAttention;
use super::batch::{TextPair, TokenPair, epoch};
use super::lora::{LoraShape, Trainable, TrainableAdapters};
use super::loss::{Loss, cross_entropy};
use super::schedule::Schedule;
use crate::error::{Error, Result};
use crate::model::{BaseModel, Decoder};
use crate::pool;
use crate::seed::Seed;
use candle_core::Tensor;
use candle_core::backprop::GradStore;
use candle_nn::{AdamW, Optimizer, ParamsAdamW};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What decides a training, apart from its data.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct TrainOptions {
    /// Rank of each adapter.
    pub r: usize,
    /// α; the scale is α/r.
    pub alpha: f64,
    /// Highest learning rate.
    pub learning_rate: f64,
    /// Share of the steps in which the learning rate rises.
    pub warmup: f64,
    /// AdamW's weight decay.
    pub weight_decay: f64,
    /// Passes over the data.
    pub epochs: usize,
    /// Tokens in one batch, about.
    pub batch_tokens: usize,
    /// Longest example.
    pub max_tokens: usize,
    /// Root of the order and of the first factors.
    pub seed: u64,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            r: 4,
            alpha: 8.0,
            learning_rate: 1.5e-3,
            warmup: 0.06,
            weight_decay: 0.01,
            epochs: 3,
            batch_tokens: 1536,
            max_tokens: 1024,
            seed: 7,
        }
    }
}

/// One step, as the caller is told of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Progressed {
    /// Step, counted from 1.
    pub step: usize,
    /// Steps in all.
    pub steps: usize,
    /// Epoch, counted from 1.
    pub epoch: usize,
    /// Mean loss of each adapter's learned tokens in this batch; none where it had no row.
    pub losses: Vec<Option<f64>>,
    /// Learning rate of this step.
    pub learning_rate: f64,
    /// Euclidean norm of all gradients.
    pub gradient_norm: f64,
    /// Tokens of the batch, prompts included.
    pub tokens: usize,
}

/// What came out of a training.
pub struct Trained {
    /// The factors.
    pub adapters: TrainableAdapters,
    /// Every step.
    pub steps: Vec<Progressed>,
}

/// A training about to run.
pub struct Trainer {
    decoder: Arc<Decoder>,
    pairs: Vec<TokenPair>,
    adapters: TrainableAdapters,
    options: TrainOptions,
}

impl Trainer {
    /// Tokenizes the data and makes fresh factors.
    ///
    /// # Errors
    /// When an example cannot be used or an adapter has none.
    pub fn new(base: BaseModel, names: &[String], texts: &[TextPair], options: TrainOptions) -> Result<Self> {
        let pairs =
            texts.iter().map(|t| TokenPair::new(&base, t, options.max_tokens)).collect::<Result<Vec<_>>>()?;
        for (i, name) in names.iter().enumerate() {
            if !pairs.iter().any(|p| p.adapter == i) {
                return Err(Error::input(format!("the adapter `{name}` has no example to learn from"))
                    .expected("examples of at least one persona of each adapter's group")
                    .help("a persona's category decides its group: see the registry's header"));
            }
        }
        let shape = LoraShape { r: options.r, alpha: options.alpha };
        let decoder = Arc::new(base.decoder);
        let adapters = TrainableAdapters::new(&decoder, names, shape, Seed(options.seed).child("factors"))?;
        Ok(Self { decoder, pairs, adapters, options })
    }

    /// Tokens of one pass over the data, prompts included.
    pub fn tokens(&self) -> usize {
        self.pairs.iter().map(|p| p.tokens.len()).sum()
    }

    /// Trains; `watch` is told of every step and stops the work by returning an error.
    ///
    /// # Errors
    /// When a loss is not finite, a factor has no gradient, or `watch` says stop.
    pub fn run(self, mut watch: impl FnMut(&Progressed) -> Result<()>) -> Result<Trained> {
        let o = &self.options;
        let seed = Seed(o.seed);
        let epochs: Vec<Vec<Vec<usize>>> = (0..o.epochs)
            .map(|e| epoch(&self.pairs, o.batch_tokens, seed.child(&format!("epoch {e}"))))
            .collect();
        let steps = epochs.iter().map(Vec::len).sum();
        let warmup = ((steps as f64 * o.warmup).ceil() as usize).max(1);
        let schedule = Schedule { peak: o.learning_rate, warmup, steps };
        let params =
            ParamsAdamW { lr: o.learning_rate, weight_decay: o.weight_decay, ..ParamsAdamW::default() };
        let vars = self.adapters.vars();
        let mut optimizer = AdamW::new(vars.clone(), params).map_err(engine)?;
        let mut told = Vec::with_capacity(steps);
        for (index, batches) in epochs.iter().enumerate() {
            for batch in batches {
                let pairs: Vec<&TokenPair> = batch.iter().map(|i| &self.pairs[*i]).collect();
                let step = told.len();
                let (gradients, losses) = pool::run(|| -> Result<_> {
                    let (loss, losses) = self.loss(&pairs)?;
                    Ok((loss.total.backward().map_err(engine)?, losses))
                })?;
                if losses.iter().flatten().any(|l| !l.is_finite()) {
                    return Err(Error::cannot_run(format!("the loss of step {} is not a number", step + 1))
                        .help("lower the learning rate"));
                }
                let gradient_norm = norm(&gradients, &vars, step)?;
                optimizer.set_learning_rate(schedule.rate(step));
                optimizer.step(&gradients).map_err(engine)?;
                let progressed = Progressed {
                    step: step + 1,
                    steps,
                    epoch: index + 1,
                    losses,
                    learning_rate: schedule.rate(step),
                    gradient_norm,
                    tokens: pairs.iter().map(|p| p.tokens.len()).sum(),
                };
                watch(&progressed)?;
                told.push(progressed);
            }
        }
        Ok(Trained { adapters: self.adapters, steps: told })
    }

    /// The batch's loss: the sum over adapters of the mean over that adapter's learned tokens, so that each
    /// adapter is trained as if alone.
    fn loss(&self, pairs: &[&TokenPair]) -> Result<(Loss, Vec<Option<f64>>)> {
        let names = self.adapters.names().len();
        let mut counts = vec![0usize; names];
        for p in pairs {
            counts[p.adapter] += p.learned();
        }
        let tokens: Vec<u32> = pairs.iter().flat_map(|p| p.tokens.iter().copied()).collect();
        let rows: Vec<usize> = pairs.iter().flat_map(|p| vec![p.adapter; p.tokens.len()]).collect();
        let (mut positions, mut targets, mut weights, mut owners) = (vec![], vec![], vec![], vec![]);
        let mut start = 0u32;
        for p in pairs {
            for i in p.prompt..p.tokens.len() {
                positions.push(start + i as u32 - 1);
                targets.push(p.tokens[i]);
                weights.push(1.0 / counts[p.adapter] as f32);
                owners.push(p.adapter);
            }
            start += p.tokens.len() as u32;
        }
        let lengths: Vec<usize> = pairs.iter().map(|p| p.tokens.len()).collect();
        let mut attention = PackedAttention::new(self.decoder.config(), self.decoder.frequencies(), &lengths);
        let linear = Trainable {
            adapters: &self.adapters,
            decoder: &self.decoder,
            scales: self.adapters.scales(&rows),
        };
        let loss = self
            .decoder
            .forward(&tokens, &linear, &mut attention)
            .and_then(|h| h.index_select(&Tensor::new(positions, h.device())?, 0))
            .and_then(|h| cross_entropy(&self.decoder, &h, &targets, &weights))
            .map_err(engine)?;
        let mut sums = vec![0f64; names];
        for (nll, owner) in loss.rows.iter().zip(&owners) {
            sums[*owner] += f64::from(*nll);
        }
        let means = sums.iter().zip(&counts).map(|(s, n)| (*n > 0).then(|| s / *n as f64)).collect();
        Ok((loss, means))
    }
}

fn engine(e: candle_core::Error) -> Error {
    Error::cannot_run("the training engine failed").because(e)
}

/// Norm of all gradients; an A or B without one is an error, for the optimizer would skip it in silence.
/// (With B = 0 the gradient of A is zero at the first step, but it is there.)
fn norm(gradients: &GradStore, vars: &[candle_core::Var], step: usize) -> Result<f64> {
    let mut sum = 0f64;
    for var in vars {
        let Some(gradient) = gradients.get(var) else {
            return Err(Error::cannot_run(
                "a factor of an adapter got no gradient: this is a bug of the engine",
            ));
        };
        let square =
            gradient.sqr().and_then(|g| g.sum_all()).and_then(|s| s.to_scalar::<f32>()).map_err(engine)?;
        if step > 0 && square == 0.0 {
            return Err(Error::cannot_run("the gradient of a factor is zero: this is a bug of the engine"));
        }
        sum += f64::from(square);
    }
    if !sum.is_finite() {
        return Err(Error::cannot_run(format!("the gradient of step {} is not a number", step + 1))
            .help("lower the learning rate"));
    }
    Ok(sum.sqrt())
}
