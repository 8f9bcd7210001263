//! The trainable factors of several adapters, stacked along their ranks.

use super::linear::lora_linear;
use crate::error::{Error, Result};
use crate::model::{Decoder, Group, Module, Project, host};
use crate::seed::Seed;
use candle_core::{Device, Tensor, Var};
use rand::distr::{Distribution, Uniform};
use std::sync::Arc;

/// Rank and scale of every adapter of a training.
#[derive(Debug, Clone, Copy)]
pub struct LoraShape {
    /// Rank of each adapter.
    pub r: usize,
    /// α; the scale is α/r.
    pub alpha: f64,
}

/// Factors A and B of all seven modules of all layers, for several adapters side by side.
pub struct TrainableAdapters {
    names: Vec<String>,
    shape: LoraShape,
    /// `[layer][module]`: A `(adapters·r, k)`, B `(n, adapters·r)`.
    factors: Vec<Vec<(Var, Var)>>,
}

impl TrainableAdapters {
    /// A uniform in ±1/√k (PEFT's default, Kaiming with a = √5), B zero.
    ///
    /// # Errors
    /// When memory runs out.
    pub fn new(decoder: &Decoder, names: &[String], shape: LoraShape, seed: Seed) -> Result<Self> {
        let config = decoder.config();
        let ranks = names.len() * shape.r;
        let engine =
            |e: candle_core::Error| Error::cannot_run("trainable factors could not be made").because(e);
        let mut factors = Vec::with_capacity(config.layers);
        for layer in 0..config.layers {
            let mut of_layer = Vec::with_capacity(Module::ALL.len());
            for module in Module::ALL {
                let (n, k) = module.shape(config);
                let bound = 1.0 / (k as f32).sqrt();
                let mut a = Vec::with_capacity(ranks * k);
                for name in names {
                    let mut rng = seed.child(&format!("{name}/{}", module.full_path(layer))).rng();
                    let uniform = Uniform::new(-bound, bound)
                        .map_err(|e| Error::cannot_run("an input size of zero").because(e))?;
                    a.extend((0..shape.r * k).map(|_| uniform.sample(&mut rng)));
                }
                let a = host::tensor(a, (ranks, k))
                    .and_then(|t| Var::from_tensor(&t.to_device(decoder.device())?));
                let b = Var::zeros((n, ranks), candle_core::DType::F32, decoder.device());
                of_layer.push((a.map_err(engine)?, b.map_err(engine)?));
            }
            factors.push(of_layer);
        }
        Ok(Self { names: names.to_vec(), shape, factors })
    }

    /// The adapters' names, in the order of their ranks.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Rank and α.
    pub fn shape(&self) -> LoraShape {
        self.shape
    }

    /// All A and B.
    pub fn vars(&self) -> Vec<Var> {
        self.factors.iter().flatten().flat_map(|(a, b)| [a.clone(), b.clone()]).collect()
    }

    /// One adapter's A `(r, k)` and B `(n, r)` of a module, on the CPU.
    ///
    /// # Errors
    /// When the device fails.
    pub fn pair(
        &self,
        adapter: usize,
        layer: usize,
        module: Module,
    ) -> candle_core::Result<(Tensor, Tensor)> {
        let (a, b) = &self.factors[layer][module.index()];
        let (start, r) = (adapter * self.shape.r, self.shape.r);
        let cpu = |t: Tensor| t.contiguous()?.to_device(&Device::Cpu);
        Ok((cpu(a.narrow(0, start, r)?)?, cpu(b.narrow(1, start, r)?)?))
    }

    /// S for rows that each belong to one adapter: `scale` in that adapter's columns, zero elsewhere.
    pub(crate) fn scales(&self, row_adapter: &[usize]) -> Arc<Vec<f32>> {
        let (r, ranks) = (self.shape.r, self.names.len() * self.shape.r);
        let scale = (self.shape.alpha / r as f64) as f32;
        let mut scales = vec![0f32; row_adapter.len() * ranks];
        for (row, adapter) in row_adapter.iter().enumerate() {
            scales[row * ranks + adapter * r..][..r].fill(scale);
        }
        Arc::new(scales)
    }
}

/// Applies trainable factors in a forward pass.
pub(crate) struct Trainable<'a> {
    pub adapters: &'a TrainableAdapters,
    pub decoder: &'a Arc<Decoder>,
    pub scales: Arc<Vec<f32>>,
}

impl Project for Trainable<'_> {
    fn project(
        &self,
        _: &Decoder,
        layer: usize,
        group: Group,
        x: &Tensor,
    ) -> candle_core::Result<Vec<Tensor>> {
        group
            .modules()
            .iter()
            .map(|module| {
                let (a, b) = &self.adapters.factors[layer][module.index()];
                lora_linear(self.decoder, layer, *module, x, a, b, &self.scales)
            })
            .collect()
    }
}
