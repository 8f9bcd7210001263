//! A frozen linear module with trainable LoRA factors, as one operation with its own gradient.
//!
//! candle's own product would compute and keep a gradient of the frozen weight too; here the operation keeps
//! only its inputs, and the small product `X·Aᵀ` is computed again in the backward pass.

use crate::model::kernel::{Extra, Job, Operand, Packed, matmul};
use crate::model::{Decoder, Module, host};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use std::sync::Arc;

/// `y = x·Wᵀ + ((x·Aᵀ) ⊙ S)·Bᵀ` with x `(rows, k)`, A `(ranks, k)`, B `(n, ranks)`, S `(rows, ranks)`.
pub(crate) fn lora_linear(
    decoder: &Arc<Decoder>,
    layer: usize,
    module: Module,
    x: &Tensor,
    a: &Tensor,
    b: &Tensor,
    scales: &Arc<Vec<f32>>,
) -> Result<Tensor> {
    let frozen = decoder.module(layer, module);
    if frozen.packed().is_some() {
        let op = Op { decoder: decoder.clone(), layer, module, scales: scales.clone() };
        return x.contiguous()?.apply_op3(a, b, op);
    }
    let (rows, ranks) = (x.dim(0)?, a.dim(0)?);
    let s = host::tensor(scales.to_vec(), (rows, ranks))?.to_device(x.device())?;
    let Some(w) = frozen.dense() else { candle_core::bail!("a weight is neither packed nor dense") };
    let base = x.to_dtype(w.dtype())?.matmul(&w.t()?)?.to_dtype(x.dtype())?;
    base + (x.matmul(&a.t()?)? * s)?.matmul(&b.t()?)?
}

struct Op {
    decoder: Arc<Decoder>,
    layer: usize,
    module: Module,
    scales: Arc<Vec<f32>>,
}

impl Op {
    /// `((x·Fᵀ) ⊙ S)` for a thin packed factor F.
    fn thin(&self, x: &Operand, factor: &Packed) -> Vec<f32> {
        let mut u = vec![0f32; self.scales.len()];
        matmul(x, &mut [Job { weight: factor, extra: None, out: &mut u }]);
        u.iter_mut().zip(self.scales.iter()).for_each(|(u, s)| *u *= s);
        u
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
        let frozen = self.decoder.module(self.layer, self.module);
        let Some(weight) = frozen.packed() else { candle_core::bail!("lora-linear needs packed weights") };
        let (x, a, b) = (host::slice(s1, l1)?, host::slice(s2, l2)?, host::slice(s3, l3)?);
        let (rows, k) = l1.shape().dims2()?;
        let (n, ranks) = l3.shape().dims2()?;
        let precision = weight.precision();
        let x = Operand::new(x, rows, k, precision);
        let u = self.thin(&x, &Packed::new(a, ranks, k, precision));
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
        let frozen = self.decoder.module(self.layer, self.module);
        let Some(backward) = frozen.packed_backward() else {
            candle_core::bail!("lora-linear needs packed weights")
        };
        let ((rows, k), (n, ranks)) = (x.dims2()?, b.dims2()?);
        let precision = backward.precision();
        let a_values = host::with_slice(a, |a| Ok(a.to_vec()))?;
        let b_values = host::with_slice(b, |b| Ok(b.to_vec()))?;
        let g = host::with_slice(grad, |g| Ok(Operand::new(g, rows, n, precision)))?;
        // v = (G·B) ⊙ S, then dX = G·W + v·A in one product.
        let v = self.thin(&g, &Packed::new_transposed(&b_values, ranks, n, precision));
        let v_operand = Operand::new(&v, rows, ranks, precision);
        let a_back = Packed::new_transposed(&a_values, k, ranks, precision);
        let mut dx = vec![0f32; rows * k];
        matmul(
            &g,
            &mut [Job { weight: backward, extra: Some(Extra { u: &v_operand, b: &a_back }), out: &mut dx }],
        );
        let x_operand = host::with_slice(x, |x| Ok(Operand::new(x, rows, k, precision)))?;
        let u = self.thin(&x_operand, &Packed::new(&a_values, ranks, k, precision));
        let v = host::tensor(v, (rows, ranks))?;
        let u = host::tensor(u, (rows, ranks))?;
        let da = v.t()?.matmul(&x.contiguous()?)?;
        let db = u.t()?.matmul(&grad.contiguous()?)?.t()?.contiguous()?;
        Ok((Some(host::tensor(dx, (rows, k))?), Some(da), Some(db)))
    }
}
