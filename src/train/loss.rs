//! Weighted cross-entropy of hidden states through the output head, in chunks.

use crate::model::kernel::{Job, Operand, matmul, softmax_in_place};
use crate::model::{Decoder, host};
use candle_core::{CpuStorage, CustomOp1, D, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::sync::{Arc, Mutex};

/// Rows whose logits exist at one time: 64 × 49,152 × 4 bytes are 12 MB.
const CHUNK: usize = 64;

/// Negative log-likelihood of each row's target, and their weighted sum as a differentiable scalar.
pub(crate) struct Loss {
    /// `Σ weight·nll`.
    pub total: Tensor,
    /// Natural-log NLL of each row.
    pub rows: Vec<f32>,
}

/// `Σ_t weights[t]·(−ln p(targets[t] | hidden[t]))` for hidden states `(rows, hidden)`.
pub(crate) fn cross_entropy(
    decoder: &Arc<Decoder>,
    hidden: &Tensor,
    targets: &[u32],
    weights: &[f32],
) -> Result<Loss> {
    if decoder.head().packed().is_some() {
        let rows = Arc::new(Mutex::new(Vec::new()));
        let op = Op {
            decoder: decoder.clone(),
            targets: targets.to_vec(),
            weights: weights.to_vec(),
            rows: rows.clone(),
            gradient: Mutex::new(Vec::new()),
        };
        let total = hidden.contiguous()?.apply_op1(op)?;
        let rows = std::mem::take(&mut *rows.lock().unwrap_or_else(|e| e.into_inner()));
        return Ok(Loss { total, rows });
    }
    composed(decoder, hidden, targets, weights)
}

/// The same from candle's differentiable operations, without chunks.
fn composed(decoder: &Decoder, hidden: &Tensor, targets: &[u32], weights: &[f32]) -> Result<Loss> {
    let logits = decoder.logits(hidden)?;
    let max = logits.detach().max_keepdim(D::Minus1)?;
    let shifted = logits.broadcast_sub(&max)?;
    let log_z = shifted.exp()?.sum_keepdim(D::Minus1)?.log()?;
    let ids = Tensor::new(targets, hidden.device())?.unsqueeze(1)?;
    let nll = (log_z - shifted.gather(&ids, 1)?)?.squeeze(1)?;
    let total = (&nll * Tensor::new(weights, hidden.device())?)?.sum_all()?;
    Ok(Loss { rows: host::to_vec(&nll.detach())?, total })
}

struct Op {
    decoder: Arc<Decoder>,
    targets: Vec<u32>,
    weights: Vec<f32>,
    rows: Arc<Mutex<Vec<f32>>>,
    /// d total / d hidden: cheaper to make while the logits are there than to make them again.
    gradient: Mutex<Vec<f32>>,
}

impl CustomOp1 for Op {
    fn name(&self) -> &'static str {
        "head-cross-entropy"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        let hidden = host::slice(storage, layout)?;
        let (rows, width) = layout.shape().dims2()?;
        let head = self.decoder.head();
        let (Some(forward), Some(backward)) = (head.packed(), head.packed_backward()) else {
            candle_core::bail!("the output head is not packed");
        };
        let vocab = head.n();
        if let Some(bad) = self.targets.iter().find(|t| **t as usize >= vocab) {
            candle_core::bail!("target {bad} is outside the vocabulary of {vocab}");
        }
        let precision = forward.precision();
        let mut nll = vec![0f32; rows];
        let mut gradient = vec![0f32; rows * width];
        let mut logits = vec![0f32; CHUNK.min(rows) * vocab];
        for first in (0..rows).step_by(CHUNK) {
            let count = CHUNK.min(rows - first);
            let logits = &mut logits[..count * vocab];
            let x = Operand::new(&hidden[first * width..][..count * width], count, width, precision);
            matmul(&x, &mut [Job { weight: forward, extra: None, out: logits }]);
            logits.par_chunks_mut(vocab).zip(&mut nll[first..first + count]).enumerate().for_each(
                |(i, (row, nll))| {
                    let target = self.targets[first + i] as usize;
                    let weight = self.weights[first + i];
                    let logit = row[target];
                    *nll = softmax_in_place(row) - logit;
                    row.iter_mut().for_each(|p| *p *= weight);
                    row[target] -= weight;
                },
            );
            let g = Operand::new(logits, count, vocab, precision);
            let out = &mut gradient[first * width..][..count * width];
            matmul(&g, &mut [Job { weight: backward, extra: None, out }]);
        }
        let total = nll.iter().zip(&self.weights).map(|(n, w)| f64::from(*n) * f64::from(*w)).sum::<f64>();
        *self.rows.lock().unwrap_or_else(|e| e.into_inner()) = nll;
        *self.gradient.lock().unwrap_or_else(|e| e.into_inner()) = gradient;
        Ok((CpuStorage::F32(vec![total as f32]), Shape::from(())))
    }

    fn bwd(&self, arg: &Tensor, _res: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        let gradient = self.gradient.lock().unwrap_or_else(|e| e.into_inner()).clone();
        let gradient = host::tensor(gradient, arg.shape())?;
        Ok(Some(gradient.broadcast_mul(grad)?))
    }
}
