//! Causal attention within packed segments, with rope and its own gradient.

use crate::model::kernel::{softmax_in_place, vectorised};
use crate::model::{Angles, Attend, ModelConfig, attend_composed, host, rotate_composed};
use candle_core::{CpuStorage, CustomOp3, Layout, Result, Shape, Tensor};
use rayon::prelude::*;
use std::ops::Range;
use std::sync::Arc;

/// Sequences packed one after another; no token sees another sequence.
pub(crate) struct PackedAttention {
    plan: Arc<Plan>,
}

struct Plan {
    segments: Vec<Range<usize>>,
    angles: Angles,
    heads: usize,
    kv_heads: usize,
    d: usize,
}

impl PackedAttention {
    /// `lengths` of the sequences, in the order of their tokens.
    pub(crate) fn new(config: &ModelConfig, frequencies: &[f32], lengths: &[usize]) -> Self {
        let mut start = 0;
        let segments = lengths
            .iter()
            .map(|n| {
                start += n;
                start - n..start
            })
            .collect();
        let angles = Angles::new(frequencies, lengths.iter().flat_map(|n| 0..*n));
        let plan =
            Plan { segments, angles, heads: config.heads, kv_heads: config.kv_heads, d: config.head_dim };
        Self { plan: Arc::new(plan) }
    }
}

impl Attend for PackedAttention {
    fn attend(&mut self, _layer: usize, q: &Tensor, k: &Tensor, v: &Tensor) -> Result<Tensor> {
        if q.device().is_cpu() {
            q.contiguous()?.apply_op3(&k.contiguous()?, &v.contiguous()?, Op { plan: self.plan.clone() })
        } else {
            self.plan.composed(q, k, v)
        }
    }
}

impl Plan {
    /// The same from candle's differentiable operations.
    fn composed(&self, q: &Tensor, k: &Tensor, v: &Tensor) -> Result<Tensor> {
        let (cos, sin) = self.angles.tensors(q.device())?;
        let mut outs = Vec::with_capacity(self.segments.len());
        for s in &self.segments {
            let split = |x: &Tensor, heads: usize| -> Result<Tensor> {
                x.narrow(0, s.start, s.len())?
                    .reshape((s.len(), heads, self.d))?
                    .transpose(0, 1)?
                    .contiguous()
            };
            let (cos, sin) = (cos.narrow(0, s.start, s.len())?, sin.narrow(0, s.start, s.len())?);
            let queries = rotate_composed(&split(q, self.heads)?, &cos, &sin)?;
            let keys = rotate_composed(&split(k, self.kv_heads)?, &cos, &sin)?;
            let out = attend_composed(&queries, &keys, &split(v, self.kv_heads)?, 0)?;
            outs.push(out.transpose(0, 1)?.reshape((s.len(), self.heads * self.d))?);
        }
        Tensor::cat(&outs, 0)
    }

    /// (segment, key-value head): what one task computes.
    fn tasks(&self) -> Vec<(Range<usize>, usize)> {
        self.segments.iter().flat_map(|s| (0..self.kv_heads).map(move |kv| (s.clone(), kv))).collect()
    }

    /// One head of a segment, rotated: `n × d` row-major.
    fn head(&self, x: &[f32], segment: &Range<usize>, heads: usize, head: usize, rotate: bool) -> Vec<f32> {
        let mut out = Vec::with_capacity(segment.len() * self.d);
        for row in segment.clone() {
            out.extend_from_slice(&x[(row * heads + head) * self.d..][..self.d]);
            if rotate {
                let at = out.len() - self.d;
                self.angles.rotate(row, &mut out[at..], false);
            }
        }
        out
    }

    fn per_kv(&self) -> usize {
        self.heads / self.kv_heads
    }

    fn scale(&self) -> f32 {
        1.0 / (self.d as f32).sqrt()
    }
}

/// Column blocks of a transposed matrix, so that rows can be read in whole vectors.
const BLOCK: usize = 32;

/// `d × n` (row stride a multiple of [`BLOCK`]) from `n × d`.
fn transposed(x: &[f32], d: usize) -> (Vec<f32>, usize) {
    let n = x.len() / d;
    let stride = n.next_multiple_of(BLOCK);
    let mut out = vec![0f32; d * stride];
    for (j, row) in x.chunks_exact(d).enumerate() {
        for (i, value) in row.iter().enumerate() {
            out[i * stride + j] = *value;
        }
    }
    (out, stride)
}

struct Op {
    plan: Arc<Plan>,
}

impl CustomOp3 for Op {
    fn name(&self) -> &'static str {
        "packed-attention"
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
        let (q, k, v) = (host::slice(s1, l1)?, host::slice(s2, l2)?, host::slice(s3, l3)?);
        let p = &*self.plan;
        let d = p.d;
        let results: Vec<_> = p
            .tasks()
            .into_par_iter()
            .map(|(segment, kv)| {
                let n = segment.len();
                let (keys, stride) = transposed(&p.head(k, &segment, p.kv_heads, kv, true), d);
                let values = p.head(v, &segment, p.kv_heads, kv, false);
                let mut out = vec![0f32; p.per_kv() * n * d];
                let mut weights = vec![0f32; n];
                for h in 0..p.per_kv() {
                    let mut queries = p.head(q, &segment, p.heads, kv * p.per_kv() + h, true);
                    queries.iter_mut().for_each(|x| *x *= p.scale());
                    for t in 0..n {
                        let w = &mut weights[..t + 1];
                        row_times_columns(&queries[t * d..][..d], &keys, stride, w);
                        softmax_in_place(w);
                        weighted_rows(w, &values, &mut out[(h * n + t) * d..][..d]);
                    }
                }
                (segment, kv, out)
            })
            .collect();
        let mut out = vec![0f32; q.len()];
        for (segment, kv, part) in results {
            scatter(&part, &segment, p.heads, kv * p.per_kv(), p.per_kv(), d, &mut out);
        }
        Ok((CpuStorage::F32(out), l1.shape().clone()))
    }

    fn bwd(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        _res: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>, Option<Tensor>)> {
        let run = |q: &[f32], k: &[f32], v: &[f32], grad: &[f32]| self.plan.backward(q, k, v, grad);
        let (dq, dk, dv) = host::with_slice(q, |q| {
            host::with_slice(k, |k| host::with_slice(v, |v| host::with_slice(grad, |g| run(q, k, v, g))))
        })?;
        Ok((
            Some(host::tensor(dq, q.shape())?),
            Some(host::tensor(dk, k.shape())?),
            Some(host::tensor(dv, v.shape())?),
        ))
    }
}

/// Writes heads `first..first + count` of a segment, `[head][n][d]`, to `(rows, heads·d)`.
fn scatter(
    part: &[f32],
    segment: &Range<usize>,
    heads: usize,
    first: usize,
    count: usize,
    d: usize,
    out: &mut [f32],
) {
    let n = segment.len();
    for h in 0..count {
        for (t, row) in segment.clone().enumerate() {
            out[(row * heads + first + h) * d..][..d].copy_from_slice(&part[(h * n + t) * d..][..d]);
        }
    }
}

type Gradients = (Vec<f32>, Vec<f32>, Vec<f32>);

impl Plan {
    /// Gradients of softmax(QKᵀ/√d)·V with the weights computed again: dV = Pᵀ·dO, dP = dO·Vᵀ,
    /// dS = P ⊙ (dP − Σ P⊙dP), dQ = dS·K, dK = dSᵀ·Q, then rope turned back.
    fn backward(&self, q: &[f32], k: &[f32], v: &[f32], grad: &[f32]) -> Result<Gradients> {
        let d = self.d;
        let results: Vec<_> = self
            .tasks()
            .into_par_iter()
            .map(|(segment, kv)| {
                let n = segment.len();
                let keys = self.head(k, &segment, self.kv_heads, kv, true);
                let values = self.head(v, &segment, self.kv_heads, kv, false);
                let (keys_t, stride) = transposed(&keys, d);
                let (values_t, _) = transposed(&values, d);
                let mut dq = vec![0f32; self.per_kv() * n * d];
                let (mut dk, mut dv) = (vec![0f32; n * d], vec![0f32; n * d]);
                let (mut weights, mut slopes) = (vec![0f32; n], vec![0f32; n]);
                for h in 0..self.per_kv() {
                    let head = kv * self.per_kv() + h;
                    let mut queries = self.head(q, &segment, self.heads, head, true);
                    queries.iter_mut().for_each(|x| *x *= self.scale());
                    let outer = self.head(grad, &segment, self.heads, head, false);
                    for t in 0..n {
                        let (w, s) = (&mut weights[..t + 1], &mut slopes[..t + 1]);
                        let (query, g) = (&queries[t * d..][..d], &outer[t * d..][..d]);
                        row_times_columns(query, &keys_t, stride, w);
                        softmax_in_place(w);
                        row_times_columns(g, &values_t, stride, s);
                        softmax_slopes(w, s);
                        add_outer(w, g, &mut dv[..(t + 1) * d]);
                        add_outer(s, query, &mut dk[..(t + 1) * d]);
                        weighted_rows(s, &keys, &mut dq[(h * n + t) * d..][..d]);
                    }
                }
                dq.iter_mut().for_each(|x| *x *= self.scale());
                for (i, row) in segment.clone().enumerate() {
                    self.angles.rotate(row, &mut dk[i * d..][..d], true);
                    for h in 0..self.per_kv() {
                        self.angles.rotate(row, &mut dq[(h * n + i) * d..][..d], true);
                    }
                }
                (segment, kv, dq, dk, dv)
            })
            .collect();
        let (mut dq, mut dk, mut dv) = (vec![0f32; q.len()], vec![0f32; k.len()], vec![0f32; v.len()]);
        for (segment, kv, part_q, part_k, part_v) in results {
            scatter(&part_q, &segment, self.heads, kv * self.per_kv(), self.per_kv(), d, &mut dq);
            scatter(&part_k, &segment, self.kv_heads, kv, 1, d, &mut dk);
            scatter(&part_v, &segment, self.kv_heads, kv, 1, d, &mut dv);
        }
        Ok((dq, dk, dv))
    }
}

vectorised! {
    /// `out[j] = Σ_i x[i]·columns[i][j]`, in blocks of columns.
    fn row_times_columns(x: &[f32], columns: &[f32], stride: usize, out: &mut [f32]) {
        for (block, out) in out.chunks_mut(BLOCK).enumerate() {
            let mut sums = [0f32; BLOCK];
            for (i, x) in x.iter().enumerate() {
                let row = &columns[i * stride + block * BLOCK..][..BLOCK];
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += *x * *value;
                }
            }
            out.copy_from_slice(&sums[..out.len()]);
        }
    }
}

vectorised! {
    /// `out = Σ_j weights[j]·rows[j]`.
    fn weighted_rows(weights: &[f32], rows: &[f32], out: &mut [f32]) {
        out.fill(0.0);
        let d = out.len();
        for (w, row) in weights.iter().zip(rows.chunks_exact(d)) {
            for (o, value) in out.iter_mut().zip(row) {
                *o += *w * *value;
            }
        }
    }
}

vectorised! {
    /// `rows[j] += weights[j]·x`.
    fn add_outer(weights: &[f32], x: &[f32], rows: &mut [f32]) {
        for (w, row) in weights.iter().zip(rows.chunks_exact_mut(x.len())) {
            for (o, value) in row.iter_mut().zip(x) {
                *o += *w * *value;
            }
        }
    }
}

vectorised! {
    /// dP becomes dS: `s ← w ⊙ (s − Σ w⊙s)`.
    fn softmax_slopes(w: &[f32], s: &mut [f32]) {
        let mean = w.iter().zip(s.iter()).map(|(w, s)| w * s).sum::<f32>();
        for (w, s) in w.iter().zip(s.iter_mut()) {
            *s = *w * (*s - mean);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use candle_core::{Device, Var};

    #[test]
    fn packed_attention_agrees_with_candles_autograd() {
        let (heads, kv_heads, d, lengths) = (4, 2, 16, [5usize, 1, 37]);
        let rows: usize = lengths.iter().sum();
        let frequencies: Vec<f32> = (0..d / 2).map(|i| 0.7f32.powi(i as i32)).collect();
        let mut start = 0;
        let segments = lengths
            .iter()
            .map(|n| {
                start += n;
                start - n..start
            })
            .collect();
        let angles = Angles::new(&frequencies, lengths.iter().flat_map(|n| 0..*n));
        let plan = Arc::new(Plan { segments, angles, heads, kv_heads, d });
        let var = |h: usize| Var::randn(0f32, 1.0, (rows, h * d), &Device::Cpu).unwrap();
        let (q, k, v) = (var(heads), var(kv_heads), var(kv_heads));
        let direction = Tensor::randn(0f32, 1.0, (rows, heads * d), &Device::Cpu).unwrap();
        let fused = q.apply_op3(&k, &v, Op { plan: plan.clone() }).unwrap();
        let composed = plan.composed(&q, &k, &v).unwrap();
        let worst = |a: &Tensor, b: &Tensor| -> f32 {
            (a - b).unwrap().abs().unwrap().flatten_all().unwrap().max(0).unwrap().to_scalar().unwrap()
        };
        assert!(worst(&fused, &composed) < 1e-5);
        let fused = (fused * &direction).unwrap().sum_all().unwrap().backward().unwrap();
        let composed = (composed * &direction).unwrap().sum_all().unwrap().backward().unwrap();
        for x in [&q, &k, &v] {
            assert!(worst(fused.get(x).unwrap(), composed.get(x).unwrap()) < 5e-5);
        }
    }
}
