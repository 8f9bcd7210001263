//! Values with a gradient of our own, on any device; with it, products with a dense weight that is not trained.
//!
//! candle's own product makes a gradient of both its factors, and keeps it: of a frozen weight as large as the weight itself.

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CudaStorage, CustomOp2, Layout, MetalStorage, Result, Shape, Tensor};

/// `x·Wᵀ` of x `(rows, k)` and W `(n, k)`, in W's dtype, with a gradient for x alone.
pub(crate) fn product(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let x = x.to_dtype(weight.dtype())?;
    let y = x.detach().matmul(&weight.t()?)?;
    let weight = weight.clone();
    with_gradient(&x, &y, move |grad| grad.matmul(&weight))
}

/// A value that was made from `x` without a trace, traced: `backward` makes x's gradient of the value's.
pub(crate) fn with_gradient(
    x: &Tensor,
    value: &Tensor,
    backward: impl Fn(&Tensor) -> Result<Tensor> + Send + Sync + 'static,
) -> Result<Tensor> {
    x.apply_op2(&value.detach(), Traced { backward })
}

struct Traced<F> {
    backward: F,
}

fn whole<S: BackendStorage>(value: &S, layout: &Layout) -> Result<(S, Shape)> {
    Ok((value.try_clone(layout)?, layout.shape().clone()))
}

impl<F: Fn(&Tensor) -> Result<Tensor> + Send + Sync> CustomOp2 for Traced<F> {
    fn name(&self) -> &'static str {
        "traced"
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout, v: &CpuStorage, l: &Layout) -> Result<(CpuStorage, Shape)> {
        whole(v, l)
    }

    fn cuda_fwd(
        &self,
        _: &CudaStorage,
        _: &Layout,
        v: &CudaStorage,
        l: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        whole(v, l)
    }

    fn metal_fwd(
        &self,
        _: &MetalStorage,
        _: &Layout,
        v: &MetalStorage,
        l: &Layout,
    ) -> Result<(MetalStorage, Shape)> {
        whole(v, l)
    }

    fn bwd(
        &self,
        _: &Tensor,
        _: &Tensor,
        _: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        Ok((Some((self.backward)(grad)?), None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::host;
    use candle_core::{Device, Var};

    #[test]
    fn the_input_has_candles_gradient_and_the_weight_none() {
        let x = Var::from_vec(vec![1f32, -2.0, 0.5, 3.0, 0.0, 1.0], (2, 3), &Device::Cpu).unwrap();
        let w = Tensor::from_vec(vec![2f32, 1.0, -1.0, 0.5, 4.0, 3.0], (2, 3), &Device::Cpu).unwrap();
        let own = product(&x, &w).unwrap();
        let plain = x.matmul(&w.t().unwrap()).unwrap();
        assert_eq!(host::to_vec(&own).unwrap(), host::to_vec(&plain).unwrap());
        let gradients = |y: &Tensor| y.sqr().unwrap().sum_all().unwrap().backward().unwrap();
        let (own, plain) = (gradients(&own), gradients(&plain));
        let of = |store: &candle_core::backprop::GradStore| host::to_vec(store.get(&x).unwrap()).unwrap();
        assert_eq!(of(&own), of(&plain));
        assert!(own.get(&w).is_none());
    }
}
