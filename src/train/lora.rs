//! The trainable factors of several adapters, stacked along their ranks.

use super::adamw::Blocks;
use super::dropout::Dropout;
use super::linear::{Place, frozen_linear, lora_linear};
use super::rows::AdapterRows;
use crate::curriculum::Training;
use crate::error::{Error, Result};
use crate::model::{Decoder, Group, Module, Project, host};
use crate::seed::Seed;
use candle_core::{DType, Device, Tensor, Var};
use rand::distr::{Distribution, Uniform};
use std::sync::Arc;

/// Rank, scale and place of every adapter of a training.
#[derive(Debug, Clone, PartialEq)]
pub struct LoraShape {
    /// Rank of each adapter.
    pub r: usize,
    /// α.
    pub alpha: f64,
    /// Whether the scale is α/√r instead of α/r.
    pub rslora: bool,
    /// The modules that have factors, in the order of a block.
    pub targets: Vec<Module>,
}

impl LoraShape {
    /// The shape that a configuration asks for.
    pub fn of(training: &Training) -> Self {
        let asked = |m: &Module| training.targets.iter().any(|name| name == m.name());
        Self {
            r: training.rank,
            alpha: training.alpha,
            rslora: training.rslora,
            targets: Module::ALL.into_iter().filter(asked).collect(),
        }
    }

    /// The scale of an adapter's product.
    pub fn scale(&self) -> f64 {
        let r = self.r as f64;
        self.alpha / if self.rslora { r.sqrt() } else { r }
    }
}

/// Factors A and B of the targeted modules of all layers, for several adapters side by side.
pub struct TrainableAdapters {
    names: Vec<String>,
    shape: LoraShape,
    /// `[layer][module]`: A `(adapters·r, k)`, B `(n, adapters·r)`; none where a module is not targeted.
    factors: Vec<Vec<Option<(Var, Var)>>>,
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
                if !shape.targets.contains(&module) {
                    of_layer.push(None);
                    continue;
                }
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
                let b = Var::zeros((n, ranks), DType::F32, decoder.device());
                of_layer.push(Some((a.map_err(engine)?, b.map_err(engine)?)));
            }
            factors.push(of_layer);
        }
        Ok(Self { names: names.to_vec(), shape, factors })
    }

    /// The adapters' names, in the order of their ranks.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Rank, scale and place.
    pub fn shape(&self) -> &LoraShape {
        &self.shape
    }

    /// All A and B, layer by layer, module by module, A before B.
    pub fn vars(&self) -> Vec<Var> {
        self.factors.iter().flatten().flatten().flat_map(|(a, b)| [a.clone(), b.clone()]).collect()
    }

    /// How [`Self::vars`] are called in a checkpoint, and whose numbers they hold.
    pub(crate) fn layout(&self) -> Vec<(String, Blocks)> {
        let r = self.shape.r;
        let mut all = Vec::new();
        for (layer, modules) in self.factors.iter().enumerate() {
            for (module, factors) in Module::ALL.iter().zip(modules) {
                if let Some((a, _)) = factors {
                    let k = a.dims()[1];
                    let name = module.full_path(layer);
                    all.push((format!("{name}.A"), Blocks { block: r * k, is_b: false }));
                    all.push((format!("{name}.B"), Blocks { block: r, is_b: true }));
                }
            }
        }
        all
    }

    /// All factors as plain numbers, in the order of [`Self::vars`].
    pub(crate) fn values(&self) -> candle_core::Result<Vec<Vec<f32>>> {
        self.vars().iter().map(|var| host::to_vec(&var.as_detached_tensor())).collect()
    }

    /// Sets all factors.
    pub(crate) fn set(&self, values: Vec<Vec<f32>>) -> candle_core::Result<()> {
        for (var, values) in self.vars().iter().zip(values) {
            var.set(&host::tensor(values, var.shape())?.to_device(var.device())?)?;
        }
        Ok(())
    }

    /// One adapter's A `(r, k)` and B `(n, r)` of a module, on the CPU; none where the module is not targeted.
    ///
    /// # Errors
    /// When the device fails.
    pub fn pair(
        &self,
        adapter: usize,
        layer: usize,
        module: Module,
    ) -> candle_core::Result<Option<(Tensor, Tensor)>> {
        let Some((a, b)) = &self.factors[layer][module.index()] else { return Ok(None) };
        let (start, r) = (adapter * self.shape.r, self.shape.r);
        // Copies: a step writes into the factors where they lie.
        let cpu = |t: Tensor| t.force_contiguous()?.to_device(&Device::Cpu);
        Ok(Some((cpu(a.narrow(0, start, r)?)?, cpu(b.narrow(1, start, r)?)?)))
    }

    /// Whose rows they are, from the adapter and the number of rows of each example.
    pub(crate) fn rows(&self, examples: impl Iterator<Item = (usize, usize)>) -> Arc<AdapterRows> {
        #[allow(clippy::cast_possible_truncation, reason = "factors are f32")]
        let scale = self.shape.scale() as f32;
        Arc::new(AdapterRows::new(examples, self.names.len(), self.shape.r, scale))
    }
}

/// Applies trainable factors in a forward pass.
pub(crate) struct Trainable<'a> {
    pub adapters: &'a TrainableAdapters,
    pub decoder: &'a Arc<Decoder>,
    /// None is the base alone.
    pub rows: Option<Arc<AdapterRows>>,
    pub dropout: Option<Dropout>,
    /// Whether gradients are wanted; without, nothing is kept for them.
    pub learning: bool,
}

impl Project for Trainable<'_> {
    fn project(
        &self,
        _: &Decoder,
        layer: usize,
        group: Group,
        x: &Tensor,
    ) -> candle_core::Result<Vec<Tensor>> {
        let one = |module: &Module| {
            let place = Place { decoder: self.decoder.clone(), layer, module: *module };
            match (&self.rows, &self.adapters.factors[layer][module.index()]) {
                (Some(rows), Some((a, b))) => {
                    let dropout = self.dropout.map(|d| d.child(&module.full_path(layer)));
                    match self.learning {
                        true => lora_linear(place, x, a, b, rows, dropout),
                        false => {
                            let (a, b) = (a.as_detached_tensor(), b.as_detached_tensor());
                            lora_linear(place, x, &a, &b, rows, dropout)
                        }
                    }
                }
                _ => frozen_linear(place, x),
            }
        };
        group.modules().iter().map(one).collect()
    }
}
