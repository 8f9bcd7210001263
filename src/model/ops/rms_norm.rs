//! RMSNorm with a frozen weight (Zhang & Sennrich 2019).

use crate::model::host;
use crate::model::kernel::vectorised;
use candle_core::{CpuStorage, CustomOp1, D, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

/// `y = x / √(mean(x²) + ε) · w` over the last dimension; `x` is `(rows, d)`, `w` is `(d)`.
///
/// # Errors
/// When shapes do not fit.
pub fn rms_norm(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    if x.device().is_cpu() {
        x.contiguous()?.apply_op1(RmsNorm { weight: weight.to_vec1()?, eps: eps as f32 })
    } else {
        rms_norm_composed(x, weight, eps)
    }
}

/// The same from candle's differentiable operations.
///
/// # Errors
/// When shapes do not fit.
pub(super) fn rms_norm_composed(x: &Tensor, weight: &Tensor, eps: f64) -> Result<Tensor> {
    let mean = x.sqr()?.mean_keepdim(D::Minus1)?;
    x.broadcast_div(&(mean + eps)?.sqrt()?)?.broadcast_mul(weight)
}

struct RmsNorm {
    weight: Vec<f32>,
    eps: f32,
}

vectorised! {
    pub(super) fn normalise(x: &[f32], weight: &[f32], eps: f32, out: &mut [f32]) {
        let scale = inverse_rms(x, eps);
        for ((o, v), w) in out.iter_mut().zip(x).zip(weight) {
            *o = *v * scale * *w;
        }
    }
}

vectorised! {
    pub(super) fn normalise_backward(x: &[f32], weight: &[f32], eps: f32, grad: &[f32], out: &mut [f32]) {
        // With s = 1/rms and h = g·w: dx = s·h - x·s³·mean(x·h).
        let scale = inverse_rms(x, eps);
        for ((o, g), w) in out.iter_mut().zip(grad).zip(weight) {
            *o = *g * *w;
        }
        let along = dot(x, out) * scale * scale * scale / x.len() as f32;
        for (o, v) in out.iter_mut().zip(x) {
            *o = *o * scale - *v * along;
        }
    }
}

#[inline(always)]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0f32; 32];
    let whole = a.len() / 32 * 32;
    for (x, y) in a[..whole].chunks_exact(32).zip(b[..whole].chunks_exact(32)) {
        for i in 0..32 {
            lanes[i] += x[i] * y[i];
        }
    }
    lanes.iter().sum::<f32>() + a[whole..].iter().zip(&b[whole..]).map(|(x, y)| x * y).sum::<f32>()
}

#[inline(always)]
fn inverse_rms(x: &[f32], eps: f32) -> f32 {
    1.0 / (dot(x, x) / x.len() as f32 + eps).sqrt()
}

/// Rows a task should hold so that handing it out costs less than doing it.
const ROWS_PER_TASK: usize = 16;

impl CustomOp1 for RmsNorm {
    fn name(&self) -> &'static str {
        "rms-norm"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let x = host::slice(storage, layout)?;
        let d = self.weight.len();
        let mut out = vec![0f32; x.len()];
        out.par_chunks_mut(d * ROWS_PER_TASK).zip(x.par_chunks(d * ROWS_PER_TASK)).for_each(|(out, x)| {
            for (out, x) in out.chunks_exact_mut(d).zip(x.chunks_exact(d)) {
                normalise(x, &self.weight, self.eps, out);
            }
        });
        Ok((CpuStorage::F32(out), layout.shape().clone()))
    }

    fn bwd(&self, arg: &Tensor, _res: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let d = self.weight.len();
        let out = host::with_slice(arg, |x| {
            host::with_slice(grad, |grad| {
                let mut out = vec![0f32; x.len()];
                out.par_chunks_mut(d)
                    .zip(x.par_chunks(d))
                    .zip(grad.par_chunks(d))
                    .for_each(|((out, x), grad)| normalise_backward(x, &self.weight, self.eps, grad, out));
                Ok(out)
            })
        })?;
        Ok(Some(host::tensor(out, arg.shape())?))
    }
}
