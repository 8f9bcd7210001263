//! Several adapters stacked along their ranks: any mix of blends runs in one batch.
//!
//! `Y = X·Wᵀ + ((X·A_catᵀ) ⊙ S)·B_catᵀ`, where `S[row, block i] = w_row,i · s_i`. Exact for every row: the
//! concatenation has no cross terms between adapters, and a zero row adds exactly zero.

use super::lora::Adapter;
use crate::model::frozen::{Frozen, Layout};
use crate::model::host;
use crate::model::kernel::{Extra, Job, Operand, Packed, Precision, matmul};
use crate::model::{Group, ModelConfig, Module};
use candle_core::{Device, Result, Tensor};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The weights of a batch: one row for each token, one column for each adapter of the stack.
#[derive(Debug, Clone, Default)]
pub struct RowWeights {
    /// `rows × adapters`, row-major.
    pub values: Vec<f32>,
    /// Adapters.
    pub adapters: usize,
}

/// Adapters whose ranks are concatenated, ready to be applied.
pub struct Stack {
    adapters: Vec<Arc<Adapter>>,
    groups: Vec<[Option<StackedGroup>; 4]>,
}

/// The adapters of the modules of one group in one layer.
struct StackedGroup {
    modules: Vec<StackedModule>,
    a: Factor,
    ranks: usize,
}

struct StackedModule {
    /// Columns of this module in the group's `X·Aᵀ`.
    start: usize,
    ranks: usize,
    blocks: Vec<Block>,
    b: Factor,
}

/// The columns of one adapter.
struct Block {
    adapter: usize,
    start: usize,
    r: usize,
    scale: f32,
}

enum Factor {
    Packed(Packed),
    Dense(Tensor),
}

impl Factor {
    fn new(values: Vec<f32>, n: usize, k: usize, layout: Layout, device: &Device) -> Result<Self> {
        Ok(match layout {
            Layout::Packed(precision) => Factor::Packed(Packed::new(&values, n, k, precision)),
            Layout::Dense(dtype) => {
                Factor::Dense(host::tensor(values, (n, k))?.to_dtype(dtype)?.to_device(device)?)
            }
        })
    }
}

impl Stack {
    /// Stacks the adapters in the order given.
    ///
    /// # Errors
    /// When the device is out of memory.
    pub fn new(
        adapters: &[Arc<Adapter>],
        config: &ModelConfig,
        layout: Layout,
        device: &Device,
    ) -> Result<Self> {
        let mut groups = Vec::with_capacity(config.layers);
        for layer in 0..config.layers {
            let mut of_layer = [None, None, None, None];
            for (slot, group) in of_layer.iter_mut().zip(Group::ALL) {
                *slot = StackedGroup::new(adapters, config, layer, group, layout, device)?;
            }
            groups.push(of_layer);
        }
        Ok(Self { adapters: adapters.to_vec(), groups })
    }

    /// The stacked adapters.
    pub fn adapters(&self) -> &[Arc<Adapter>] {
        &self.adapters
    }

    /// Base and adapters of one group of modules for `x` of `(rows, k)`: one `(rows, n)` for each module.
    ///
    /// # Errors
    /// When shapes do not fit.
    pub(crate) fn project(
        &self,
        base: &[&Frozen],
        layer: usize,
        group: Group,
        x: &Tensor,
        weights: &RowWeights,
    ) -> Result<Vec<Tensor>> {
        let stacked = self.groups[layer][group as usize].as_ref();
        let Some(stacked) = stacked.filter(|_| weights.values.iter().any(|w| *w != 0.0)) else {
            return project_base(base, x);
        };
        match &stacked.a {
            Factor::Packed(a) => stacked.project_packed(base, a, x, weights),
            Factor::Dense(a) => stacked.project_dense(base, a, x, weights),
        }
    }
}

/// The base alone, modules of one input together.
pub(crate) fn project_base(base: &[&Frozen], x: &Tensor) -> Result<Vec<Tensor>> {
    let packed: Option<Vec<&Packed>> = base.iter().map(|f| f.packed()).collect();
    match packed {
        Some(packed) => run_packed(&packed, x, |_, _, _| Vec::new()),
        None => base.iter().map(|f| f.forward(x)).collect(),
    }
}

/// Runs all packed weights over one rounded copy of `x`; `thin` gives each its adapters' second product.
fn run_packed<'a>(
    packed: &[&'a Packed],
    x: &Tensor,
    thin: impl FnOnce(&Operand<'_>, usize, Precision) -> Vec<Option<(Operand<'static>, &'a Packed)>>,
) -> Result<Vec<Tensor>> {
    let rows = x.dim(0)?;
    let precision = packed[0].precision();
    let mut outs: Vec<Vec<f32>> = packed.iter().map(|w| vec![0f32; rows * w.n()]).collect();
    host::with_slice(x, |x| {
        let x = Operand::new(x, rows, packed[0].k(), precision);
        let extras = thin(&x, rows, precision);
        let mut jobs: Vec<Job<'_>> = outs
            .iter_mut()
            .zip(packed)
            .enumerate()
            .map(|(i, (out, weight))| Job {
                x: &x,
                weight,
                extra: extras.get(i).and_then(Option::as_ref).map(|(u, b)| Extra { u, b }),
                out,
            })
            .collect();
        matmul(&mut jobs);
        Ok(())
    })?;
    outs.into_iter().zip(packed).map(|(out, w)| host::tensor(out, (rows, w.n()))).collect()
}

impl StackedGroup {
    fn new(
        adapters: &[Arc<Adapter>],
        config: &ModelConfig,
        layer: usize,
        group: Group,
        layout: Layout,
        device: &Device,
    ) -> Result<Option<Self>> {
        let mut a_rows: Vec<f32> = Vec::new();
        let mut modules = Vec::new();
        let mut start = 0;
        let k = group.modules()[0].shape(config).1;
        for module in group.modules() {
            let module =
                StackedModule::new(adapters, config, layer, *module, start, &mut a_rows, layout, device)?;
            start += module.ranks;
            modules.push(module);
        }
        if start == 0 {
            return Ok(None);
        }
        Ok(Some(Self { modules, a: Factor::new(a_rows, start, k, layout, device)?, ranks: start }))
    }

    fn project_packed(
        &self,
        base: &[&Frozen],
        a: &Packed,
        x: &Tensor,
        weights: &RowWeights,
    ) -> Result<Vec<Tensor>> {
        let Some(packed) = base.iter().map(|f| f.packed()).collect::<Option<Vec<&Packed>>>() else {
            candle_core::bail!("the adapters are packed and the base is not");
        };
        run_packed(&packed, x, |x, rows, precision| {
            let mut u = vec![0f32; rows * self.ranks];
            matmul(&mut [Job { x, weight: a, extra: None, out: &mut u }]);
            self.modules
                .iter()
                .map(|module| {
                    let Factor::Packed(b) = &module.b else { return None };
                    if module.ranks == 0 {
                        return None;
                    }
                    let mut scaled = vec![0f32; rows * module.ranks];
                    for row in 0..rows {
                        let from = &u[row * self.ranks + module.start..][..module.ranks];
                        let to = &mut scaled[row * module.ranks..][..module.ranks];
                        let w = &weights.values[row * weights.adapters..][..weights.adapters];
                        for block in &module.blocks {
                            let factor = w[block.adapter] * block.scale;
                            for i in block.start..block.start + block.r {
                                to[i] = from[i] * factor;
                            }
                        }
                    }
                    Some((Operand::owned(scaled, rows, module.ranks, precision), b))
                })
                .collect()
        })
    }

    fn project_dense(
        &self,
        base: &[&Frozen],
        a: &Tensor,
        x: &Tensor,
        weights: &RowWeights,
    ) -> Result<Vec<Tensor>> {
        let rows = x.dim(0)?;
        let u = x.to_dtype(a.dtype())?.matmul(&a.t()?)?;
        base.iter()
            .zip(&self.modules)
            .map(|(frozen, module)| {
                let y = frozen.forward(x)?;
                let Factor::Dense(b) = &module.b else {
                    candle_core::bail!("base and adapters differ in layout")
                };
                if module.ranks == 0 {
                    return Ok(y);
                }
                let scales = host::tensor(module.scales(rows, weights), (rows, module.ranks))?;
                let scales = scales.to_dtype(a.dtype())?.to_device(x.device())?;
                let thin = (u.narrow(1, module.start, module.ranks)? * scales)?.matmul(&b.t()?)?;
                y + thin.to_dtype(x.dtype())?
            })
            .collect()
    }
}

impl StackedModule {
    #[expect(clippy::too_many_arguments, reason = "one call, from the group that owns all of them")]
    fn new(
        adapters: &[Arc<Adapter>],
        config: &ModelConfig,
        layer: usize,
        module: Module,
        start: usize,
        a_rows: &mut Vec<f32>,
        layout: Layout,
        device: &Device,
    ) -> Result<Self> {
        let (n, k) = module.shape(config);
        let mut blocks = Vec::new();
        let mut ranks = 0;
        for (index, adapter) in adapters.iter().enumerate() {
            let Some(pair) = adapter.pairs.get(&(layer, module)) else { continue };
            blocks.push((Block { adapter: index, start: ranks, r: pair.r, scale: pair.scale }, pair));
            a_rows.extend_from_slice(&pair.a);
            ranks += pair.r;
            if ranks % 2 == 1 {
                // An even start keeps each adapter's bf16 pairs, and so its rounding, the same in every stack.
                a_rows.extend(std::iter::repeat_n(0f32, k));
                ranks += 1;
            }
        }
        let mut b = vec![0f32; n * ranks];
        for (block, pair) in &blocks {
            for row in 0..n {
                b[row * ranks + block.start..][..block.r].copy_from_slice(&pair.b[row * pair.r..][..pair.r]);
            }
        }
        let blocks = blocks.into_iter().map(|(block, _)| block).collect();
        Ok(Self { start, ranks, blocks, b: Factor::new(b, n, ranks, layout, device)? })
    }

    /// S for this module, `rows × ranks`.
    fn scales(&self, rows: usize, weights: &RowWeights) -> Vec<f32> {
        let mut scales = vec![0f32; rows * self.ranks];
        for (row, out) in scales.chunks_exact_mut(self.ranks.max(1)).enumerate() {
            for block in &self.blocks {
                out[block.start..][..block.r]
                    .fill(weights.values[row * weights.adapters + block.adapter] * block.scale);
            }
        }
        scales
    }
}

/// Stacks made so far, by the adapters in them: only the active ones of a batch are stacked.
#[derive(Default)]
pub(crate) struct StackCache {
    made: Mutex<HashMap<Vec<String>, Arc<Stack>>>,
}

impl StackCache {
    /// The stack of these adapters, made at first use.
    pub(crate) fn get(
        &self,
        adapters: &[Arc<Adapter>],
        config: &ModelConfig,
        layout: Layout,
        device: &Device,
    ) -> Result<Arc<Stack>> {
        let key: Vec<String> = adapters.iter().map(|a| format!("{}:{}", a.name, a.sha256)).collect();
        let mut made = self.made.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(stack) = made.get(&key) {
            return Ok(stack.clone());
        }
        let stack = Arc::new(Stack::new(adapters, config, layout, device)?);
        made.insert(key, stack.clone());
        Ok(stack)
    }
}
