//! SwiGLU: silu(gate) · up (Shazeer 2020).

use crate::model::host;
use crate::model::kernel::{silu_mul, silu_mul_backward};
use candle_core::{CpuStorage, CustomOp2, Layout, Result, Shape, Tensor};
use rayon::prelude::*;

/// `silu(gate) · up`, elementwise over two tensors of one shape.
///
/// # Errors
/// When shapes differ.
pub fn swiglu(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    if gate.device().is_cpu() {
        gate.contiguous()?.apply_op2(&up.contiguous()?, SwiGlu)
    } else {
        swiglu_composed(gate, up)
    }
}

/// The same from candle's differentiable operations.
///
/// # Errors
/// When shapes differ.
fn swiglu_composed(gate: &Tensor, up: &Tensor) -> Result<Tensor> {
    gate.silu()?.mul(up)
}

struct SwiGlu;

/// Values in one task.
const CHUNK: usize = 16 * 1024;

impl CustomOp2 for SwiGlu {
    fn name(&self) -> &'static str {
        "swiglu"
    }

    fn cpu_fwd(
        &self,
        s1: &CpuStorage,
        l1: &Layout,
        s2: &CpuStorage,
        l2: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        if l1.shape() != l2.shape() {
            candle_core::bail!("swiglu: gate {:?} and up {:?} differ", l1.shape(), l2.shape());
        }
        let mut out = host::slice(s1, l1)?.to_vec();
        let up = host::slice(s2, l2)?;
        out.par_chunks_mut(CHUNK).zip(up.par_chunks(CHUNK)).for_each(|(gate, up)| silu_mul(gate, up));
        Ok((CpuStorage::F32(out), l1.shape().clone()))
    }

    fn bwd(
        &self,
        gate: &Tensor,
        up: &Tensor,
        _res: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        let n = gate.elem_count();
        let (mut gate_grad, mut up_grad) = (vec![0f32; n], vec![0f32; n]);
        host::with_slice(gate, |gate| {
            host::with_slice(up, |up| {
                host::with_slice(grad, |grad| {
                    gate_grad
                        .par_chunks_mut(CHUNK)
                        .zip(up_grad.par_chunks_mut(CHUNK))
                        .zip(gate.par_chunks(CHUNK))
                        .zip(up.par_chunks(CHUNK))
                        .zip(grad.par_chunks(CHUNK))
                        .for_each(|((((gg, ug), g), u), grad)| silu_mul_backward(g, u, grad, gg, ug));
                    Ok(())
                })
            })
        })?;
        Ok((Some(host::tensor(gate_grad, gate.shape())?), Some(host::tensor(up_grad, up.shape())?)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::rms_norm::{rms_norm, rms_norm_composed};
    use super::*;
    use candle_core::{Device, Var};

    fn close(a: &Tensor, b: &Tensor, tolerance: f32) {
        let worst = (a - b).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap();
        let worst: f32 = worst.to_scalar().unwrap();
        assert!(worst < tolerance, "differs by {worst}");
    }

    #[test]
    fn fused_operations_agree_with_candles_autograd() {
        let device = Device::Cpu;
        let x = Var::randn(0f32, 2.0, (5, 70), &device).unwrap();
        let y = Var::randn(0f32, 2.0, (5, 70), &device).unwrap();
        let w = Tensor::randn(1f32, 0.3, 70, &device).unwrap();
        let up = Tensor::randn(0f32, 1.0, (5, 70), &device).unwrap();
        let fused = swiglu(&rms_norm(&x, &w, 1e-5).unwrap(), &y).unwrap();
        let plain = swiglu_composed(&rms_norm_composed(&x, &w, 1e-5).unwrap(), &y).unwrap();
        close(&fused, &plain, 1e-5);
        let fused = (fused * &up).unwrap().sum_all().unwrap().backward().unwrap();
        let plain = (plain * &up).unwrap().sum_all().unwrap().backward().unwrap();
        for v in [&x, &y] {
            close(fused.get(v).unwrap(), plain.get(v).unwrap(), 2e-5);
        }
    }
}
