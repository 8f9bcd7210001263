//! A frozen linear module with trainable LoRA factors, as one operation with its own gradient.
//!
//! candle's own product would compute and keep a gradient of the frozen weight too; here the operation keeps
//! only its inputs, and the small product `X·Aᵀ` is computed again in the backward pass.

use super::dropout::Dropout;
use crate::model::kernel::{Extra, Job, Operand, Packed, matmul};
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
    scales: &Arc<Vec<f32>>,
    dropout: Option<Dropout>,
) -> Result<Tensor> {
    let frozen = place.decoder.module(place.layer, place.module);
    if frozen.packed().is_some() {
        let op = Op { place: place.clone(), scales: scales.clone(), dropout };
        return x.contiguous()?.apply_op3(a, b, op);
    }
    let (rows, ranks) = (x.dim(0)?, a.dim(0)?);
    let s = host::tensor(scales.to_vec(), (rows, ranks))?.to_device(x.device())?;
    let Some(w) = frozen.dense() else { candle_core::bail!("a weight is neither packed nor dense") };
    let base = x.to_dtype(w.dtype())?.matmul(&w.t()?)?.to_dtype(x.dtype())?;
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
    x.to_dtype(w.dtype())?.matmul(&w.t()?)?.to_dtype(x.dtype())
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
        matmul(&x, &mut [Job { weight, extra: None, out: &mut out }]);
        Ok((CpuStorage::F32(out), (rows, n).into()))
    }

    fn bwd(&self, x: &Tensor, _res: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let weight = self.backward()?;
        let ((rows, k), n) = (x.dims2()?, grad.dim(1)?);
        let mut dx = vec![0f32; rows * k];
        host::with_slice(grad, |g| {
            let g = Operand::new(g, rows, n, weight.precision());
            matmul(&g, &mut [Job { weight, extra: None, out: &mut dx }]);
            Ok(())
        })?;
        host::tensor(dx, (rows, k)).map(Some)
    }
}

struct Op {
    place: Place,
    scales: Arc<Vec<f32>>,
    dropout: Option<Dropout>,
}

impl Op {
    /// `((x·Fᵀ) ⊙ S)` for a thin packed factor F.
    fn thin(&self, x: &Operand<'_>, factor: &Packed) -> Vec<f32> {
        let mut u = vec![0f32; self.scales.len()];
        matmul(x, &mut [Job { weight: factor, extra: None, out: &mut u }]);
        u.iter_mut().zip(self.scales.iter()).for_each(|(u, s)| *u *= s);
        u
    }

    /// What the factors see of the input.
    fn kept(&self, x: &[f32]) -> Option<Vec<f32>> {
        self.dropout.map(|dropout| {
            let mut kept = x.to_vec();
            dropout.apply(&mut kept);
            kept
        })
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
        let (n, ranks) = l3.shape().dims2()?;
        let precision = weight.precision();
        let x = Operand::new(values, rows, k, precision);
        let a = Packed::new(a, ranks, k, precision);
        let u = match self.kept(values) {
            Some(kept) => self.thin(&Operand::new(&kept, rows, k, precision), &a),
            None => self.thin(&x, &a),
        };
        let u = Operand::new(&u, rows, ranks, precision);
        let b = Packed::new(b, n, ranks, precision);
        let mut out = vec![0f32; rows * n];
        matmul(&x, &mut [Job { weight, extra: Some(Extra { u: &u, b: &b }), out: &mut out }]);
        Ok((CpuStorage::F32(out), (rows, n).into()))
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
        let ((rows, k), (n, ranks)) = (x.dims2()?, b.dims2()?);
        let precision = weight.precision();
        let a_values = host::with_slice(a, |a| Ok(a.to_vec()))?;
        let b_values = host::with_slice(b, |b| Ok(b.to_vec()))?;
        let grad = grad.contiguous()?;
        let mut dx = vec![0f32; rows * k];
        // v = (G·B) ⊙ S, then dX = G·W + d'(v·A), in one product where nothing is dropped.
        let v = host::with_slice(&grad, |g| {
            let g = Operand::new(g, rows, n, precision);
            let v = self.thin(&g, &Packed::new_transposed(&b_values, ranks, n, precision));
            let v_operand = Operand::new(&v, rows, ranks, precision);
            let a_back = Packed::new_transposed(&a_values, k, ranks, precision);
            match self.dropout {
                None => {
                    let extra = Some(Extra { u: &v_operand, b: &a_back });
                    matmul(&g, &mut [Job { weight, extra, out: &mut dx }]);
                }
                Some(dropout) => {
                    matmul(&g, &mut [Job { weight, extra: None, out: &mut dx }]);
                    let mut through = vec![0f32; rows * k];
                    matmul(&v_operand, &mut [Job { weight: &a_back, extra: None, out: &mut through }]);
                    dropout.apply(&mut through);
                    dx.iter_mut().zip(&through).for_each(|(dx, d)| *dx += d);
                }
            }
            Ok(v)
        })?;
        let x = x.contiguous()?;
        let kept = match host::with_slice(&x, |x| Ok(self.kept(x)))? {
            Some(kept) => host::tensor(kept, (rows, k))?,
            None => x,
        };
        let u = host::with_slice(&kept, |x| {
            let a = Packed::new(&a_values, ranks, k, precision);
            Ok(self.thin(&Operand::new(x, rows, k, precision), &a))
        })?;
        let v = host::tensor(v, (rows, ranks))?;
        let u = host::tensor(u, (rows, ranks))?;
        let da = v.t()?.matmul(&kept)?;
        let db = u.t()?.matmul(&grad)?.t()?.contiguous()?;
        Ok((Some(host::tensor(dx, (rows, k))?), Some(da), Some(db)))
    }
}
