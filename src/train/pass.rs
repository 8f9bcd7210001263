//! One pass over packed examples: losses, and the gradients of all factors.

use super::attention::PackedAttention;
use super::batch::TokenPair;
use super::dropout::Dropout;
use super::lora::{Trainable, TrainableAdapters};
use super::loss::{CHUNK, Loss, cross_entropy, nll};
use crate::model::{Decoder, host};
use candle_core::backprop::GradStore;
use candle_core::{Result, Tensor, Var};
use std::sync::Arc;

/// Examples packed one after another, each a segment of its own with its own positions.
pub(crate) struct Pass<'a> {
    pub decoder: &'a Arc<Decoder>,
    pub adapters: &'a TrainableAdapters,
    pub pairs: &'a [&'a TokenPair],
}

/// The negative log-likelihood of each learned token of each example, in nats.
pub(crate) type Nll = Vec<Vec<f32>>;

impl Pass<'_> {
    /// Gradients of `Σ weight·nll` by all factors, in the order of [`TrainableAdapters::vars`], each learned token having the
    /// weight of its example.
    ///
    /// Blocks are kept for the backward pass, or computed again (`again`; Chen et al. 2016, arXiv 1604.06174).
    pub fn gradients(
        &self,
        weights: &[f32],
        dropout: Option<Dropout>,
        again: bool,
    ) -> Result<(Vec<Vec<f32>>, Nll)> {
        let linear = Trainable { dropout, learning: true, ..self.linear(true) };
        let mut attention = self.attention();
        let mut found = Found::new(self.adapters.vars());
        let mut x = self.decoder.embed(&self.tokens())?;
        let layers = self.decoder.config().layers;
        if !again {
            for layer in 0..layers {
                x = self.decoder.block(layer, x, &linear, &mut attention)?;
            }
            let loss = self.loss(&x, weights)?;
            found.take(&loss.total.backward()?)?;
            return Ok((found.values()?, self.parted(&loss.rows)));
        }
        let mut inputs = Vec::with_capacity(layers);
        for layer in 0..layers {
            inputs.push(x.clone());
            // Detached: what the block kept for its gradient goes at once.
            x = self.decoder.block(layer, x, &linear, &mut attention)?.detach();
        }
        let end = Var::from_tensor(&x)?;
        drop(x);
        let loss = self.loss(&end, weights)?;
        let mut slope = slope(&loss.total.backward()?, &end)?;
        for (layer, input) in inputs.into_iter().enumerate().rev() {
            let input = Var::from_tensor(&input)?;
            let output = self.decoder.block(layer, input.as_tensor().clone(), &linear, &mut attention)?;
            let store = (output * slope)?.sum_all()?.backward()?;
            slope = self::slope(&store, &input)?;
            found.take(&store)?;
        }
        Ok((found.values()?, self.parted(&loss.rows)))
    }

    /// The negative log-likelihoods under base and adapters, or under the base alone.
    pub fn nll(&self, adapted: bool) -> Result<Nll> {
        let mut attention = self.attention();
        let hidden = self.decoder.forward(&self.tokens(), &self.linear(adapted), &mut attention)?;
        let (positions, targets) = self.learned();
        let rows = hidden.index_select(&Tensor::new(positions, hidden.device())?, 0)?;
        Ok(self.parted(&nll(self.decoder, &rows, &targets)?))
    }

    /// Whether each learned token is the one that base and adapters, or the base alone, hold for the likeliest.
    pub fn likeliest(&self, adapted: bool) -> Result<Vec<Vec<bool>>> {
        let mut attention = self.attention();
        let hidden = self.decoder.forward(&self.tokens(), &self.linear(adapted), &mut attention)?;
        let (positions, targets) = self.learned();
        let mut right = Vec::with_capacity(targets.len());
        for (positions, targets) in positions.chunks(CHUNK).zip(targets.chunks(CHUNK)) {
            let rows = hidden.index_select(&Tensor::new(positions, hidden.device())?, 0)?;
            let first: Vec<u32> = self.decoder.logits(&rows)?.argmax(1)?.to_vec1()?;
            right.extend(first.iter().zip(targets).map(|(a, b)| a == b));
        }
        Ok(self.parted(&right))
    }

    fn linear(&self, adapted: bool) -> Trainable<'_> {
        let rows = || self.pairs.iter().map(|p| (p.adapter, p.tokens.len()));
        Trainable {
            adapters: self.adapters,
            decoder: self.decoder,
            rows: adapted.then(|| self.adapters.rows(rows())),
            dropout: None,
            learning: false,
        }
    }

    fn attention(&self) -> PackedAttention {
        let lengths: Vec<usize> = self.pairs.iter().map(|p| p.tokens.len()).collect();
        PackedAttention::new(self.decoder.config(), self.decoder.frequencies(), &lengths)
    }

    fn tokens(&self) -> Vec<u32> {
        self.pairs.iter().flat_map(|p| p.tokens.iter().copied()).collect()
    }

    /// The rows from which tokens are told, and these tokens.
    fn learned(&self) -> (Vec<u32>, Vec<u32>) {
        let (mut positions, mut targets) = (Vec::new(), Vec::new());
        let mut start = 0usize;
        for p in self.pairs {
            for i in p.prompt..p.tokens.len() {
                // A pass has far fewer than four billion rows.
                positions.push((start + i - 1) as u32);
                targets.push(p.tokens[i]);
            }
            start += p.tokens.len();
        }
        (positions, targets)
    }

    fn loss(&self, x: &Tensor, weights: &[f32]) -> Result<Loss> {
        let hidden = self.decoder.finish(x)?;
        let (positions, targets) = self.learned();
        let weights: Vec<f32> =
            self.pairs.iter().zip(weights).flat_map(|(p, w)| vec![*w; p.learned()]).collect();
        let rows = hidden.index_select(&Tensor::new(positions, hidden.device())?, 0)?;
        cross_entropy(self.decoder, &rows, &targets, &weights)
    }

    fn parted<T: Copy>(&self, rows: &[T]) -> Vec<Vec<T>> {
        let mut rest = rows;
        let part = |p: &&TokenPair| {
            let (own, others) = rest.split_at(p.learned());
            rest = others;
            own.to_vec()
        };
        self.pairs.iter().map(part).collect()
    }
}

/// Gradients as they are found.
struct Found {
    vars: Vec<Var>,
    gradients: Vec<Option<Tensor>>,
}

impl Found {
    fn new(vars: Vec<Var>) -> Self {
        Self { gradients: vec![None; vars.len()], vars }
    }

    fn take(&mut self, store: &GradStore) -> Result<()> {
        for (var, gradient) in self.vars.iter().zip(&mut self.gradients) {
            if let Some(new) = store.get(var) {
                *gradient = Some(new.clone());
            }
        }
        Ok(())
    }

    /// A factor without a gradient would be skipped in silence by an optimizer: it is an error here.
    fn values(self) -> Result<Vec<Vec<f32>>> {
        let one = |gradient: &Option<Tensor>| match gradient {
            Some(gradient) => host::to_vec(gradient),
            None => candle_core::bail!("a factor of an adapter got no gradient"),
        };
        self.gradients.iter().map(one).collect()
    }
}

fn slope(store: &GradStore, x: &Var) -> Result<Tensor> {
    match store.get(x) {
        Some(slope) => Ok(slope.clone()),
        None => candle_core::bail!("the input of a block got no gradient"),
    }
}
