//! The decoder of the Llama family: one forward pass for inference and training.
//!
//! What differs between the two is passed in: how the linear modules are computed ([`Project`]: base alone,
//! blended adapters, trainable adapters) and how tokens attend ([`Attend`]: over caches, within packed segments).

use super::adapter::{RowWeights, Stack, project_base};
use super::attention::CachedAttention;
use super::config::ModelConfig;
use super::frozen::{Frozen, Layout};
use super::kv_cache::{KvCache, Segment};
use super::modules::{Group, Module};
use super::ops;
use super::weights::Weights;
use crate::error::{Error, Result};
use crate::model::adapter::Adapter;
use crate::pool;
use candle_core::{Device, Tensor};
use std::sync::Arc;

/// A loaded base model.
pub struct Decoder {
    config: ModelConfig,
    layout: Layout,
    device: Device,
    embedding: Arc<Frozen>,
    head: Arc<Frozen>,
    final_norm: Tensor,
    layers: Vec<Layer>,
    frequencies: Vec<f32>,
}

struct Layer {
    attention_norm: Tensor,
    feed_norm: Tensor,
    modules: Vec<Frozen>,
    /// `(n)` for each module that has one.
    biases: Vec<Option<Tensor>>,
}

/// How the linear modules of a group are computed.
pub(crate) trait Project {
    /// `x` is `(rows, k)`; one `(rows, n)` for each module of the group.
    fn project(
        &self,
        decoder: &Decoder,
        layer: usize,
        group: Group,
        x: &Tensor,
    ) -> candle_core::Result<Vec<Tensor>>;
}

/// How tokens attend to each other.
pub(crate) trait Attend {
    /// q `(rows, heads·d)`, k and v `(rows, kv heads·d)` before rope; `(rows, heads·d)`.
    fn attend(&mut self, layer: usize, q: &Tensor, k: &Tensor, v: &Tensor) -> candle_core::Result<Tensor>;
}

impl Attend for CachedAttention<'_, '_> {
    fn attend(&mut self, layer: usize, q: &Tensor, k: &Tensor, v: &Tensor) -> candle_core::Result<Tensor> {
        CachedAttention::attend(self, layer, q, k, v)
    }
}

/// Base and blended adapters, each row with its own weights.
struct Blended<'a> {
    adapters: Option<(&'a Stack, &'a RowWeights)>,
}

impl Project for Blended<'_> {
    fn project(
        &self,
        decoder: &Decoder,
        layer: usize,
        group: Group,
        x: &Tensor,
    ) -> candle_core::Result<Vec<Tensor>> {
        decoder.linear(layer, group, x, self.adapters)
    }
}

/// An adapter and the weight with which it is added into the base's own weights.
pub type Merge<'a> = (&'a Adapter, f32);

impl Decoder {
    /// Builds the decoder; `merged` adapters are added into the weights as they are read.
    ///
    /// # Errors
    /// When a tensor is missing or of another shape, or memory runs out.
    pub fn load(
        weights: &mut Weights,
        config: ModelConfig,
        layout: Layout,
        device: &Device,
        merged: &[Merge<'_>],
    ) -> Result<Self> {
        let engine = |e: candle_core::Error| Error::cannot_run("the model could not be set up").because(e);
        let freeze = |w: &Tensor| Frozen::new(w, layout, device).map(Arc::new).map_err(engine);
        let name = "model.embed_tokens.weight";
        let table = weights.get(name, &[config.vocab, config.hidden], &config)?;
        let embedding = freeze(&table)?;
        let head = if config.tied {
            embedding.clone()
        } else {
            freeze(&weights.get("lm_head.weight", &[config.vocab, config.hidden], &config)?)?
        };
        drop(table);
        let vector = |weights: &mut Weights, name: &str, n: usize| -> Result<Tensor> {
            weights.get(name, &[n], &config)?.to_device(device).map_err(engine)
        };
        let mut layers = Vec::with_capacity(config.layers);
        for i in 0..config.layers {
            let mut modules = Vec::with_capacity(Module::ALL.len());
            let mut biases = Vec::with_capacity(Module::ALL.len());
            for module in Module::ALL {
                let (n, k) = module.shape(&config);
                let path = module.full_path(i);
                let mut w = weights.get(&format!("{path}.weight"), &[n, k], &config)?;
                for (adapter, weight) in merged {
                    if let Some(delta) = adapter.delta(i, module, &config) {
                        let delta = super::host::tensor(delta, (n, k)).map_err(engine)?;
                        w = (delta * f64::from(*weight)).and_then(|d| w + d).map_err(engine)?;
                    }
                }
                modules.push(Frozen::new(&w, layout, device).map_err(engine)?);
                let bias = module.has_bias(&config).then(|| vector(weights, &format!("{path}.bias"), n));
                biases.push(bias.transpose()?);
            }
            let mut norm =
                |name: &str| vector(weights, &format!("model.layers.{i}.{name}.weight"), config.hidden);
            layers.push(Layer {
                attention_norm: norm("input_layernorm")?,
                feed_norm: norm("post_attention_layernorm")?,
                modules,
                biases,
            });
        }
        let final_norm = vector(weights, "model.norm.weight", config.hidden)?;
        let frequencies = config.rope_frequencies();
        let device = device.clone();
        Ok(Self { config, layout, device, embedding, head, final_norm, layers, frequencies })
    }

    /// The model's shape.
    pub fn config(&self) -> &ModelConfig {
        &self.config
    }

    /// How its linear modules compute.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Where it runs.
    pub fn device(&self) -> &Device {
        &self.device
    }

    /// The output head `(vocab, hidden)`.
    pub(crate) fn head(&self) -> &Frozen {
        &self.head
    }

    /// Rope's frequencies, `head_dim / 2`.
    pub(crate) fn frequencies(&self) -> &[f32] {
        &self.frequencies
    }

    /// A module's frozen weight.
    pub(crate) fn module(&self, layer: usize, module: Module) -> &Frozen {
        &self.layers[layer].modules[module.index()]
    }

    /// An empty cache for one sequence.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn cache(&self, capacity: usize) -> candle_core::Result<KvCache> {
        KvCache::new(&self.config, capacity, &self.device)
    }

    /// Feeds the segments' tokens; the hidden states after the last norm, `(tokens of all segments, hidden)`.
    ///
    /// # Errors
    /// When a token is outside the vocabulary or a segment does not fit its cache.
    pub fn hidden(
        &self,
        segments: &mut [Segment<'_>],
        adapters: Option<(&Stack, &RowWeights)>,
    ) -> candle_core::Result<Tensor> {
        let tokens: Vec<u32> = segments.iter().flat_map(|s| s.tokens.iter().copied()).collect();
        let mut attention = CachedAttention::new(&self.config, &self.frequencies, segments)?;
        let hidden = pool::run(|| self.forward(&tokens, &Blended { adapters }, &mut attention))?;
        attention.finish();
        Ok(hidden)
    }

    /// Logits `(rows, vocab)` of hidden states `(rows, hidden)`, f32.
    ///
    /// # Errors
    /// When shapes do not fit.
    pub fn logits(&self, hidden: &Tensor) -> candle_core::Result<Tensor> {
        pool::run(|| self.head.forward(hidden))
    }

    /// The products of one group for `x` of `(rows, k)`: base and, where given, blended adapters; no biases.
    ///
    /// # Errors
    /// When shapes do not fit.
    pub fn linear(
        &self,
        layer: usize,
        group: Group,
        x: &Tensor,
        adapters: Option<(&Stack, &RowWeights)>,
    ) -> candle_core::Result<Vec<Tensor>> {
        let base: Vec<&Frozen> = group.modules().iter().map(|m| self.module(layer, *m)).collect();
        match adapters {
            Some((stack, weights)) => stack.project(&base, layer, group, x, weights),
            None => project_base(&base, x),
        }
    }

    /// The shared forward pass: hidden states after the last norm.
    pub(crate) fn forward(
        &self,
        tokens: &[u32],
        linear: &dyn Project,
        attention: &mut dyn Attend,
    ) -> candle_core::Result<Tensor> {
        let mut x = self.embed(tokens)?;
        for layer in 0..self.layers.len() {
            x = self.block(layer, x, linear, attention)?;
        }
        self.finish(&x)
    }

    /// The embeddings of tokens `(tokens, hidden)`, where the first block begins.
    pub(crate) fn embed(&self, tokens: &[u32]) -> candle_core::Result<Tensor> {
        self.embedding.rows(tokens)
    }

    /// One block, from and to the residual stream.
    pub(crate) fn block(
        &self,
        index: usize,
        x: Tensor,
        linear: &dyn Project,
        attention: &mut dyn Attend,
    ) -> candle_core::Result<Tensor> {
        let (layer, eps) = (&self.layers[index], self.config.rms_eps);
        let project = |group: Group, x: &Tensor| -> candle_core::Result<Vec<Tensor>> {
            // Here and not in `Project`: a bias is the base's alone, whatever adapters add to the product.
            let biases = group.modules().iter().map(|m| layer.biases[m.index()].as_ref());
            let add = |(y, bias): (Tensor, Option<&Tensor>)| match bias {
                Some(bias) => y.broadcast_add(bias),
                None => Ok(y),
            };
            linear.project(self, index, group, x)?.into_iter().zip(biases).map(add).collect()
        };
        let one = |mut tensors: Vec<Tensor>| tensors.remove(0);
        let h = ops::rms_norm(&x, &layer.attention_norm, eps)?;
        let qkv = project(Group::Attention, &h)?;
        let attended = attention.attend(index, &qkv[0], &qkv[1], &qkv[2])?;
        let x = (x + one(project(Group::Output, &attended)?))?;
        let h = ops::rms_norm(&x, &layer.feed_norm, eps)?;
        let gate_up = project(Group::FeedForward, &h)?;
        let h = ops::swiglu(&gate_up[0], &gate_up[1])?;
        x + one(project(Group::Down, &h)?)
    }

    /// The last norm.
    pub(crate) fn finish(&self, x: &Tensor) -> candle_core::Result<Tensor> {
        ops::rms_norm(x, &self.final_norm, self.config.rms_eps)
    }
}
