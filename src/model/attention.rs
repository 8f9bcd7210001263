//! Causal attention of a ragged batch over each sequence's own cache, with rope.

use super::config::ModelConfig;
use super::host;
use super::kernel::{softmax_in_place, vectorised};
use super::kv_cache::{BLOCK, Segment, Store};
use candle_core::{Device, Result, Tensor};
use rayon::prelude::*;

/// Rotation angles: cos and sin for every (position, pair) that a batch needs.
pub(crate) struct Angles {
    cos: Vec<f32>,
    sin: Vec<f32>,
    half: usize,
}

impl Angles {
    /// Angles for the given positions, one row each.
    pub(crate) fn new(frequencies: &[f32], positions: impl Iterator<Item = usize>) -> Self {
        let (mut cos, mut sin) = (Vec::new(), Vec::new());
        for position in positions {
            for f in frequencies {
                let (s, c) = (position as f32 * f).sin_cos();
                cos.push(c);
                sin.push(s);
            }
        }
        Self { cos, sin, half: frequencies.len() }
    }

    /// Turns one head of row `row` in place; `back` turns the other way (the gradient).
    pub(crate) fn rotate(&self, row: usize, head: &mut [f32], back: bool) {
        let cos = &self.cos[row * self.half..][..self.half];
        let sin = &self.sin[row * self.half..][..self.half];
        let (low, high) = head.split_at_mut(self.half);
        let sign = if back { -1.0 } else { 1.0 };
        for i in 0..self.half {
            let (x, y, s) = (low[i], high[i], sign * sin[i]);
            low[i] = x * cos[i] - y * s;
            high[i] = y * cos[i] + x * s;
        }
    }

    /// (cos, sin) as tensors `(rows, half)`.
    pub(crate) fn tensors(&self, device: &Device) -> Result<(Tensor, Tensor)> {
        let rows = self.cos.len() / self.half;
        let make = |v: &Vec<f32>| host::tensor(v.clone(), (rows, self.half))?.to_device(device);
        Ok((make(&self.cos)?, make(&self.sin)?))
    }
}

/// Attention of one forward pass over segments.
pub(crate) struct CachedAttention<'a, 'b> {
    segments: &'a mut [Segment<'b>],
    angles: Angles,
    heads: usize,
}

impl<'a, 'b> CachedAttention<'a, 'b> {
    /// Prepares a pass; fails when a segment does not fit its cache.
    pub(crate) fn new(
        config: &ModelConfig,
        frequencies: &[f32],
        segments: &'a mut [Segment<'b>],
    ) -> Result<Self> {
        for s in segments.iter() {
            if s.cache.length + s.tokens.len() > s.cache.capacity {
                candle_core::bail!(
                    "{} tokens do not fit a cache of {} that holds {}",
                    s.tokens.len(),
                    s.cache.capacity,
                    s.cache.length
                );
            }
        }
        let positions: Vec<usize> =
            segments.iter().flat_map(|s| s.cache.length..s.cache.length + s.tokens.len()).collect();
        let angles = Angles::new(frequencies, positions.into_iter());
        Ok(Self { segments, angles, heads: config.heads })
    }

    /// Attention of one layer: q `(rows, heads·d)`, k and v `(rows, kv heads·d)`; `(rows, heads·d)`.
    pub(crate) fn attend(&mut self, layer: usize, q: &Tensor, k: &Tensor, v: &Tensor) -> Result<Tensor> {
        let on_host = |s: &Segment<'_>| matches!(s.cache.store, Store::Host { .. });
        if self.segments.iter().all(on_host) {
            let mut out = vec![0f32; q.elem_count()];
            host::with_slice(q, |q| {
                host::with_slice(k, |k| host::with_slice(v, |v| self.attend_host(layer, q, k, v, &mut out)))
            })?;
            host::tensor(out, q.shape())
        } else {
            self.attend_tensors(layer, q, k, v)
        }
    }

    /// All layers are done: the caches hold the new positions.
    pub(crate) fn finish(self) {
        for s in self.segments.iter_mut() {
            s.cache.length += s.tokens.len();
        }
    }

    fn attend_host(&mut self, layer: usize, q: &[f32], k: &[f32], v: &[f32], out: &mut [f32]) -> Result<()> {
        let mut tasks = Vec::new();
        let (mut q, mut k, mut v, mut out) = (q, k, v, out);
        let mut row = 0;
        for segment in self.segments.iter_mut() {
            let cache = &mut *segment.cache;
            let (d, kv_heads, capacity) = (cache.head_dim, cache.kv_heads, cache.capacity);
            let n = segment.tokens.len();
            let Store::Host { keys, values } = &mut cache.store else {
                candle_core::bail!("the caches of a batch differ in kind");
            };
            let size = kv_heads * d * capacity;
            let (sq, rest_q) = q.split_at(n * self.heads * d);
            let (sk, rest_k) = k.split_at(n * kv_heads * d);
            let (sv, rest_v) = v.split_at(n * kv_heads * d);
            let (so, rest_out) = out.split_at_mut(n * self.heads * d);
            (q, k, v, out) = (rest_q, rest_k, rest_v, rest_out);
            tasks.push(SegmentTask {
                q: sq,
                k: sk,
                v: sv,
                out: so,
                keys: &mut keys[layer * size..][..size],
                values: &mut values[layer * size..][..size],
                past: cache.length,
                capacity,
                d,
                kv_heads,
                heads: self.heads,
                first_row: row,
                angles: &self.angles,
            });
            row += n;
        }
        tasks.into_par_iter().for_each(SegmentTask::run);
        Ok(())
    }

    fn attend_tensors(&mut self, layer: usize, q: &Tensor, k: &Tensor, v: &Tensor) -> Result<Tensor> {
        let (cos, sin) = self.angles.tensors(q.device())?;
        let mut row = 0;
        let mut outs = Vec::with_capacity(self.segments.len());
        for segment in self.segments.iter_mut() {
            let cache = &mut *segment.cache;
            let (d, kv_heads, past, n) = (cache.head_dim, cache.kv_heads, cache.length, segment.tokens.len());
            let Store::Tensors(layers) = &mut cache.store else {
                candle_core::bail!("the caches of a batch differ in kind");
            };
            let split = |x: &Tensor, heads: usize| -> Result<Tensor> {
                x.narrow(0, row, n)?.reshape((n, heads, d))?.transpose(0, 1)?.contiguous()
            };
            let (cos, sin) = (cos.narrow(0, row, n)?, sin.narrow(0, row, n)?);
            let queries = rotate_composed(&split(q, self.heads)?, &cos, &sin)?;
            let keys = rotate_composed(&split(k, kv_heads)?, &cos, &sin)?;
            let (cached_k, cached_v) = &mut layers[layer];
            cached_k.slice_set(&keys, 1, past)?;
            cached_v.slice_set(&split(v, kv_heads)?, 1, past)?;
            let keys = cached_k.narrow(1, 0, past + n)?;
            let values = cached_v.narrow(1, 0, past + n)?;
            let out = attend_composed(&queries, &keys, &values, past)?;
            outs.push(out.transpose(0, 1)?.reshape((n, self.heads * d))?);
            row += n;
        }
        Tensor::cat(&outs, 0)
    }
}

/// Rope on `(heads, rows, d)` with angles `(rows, d/2)`, from candle's differentiable operations.
pub(crate) fn rotate_composed(x: &Tensor, cos: &Tensor, sin: &Tensor) -> Result<Tensor> {
    let half = x.dim(2)? / 2;
    let (low, high) = (x.narrow(2, 0, half)?, x.narrow(2, half, half)?);
    let a = (low.broadcast_mul(cos)? - high.broadcast_mul(sin)?)?;
    let b = (high.broadcast_mul(cos)? + low.broadcast_mul(sin)?)?;
    Tensor::cat(&[a, b], 2)
}

/// Causal grouped attention of `(heads, n, d)` queries over `(kv heads, past + n, d)`, from candle's
/// differentiable operations.
pub(crate) fn attend_composed(q: &Tensor, k: &Tensor, v: &Tensor, past: usize) -> Result<Tensor> {
    let (heads, n, d) = q.dims3()?;
    let (kv_heads, total, _) = k.dims3()?;
    let spread = |x: &Tensor| -> Result<Tensor> {
        let x = x.unsqueeze(1)?.broadcast_as((kv_heads, heads / kv_heads, total, d))?;
        x.reshape((heads, total, d))?.contiguous()
    };
    let scores = (q.matmul(&spread(k)?.transpose(1, 2)?.contiguous()?)? / (d as f64).sqrt())?;
    let scores = if n == 1 {
        scores
    } else {
        let mask: Vec<f32> = (0..n)
            .flat_map(|i| (0..total).map(move |j| if j <= past + i { 0.0 } else { f32::NEG_INFINITY }))
            .collect();
        scores.broadcast_add(&host::tensor(mask, (n, total))?.to_device(q.device())?)?
    };
    let scores = scores.broadcast_sub(&scores.detach().max_keepdim(2)?)?.exp()?;
    let weights = scores.broadcast_div(&scores.sum_keepdim(2)?)?;
    weights.matmul(&spread(v)?)
}

struct SegmentTask<'a> {
    q: &'a [f32],
    k: &'a [f32],
    v: &'a [f32],
    out: &'a mut [f32],
    keys: &'a mut [f32],
    values: &'a mut [f32],
    past: usize,
    capacity: usize,
    d: usize,
    kv_heads: usize,
    heads: usize,
    first_row: usize,
    angles: &'a Angles,
}

impl SegmentTask<'_> {
    fn run(self) {
        let Self { d, heads, kv_heads, capacity, past, .. } = self;
        let n = self.q.len() / (heads * d);
        let per_kv = heads / kv_heads;
        let scale = 1.0 / (d as f32).sqrt();
        let mut head = vec![0f32; d];
        for t in 0..n {
            for kv in 0..kv_heads {
                let from = (t * kv_heads + kv) * d;
                head.copy_from_slice(&self.k[from..][..d]);
                self.angles.rotate(self.first_row + t, &mut head, false);
                let column = kv * d * capacity + past + t;
                for (i, value) in head.iter().enumerate() {
                    self.keys[column + i * capacity] = *value;
                }
                self.values[(kv * capacity + past + t) * d..][..d].copy_from_slice(&self.v[from..][..d]);
            }
        }
        let mut scores = vec![0f32; capacity];
        for t in 0..n {
            let length = past + t + 1;
            for h in 0..heads {
                let at = (t * heads + h) * d;
                head.copy_from_slice(&self.q[at..][..d]);
                self.angles.rotate(self.first_row + t, &mut head, false);
                head.iter_mut().for_each(|v| *v *= scale);
                let kv = (h / per_kv) * d * capacity;
                key_scores(&head, &self.keys[kv..][..d * capacity], capacity, &mut scores[..length]);
                softmax_in_place(&mut scores[..length]);
                weighted_sum(&scores[..length], &self.values[kv..][..length * d], &mut self.out[at..][..d]);
            }
        }
    }
}

vectorised! {
    /// `scores[j] = Σ_i q[i]·keys[i][j]`, keys transposed with row stride `capacity`, in blocks of positions.
    fn key_scores(q: &[f32], keys: &[f32], capacity: usize, scores: &mut [f32]) {
        for (block, out) in scores.chunks_mut(BLOCK).enumerate() {
            let mut sums = [0f32; BLOCK];
            for (i, q) in q.iter().enumerate() {
                // A cache holds whole blocks: the unused end of the last one is read and dropped.
                let row = &keys[i * capacity + block * BLOCK..][..BLOCK];
                for (sum, key) in sums.iter_mut().zip(row) {
                    *sum += *q * *key;
                }
            }
            out.copy_from_slice(&sums[..out.len()]);
        }
    }
}

vectorised! {
    /// `out = Σ_j weights[j]·values[j]`, in blocks of coordinates.
    fn weighted_sum(weights: &[f32], values: &[f32], out: &mut [f32]) {
        const WIDE: usize = 64;
        let d = out.len();
        let whole = d / WIDE * WIDE;
        for start in (0..whole).step_by(WIDE) {
            let mut sums = [0f32; WIDE];
            for (j, w) in weights.iter().enumerate() {
                let row = &values[j * d + start..][..WIDE];
                for (sum, value) in sums.iter_mut().zip(row) {
                    *sum += *w * *value;
                }
            }
            out[start..start + WIDE].copy_from_slice(&sums);
        }
        out[whole..].fill(0.0);
        for (j, w) in weights.iter().enumerate() {
            for i in whole..d {
                out[i] += *w * values[j * d + i];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kv_cache::KvCache;
    use super::*;
    use rand::Rng;

    /// What runs on a card, run here: tensors in place of slices, candle's operations in place of our kernels.
    #[test]
    fn attention_on_tensors_is_attention_on_slices() {
        let json = r#"{"architectures":["LlamaForCausalLM"],"model_type":"llama","hidden_size":48,"num_hidden_layers":2,
            "num_attention_heads":6,"num_key_value_heads":2,"head_dim":8,"intermediate_size":32,"vocab_size":11,
            "rms_norm_eps":1e-5,"rope_theta":10000.0,"max_position_embeddings":256,"eos_token_id":2}"#;
        let config = ModelConfig::from_json(json, std::path::Path::new("config.json")).unwrap();
        let frequencies = [1.0, 0.1, 0.01, 0.001];
        let host_cache = || KvCache::new(&config, 8, &Device::Cpu).unwrap();
        let tensor_cache = || KvCache::of_tensors(&config, 8, &Device::Cpu).unwrap();
        let mut hosts = [host_cache(), host_cache()];
        let mut tensors = [tensor_cache(), tensor_cache()];
        let mut rng = crate::seed::Seed(4).rng();
        // Two prompts of different lengths, a token each, then one row goes on from a longer copy of its cache.
        for lengths in [[5, 3], [1, 1], [1, 2]] {
            let rows: usize = lengths.iter().sum();
            for layer in 0..2 {
                let mut draw = |width: usize| {
                    let values = (0..rows * width).map(|_| rng.random::<f32>() - 0.5).collect();
                    host::tensor(values, (rows, width)).unwrap()
                };
                let (q, k, v) = (draw(48), draw(16), draw(16));
                let attend = |caches: &mut [KvCache; 2]| {
                    let ids = [0u32; 8];
                    let mut segments: Vec<Segment<'_>> = caches
                        .iter_mut()
                        .zip(lengths)
                        .map(|(cache, n)| Segment { cache, tokens: &ids[..n] })
                        .collect();
                    let mut pass = CachedAttention::new(&config, &frequencies, &mut segments).unwrap();
                    let out = host::to_vec(&pass.attend(layer, &q, &k, &v).unwrap()).unwrap();
                    if layer == 1 {
                        pass.finish();
                    }
                    out
                };
                let (a, b) = (attend(&mut hosts), attend(&mut tensors));
                let largest = a.iter().zip(&b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(a.len() == rows * 48 && largest < 2e-6, "{largest}");
            }
            hosts[1] = hosts[1].fork(40).unwrap();
            tensors[1] = tensors[1].fork(40).unwrap();
            assert_eq!((hosts[1].len(), hosts[1].capacity()), (tensors[1].len(), tensors[1].capacity()));
        }
    }
}
