//! Weighted cross-entropy of hidden states through the output head, in chunks.
//!
//! The gradient of the hidden states is made while a chunk's logits are there: cheaper than to make them again, and no more than one
//! chunk of logits exists at a time.

use super::frozen;
use crate::model::kernel::{Job, Operand, Packed, matmul, softmax_in_place};
use crate::model::{Decoder, host};
use candle_core::{D, DType, Result, Tensor};
use rayon::prelude::*;

/// Rows whose logits exist at one time: 64 × 49,152 × 4 bytes are 12 MB.
pub(super) const CHUNK: usize = 64;

/// Negative log-likelihood of each row's target, and their weighted sum as a differentiable scalar.
pub(crate) struct Loss {
    /// `Σ weight·nll`.
    pub total: Tensor,
    /// Natural-log NLL of each row.
    pub rows: Vec<f32>,
}

/// `Σ_t weights[t]·(−ln p(targets[t] | hidden[t]))` for hidden states `(rows, hidden)`.
pub(crate) fn cross_entropy(
    decoder: &Decoder,
    hidden: &Tensor,
    targets: &[u32],
    weights: &[f32],
) -> Result<Loss> {
    let (rows, gradient) = by_chunks(decoder, &hidden.detach(), targets, Some(weights))?;
    let Some(gradient) = gradient else { candle_core::bail!("a loss needs weights") };
    let total = rows.iter().zip(weights).map(|(n, w)| f64::from(*n) * f64::from(*w)).sum::<f64>();
    #[allow(clippy::cast_possible_truncation, reason = "losses are f32")]
    let total = Tensor::new(total as f32, hidden.device())?;
    let total = frozen::with_gradient(hidden, &total, move |grad| gradient.broadcast_mul(grad))?;
    Ok(Loss { total, rows })
}

/// The negative log-likelihoods alone.
pub(crate) fn nll(decoder: &Decoder, hidden: &Tensor, targets: &[u32]) -> Result<Vec<f32>> {
    Ok(by_chunks(decoder, &hidden.detach(), targets, None)?.0)
}

/// The rows' losses and, where weights are given, the gradient of their weighted sum.
fn by_chunks(
    decoder: &Decoder,
    hidden: &Tensor,
    targets: &[u32],
    weights: Option<&[f32]>,
) -> Result<(Vec<f32>, Option<Tensor>)> {
    let vocab = decoder.head().n();
    if let Some(bad) = targets.iter().find(|t| **t as usize >= vocab) {
        candle_core::bail!("target {bad} is outside the vocabulary of {vocab}");
    }
    match (decoder.head().packed(), decoder.head().dense()) {
        (Some(forward), _) => {
            let backward = weights.and_then(|weights| Some((weights, decoder.head().packed_backward()?)));
            packed(hidden, targets, forward, backward)
        }
        (None, Some(head)) => dense(hidden, targets, head, weights),
        (None, None) => candle_core::bail!("the output head is neither packed nor dense"),
    }
}

fn packed(
    hidden: &Tensor,
    targets: &[u32],
    forward: &Packed,
    backward: Option<(&[f32], &Packed)>,
) -> Result<(Vec<f32>, Option<Tensor>)> {
    let ((rows, width), vocab, precision) = (hidden.dims2()?, forward.n(), forward.precision());
    let mut nll = vec![0f32; rows];
    let mut gradient = vec![0f32; if backward.is_some() { rows * width } else { 0 }];
    let mut logits = vec![0f32; CHUNK.min(rows) * vocab];
    host::with_slice(hidden, |hidden| {
        for first in (0..rows).step_by(CHUNK) {
            let count = CHUNK.min(rows - first);
            let logits = &mut logits[..count * vocab];
            let x = Operand::new(&hidden[first * width..][..count * width], count, width, precision);
            matmul(&mut [Job { x: &x, weight: forward, extra: None, out: logits }]);
            logits.par_chunks_mut(vocab).zip(&mut nll[first..first + count]).enumerate().for_each(
                |(i, (row, nll))| {
                    let target = targets[first + i] as usize;
                    let logit = row[target];
                    *nll = softmax_in_place(row) - logit;
                    if let Some((weights, _)) = backward {
                        let weight = weights[first + i];
                        row.iter_mut().for_each(|p| *p *= weight);
                        row[target] -= weight;
                    }
                },
            );
            if let Some((_, weight)) = backward {
                let g = Operand::new(logits, count, vocab, precision);
                let out = &mut gradient[first * width..][..count * width];
                matmul(&mut [Job { x: &g, weight, extra: None, out }]);
            }
        }
        Ok(())
    })?;
    let gradient = backward.map(|_| host::tensor(gradient, (rows, width))).transpose()?;
    Ok((nll, gradient))
}

/// The same with candle's operations, for any device: `d nll / d hidden = p·W − W[target]`.
fn dense(
    hidden: &Tensor,
    targets: &[u32],
    head: &Tensor,
    weights: Option<&[f32]>,
) -> Result<(Vec<f32>, Option<Tensor>)> {
    let device = hidden.device();
    let (mut rows, mut gradients) = (Vec::with_capacity(targets.len()), Vec::new());
    for first in (0..targets.len()).step_by(CHUNK) {
        let count = CHUNK.min(targets.len() - first);
        let x = hidden.narrow(0, first, count)?.to_dtype(head.dtype())?;
        let logits = x.matmul(&head.t()?)?.to_dtype(DType::F32)?;
        let shifted = logits.broadcast_sub(&logits.max_keepdim(D::Minus1)?)?;
        let powers = shifted.exp()?;
        let sums = powers.sum_keepdim(D::Minus1)?;
        let ids = Tensor::new(&targets[first..first + count], device)?;
        let nll = (sums.log()? - shifted.gather(&ids.unsqueeze(1)?, 1)?)?.squeeze(1)?;
        rows.extend(host::to_vec(&nll)?);
        if let Some(weights) = weights {
            let likely = powers.broadcast_div(&sums)?.to_dtype(head.dtype())?.matmul(head)?;
            let gradient = (likely - head.index_select(&ids, 0)?)?.to_dtype(hidden.dtype())?;
            let weights = Tensor::new(&weights[first..first + count], device)?.unsqueeze(1)?;
            gradients.push(gradient.broadcast_mul(&weights.to_dtype(hidden.dtype())?)?);
        }
    }
    let gradient = match (weights, gradients.is_empty()) {
        (Some(_), true) => Some(hidden.zeros_like()?),
        (Some(_), false) => Some(Tensor::cat(&gradients, 0)?),
        (None, _) => None,
    };
    Ok((rows, gradient))
}
