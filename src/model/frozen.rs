//! A frozen linear module of the base model.

use super::host;
use super::kernel::{Job, Operand, Packed, Precision, matmul};
use candle_core::{DType, Device, Result, Tensor};
use std::sync::OnceLock;

/// How the base's linear modules compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Weights packed for this crate's CPU kernels.
    Packed(Precision),
    /// Plain tensors multiplied by candle (gemm on a CPU, cuBLAS on CUDA, MPS on Metal).
    Dense(DType),
}

/// `y = x·Wᵀ` with a weight that never changes.
pub struct Frozen {
    weight: Weight,
    n: usize,
    k: usize,
}

enum Weight {
    Packed { forward: Packed, backward: OnceLock<Packed> },
    Dense(Tensor),
}

impl Frozen {
    /// Takes a weight of `(n, k)` on the CPU in f32.
    ///
    /// # Errors
    /// When the device is out of memory.
    pub fn new(weight: &Tensor, layout: Layout, device: &Device) -> Result<Self> {
        let (n, k) = weight.dims2()?;
        let weight = match layout {
            Layout::Packed(precision) => Weight::Packed {
                forward: host::with_slice(weight, |w| Ok(Packed::new(w, n, k, precision)))?,
                backward: OnceLock::new(),
            },
            Layout::Dense(dtype) => Weight::Dense(weight.to_dtype(dtype)?.to_device(device)?),
        };
        Ok(Self { weight, n, k })
    }

    /// Output features.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Inputs.
    pub fn k(&self) -> usize {
        self.k
    }

    /// The packed weight, where the layout is packed.
    pub fn packed(&self) -> Option<&Packed> {
        match &self.weight {
            Weight::Packed { forward, .. } => Some(forward),
            Weight::Dense(_) => None,
        }
    }

    /// The transposed packed weight for `grad·W`, made at first use.
    pub fn packed_backward(&self) -> Option<&Packed> {
        match &self.weight {
            Weight::Packed { forward, backward } => Some(backward.get_or_init(|| {
                let mut weight = vec![0f32; self.n * self.k];
                for (row, out) in weight.chunks_exact_mut(self.k).enumerate() {
                    forward.read_row(row, out);
                }
                Packed::new_transposed(&weight, self.k, self.n, forward.precision())
            })),
            Weight::Dense(_) => None,
        }
    }

    /// The weight `(n, k)` as a tensor, where the layout is dense.
    pub fn dense(&self) -> Option<&Tensor> {
        match &self.weight {
            Weight::Dense(weight) => Some(weight),
            Weight::Packed { .. } => None,
        }
    }

    /// `x·Wᵀ` for `x` of `(rows, k)`; `(rows, n)` in x's dtype.
    ///
    /// # Errors
    /// When shapes do not fit.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let rows = x.dim(0)?;
        match &self.weight {
            Weight::Dense(w) => x.to_dtype(w.dtype())?.matmul(&w.t()?)?.to_dtype(x.dtype()),
            Weight::Packed { forward, .. } => {
                let mut out = vec![0f32; rows * self.n];
                host::with_slice(x, |x| {
                    let x = Operand::new(x, rows, self.k, forward.precision());
                    matmul(&mut [Job { x: &x, weight: forward, extra: None, out: &mut out }]);
                    Ok(())
                })?;
                host::tensor(out, (rows, self.n))
            }
        }
    }

    /// Rows of the weight as an f32 tensor `(ids, k)`: the lookup in a tied embedding.
    ///
    /// # Errors
    /// When an id is not a row.
    pub fn rows(&self, ids: &[u32]) -> Result<Tensor> {
        if let Some(bad) = ids.iter().find(|id| **id as usize >= self.n) {
            candle_core::bail!("token {bad} is outside the vocabulary of {}", self.n);
        }
        match &self.weight {
            Weight::Dense(w) => {
                let ids = Tensor::new(ids, w.device())?;
                w.index_select(&ids, 0)?.to_dtype(DType::F32)
            }
            Weight::Packed { forward, .. } => {
                let mut out = vec![0f32; ids.len() * self.k];
                for (id, row) in ids.iter().zip(out.chunks_exact_mut(self.k)) {
                    forward.read_row(*id as usize, row);
                }
                host::tensor(out, (ids.len(), self.k))
            }
        }
    }
}
