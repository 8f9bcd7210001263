//! A frozen linear module with trainable LoRA factors, as one operation with its own gradient.
//!
//! candle's own product would compute and keep a gradient of the frozen weight too; here the operation keeps
//! only its inputs, and the small product `X·Aᵀ` is computed again in the backward pass. The factors of several adapters are stacked,
//! and each row is multiplied with its own adapter's block alone.

use super::dropout::Dropout;
use super::frozen;
use super::rows::AdapterRows;
use crate::model::kernel::{Extra, Job, Operand, Packed, Precision, matmul};
use crate::model::{Decoder, Module, host};
use candle_core::{CpuStorage, CustomOp1, CustomOp3, Layout, Result, Shape, Tensor};
use std::sync::Arc;

/// A module of the frozen base.
#[derive(Clone)]
pub(crate) struct Place {
    pub decoder: Arc<Decoder>,
    pub layer: usize,
    pub module: Module,
}

/// `y = x·Wᵀ + ((d(x)·Aᵀ) ⊙ S)·Bᵀ` with x `(rows, k)`, A `(ranks, k)`, B `(n, ranks)`, S `(rows, ranks)` and dropout d.
pub(crate) fn lora_linear(
    place: Place,
    x: &Tensor,
    a: &Tensor,
    b: &Tensor,
    rows: &Arc<AdapterRows>,
    dropout: Option<Dropout>,
) -> Result<Tensor> {
    let frozen = place.decoder.module(place.layer, place.module);
    if frozen.packed().is_some() {
        let op = Op { place: place.clone(), rows: rows.clone(), dropout };
        return x.contiguous()?.apply_op3(a, b, op);
    }
    let s = host::tensor(rows.mask(), (x.dim(0)?, a.dim(0)?))?.to_device(x.device())?;
    let Some(w) = frozen.dense() else { candle_core::bail!("a weight is neither packed nor dense") };
    let base = frozen::product(x, w)?.to_dtype(x.dtype())?;
    let kept = match dropout {
        Some(dropout) => {
            let mut mask = vec![1f32; x.elem_count()];
            dropout.apply(&mut mask);
            (x * host::tensor(mask, x.shape())?.to_device(x.device())?)?
        }
        None => x.clone(),
    };
    base + (kept.matmul(&a.t()?)? * s)?.matmul(&b.t()?)?
}

/// `y = x·Wᵀ` of a module without factors.
pub(crate) fn frozen_linear(place: Place, x: &Tensor) -> Result<Tensor> {
    let frozen = place.decoder.module(place.layer, place.module);
    if frozen.packed().is_some() {
        return x.contiguous()?.apply_op1(place);
    }
    let Some(w) = frozen.dense() else { candle_core::bail!("a weight is neither packed nor dense") };
    frozen::product(x, w)?.to_dtype(x.dtype())
}

const NOT_PACKED: &str = "a linear module needs packed weights";

impl Place {
    fn forward(&self) -> Result<&Packed> {
        let packed = self.decoder.module(self.layer, self.module).packed();
        packed.ok_or_else(|| candle_core::Error::Msg(NOT_PACKED.to_owned()))
    }

    fn backward(&self) -> Result<&Packed> {
        let packed = self.decoder.module(self.layer, self.module).packed_backward();
        packed.ok_or_else(|| candle_core::Error::Msg(NOT_PACKED.to_owned()))
    }
}

impl CustomOp1 for Place {
    fn name(&self) -> &'static str {
        "frozen-linear"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let weight = self.forward()?;
        let (rows, k) = layout.shape().dims2()?;
        let x = Operand::new(host::slice(storage, layout)?, rows, k, weight.precision());
        let n = self.decoder.module(self.layer, self.module).n();
        let mut out = vec![0f32; rows * n];
        matmul(&mut [Job { x: &x, weight, extra: None, out: &mut out }]);
        Ok((CpuStorage::F32(out), (rows, n).into()))
    }

    fn bwd(&self, x: &Tensor, _res: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let weight = self.backward()?;
        let ((rows, k), n) = (x.dims2()?, grad.dim(1)?);
        let mut dx = vec![0f32; rows * k];
        host::with_slice(grad, |g| {
            let g = Operand::new(g, rows, n, weight.precision());
            matmul(&mut [Job { x: &g, weight, extra: None, out: &mut dx }]);
            Ok(())
        })?;
        host::tensor(dx, (rows, k)).map(Some)
    }
}

struct Op {
    place: Place,
    rows: Arc<AdapterRows>,
    dropout: Option<Dropout>,
}

impl Op {
    /// The rows of each run, rounded for the product.
    fn operands<'a>(&self, values: &'a [f32], width: usize, precision: Precision) -> Vec<Operand<'a>> {
        let parts = self.rows.parts(values, width).into_iter();
        parts.map(|part| Operand::new(part, part.len() / width, width, precision)).collect()
    }

    /// `scale·(x·Fᵀ)` with the thin factor of each run's adapter; `(rows, r)`.
    fn thin(&self, x: &[Operand<'_>], factors: &[Packed]) -> Vec<f32> {
        let r = self.rows.r;
        let mut u = vec![0f32; self.rows.count() * r];
        let outs = self.rows.parts_mut(&mut u, r);
        let all = x.iter().zip(factors).zip(outs);
        let mut jobs: Vec<Job<'_>> =
            all.map(|((x, weight), out)| Job { x, weight, extra: None, out }).collect();
        matmul(&mut jobs);
        u.iter_mut().for_each(|u| *u *= self.rows.scale);
        u
    }

    /// `x·Wᵀ + u·Bᵀ` with the thin factor of each run's adapter.
    fn wide(&self, x: &[Operand<'_>], weight: &Packed, u: &[Operand<'_>], factors: &[Packed]) -> Vec<f32> {
        let mut y = vec![0f32; self.rows.count() * weight.n()];
        let outs = self.rows.parts_mut(&mut y, weight.n());
        let extras = u.iter().zip(factors).map(|(u, b)| Extra { u, b });
        let all = x.iter().zip(extras).zip(outs);
        let mut jobs: Vec<Job<'_>> =
            all.map(|((x, extra), out)| Job { x, weight, extra: Some(extra), out }).collect();
        matmul(&mut jobs);
        y
    }

    /// One packed factor for each run, of its adapter.
    fn packed(&self, pack: impl Fn(usize) -> Packed) -> Vec<Packed> {
        self.rows.runs.iter().map(|run| pack(run.adapter)).collect()
    }

    /// What the factors see of the input.
    fn kept(&self, x: &[f32]) -> Option<Vec<f32>> {
        self.dropout.map(|dropout| {
            let mut kept = x.to_vec();
            dropout.apply(&mut kept);
            kept
        })
    }

    /// Gradients of the stacked factors: `Vᵀ·X` for A, `Gᵀ·U` for B, each run to its adapter's block.
    fn of_factors(&self, x: &Tensor, grad: &Tensor, u: &[f32], v: &[f32]) -> Result<(Tensor, Tensor)> {
        let (r, adapters) = (self.rows.r, self.rows.adapters);
        let (k, n) = (x.dim(1)?, grad.dim(1)?);
        let (mut da, mut db) = (vec![0f32; adapters * r * k], vec![0f32; n * adapters * r]);
        let thin = self.rows.parts(u, r).into_iter().zip(self.rows.parts(v, r));
        for (run, (u, v)) in self.rows.runs.iter().zip(thin) {
            let (start, rows) = (run.rows.start, run.rows.len());
            let turned = |thin: &[f32]| host::tensor(thin.to_vec(), (rows, r))?.t();
            host::with_slice(&turned(v)?.matmul(&x.narrow(0, start, rows)?)?, |own| {
                let to = &mut da[run.adapter * r * k..][..r * k];
                to.iter_mut().zip(own).for_each(|(to, own)| *to += own);
                Ok(())
            })?;
            host::with_slice(&turned(u)?.matmul(&grad.narrow(0, start, rows)?)?, |own| {
                for (i, row) in own.chunks_exact(n).enumerate() {
                    let to = db.iter_mut().skip(run.adapter * r + i).step_by(adapters * r);
                    to.zip(row).for_each(|(to, own)| *to += own);
                }
                Ok(())
            })?;
        }
        Ok((host::tensor(da, (adapters * r, k))?, host::tensor(db, (n, adapters * r))?))
    }
}

impl CustomOp3 for Op {
    fn name(&self) -> &'static str {
        "lora-linear"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
        s3: &CpuStorage,
        l3: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        let weight = self.place.forward()?;
        let (values, a, b) = (host::slice(s1, l1)?, host::slice(s2, l2)?, host::slice(s3, l3)?);
        let (rows, k) = l1.shape().dims2()?;
        let (n, r, precision) = (weight.n(), self.rows.r, weight.precision());
        let x = self.operands(values, k, precision);
        let factors = self.packed(|i| Packed::new(self.rows.block_of_a(a, i), r, k, precision));
        let u = match self.kept(values) {
            Some(kept) => self.thin(&self.operands(&kept, k, precision), &factors),
            None => self.thin(&x, &factors),
        };
        let factors = self.packed(|i| Packed::new(&self.rows.block_of_b(b, i), n, r, precision));
        let y = self.wide(&x, weight, &self.operands(&u, r, precision), &factors);
        Ok((CpuStorage::F32(y), (rows, n).into()))
    }

    fn bwd(
        &self,
        x: &Tensor,
        a: &Tensor,
        b: &Tensor,
        _res: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let weight = self.place.backward()?;
        let ((rows, k), n) = (x.dims2()?, grad.dim(1)?);
        let (r, precision) = (self.rows.r, weight.precision());
        let a = host::with_slice(a, |a| Ok(a.to_vec()))?;
        let b = host::with_slice(b, |b| Ok(b.to_vec()))?;
        let (x, grad) = (x.contiguous()?, grad.contiguous()?);
        // v = (G·B) ⊙ S, then dX = G·W + d'(v·A), in one product where nothing is dropped.
        let (v, dx) = host::with_slice(&grad, |g| {
            let g = self.operands(g, n, precision);
            let factors =
                self.packed(|i| Packed::new_transposed(&self.rows.block_of_b(&b, i), r, n, precision));
            let v = self.thin(&g, &factors);
            let v_rows = self.operands(&v, r, precision);
            let factors =
                self.packed(|i| Packed::new_transposed(self.rows.block_of_a(&a, i), k, r, precision));
            let dx = match self.dropout {
                None => self.wide(&g, weight, &v_rows, &factors),
                Some(dropout) => {
                    let mut dx = vec![0f32; rows * k];
                    let mut through = vec![0f32; rows * k];
                    let mut jobs: Vec<Job<'_>> = g
                        .iter()
                        .zip(self.rows.parts_mut(&mut dx, k))
                        .map(|(x, out)| Job { x, weight, extra: None, out })
                        .collect();
                    let thin = v_rows.iter().zip(&factors).zip(self.rows.parts_mut(&mut through, k));
                    jobs.extend(thin.map(|((x, weight), out)| Job { x, weight, extra: None, out }));
                    matmul(&mut jobs);
                    dropout.apply(&mut through);
                    dx.iter_mut().zip(&through).for_each(|(dx, d)| *dx += d);
                    dx
                }
            };
            drop(v_rows);
            Ok((v, dx))
        })?;
        let kept = match host::with_slice(&x, |x| Ok(self.kept(x)))? {
            Some(kept) => host::tensor(kept, (rows, k))?,
            None => x,
        };
        let u = host::with_slice(&kept, |x| {
            let factors = self.packed(|i| Packed::new(self.rows.block_of_a(&a, i), r, k, precision));
            Ok(self.thin(&self.operands(x, k, precision), &factors))
        })?;
        let (da, db) = self.of_factors(&kept, &grad, &u, &v)?;
        Ok((Some(host::tensor(dx, (rows, k))?), Some(da), Some(db)))
    }
}
