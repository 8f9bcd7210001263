//! Causal attention of a ragged batch over each sequence's own cache, with rope.

use super::config::ModelConfig;
use super::host;
use super::kernel::{softmax_in_place, vectorised};
use candle_core::{DType, Device, Result, Tensor};
use rayon::prelude::*;

/// Positions a cache grows by, and the length of a column block of transposed keys.
const BLOCK: usize = 32;

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

/// Keys and values of one sequence, all layers.
#[derive(Clone)]
pub struct KvCache {
    length: usize,
    capacity: usize,
    head_dim: usize,
    kv_heads: usize,
    store: Store,
}

#[derive(Clone)]
enum Store {
    /// Keys transposed `[layer][kv head][head_dim][capacity]`, values `[layer][kv head][capacity][head_dim]`.
    Host { keys: Vec<f32>, values: Vec<f32> },
    /// One `(kv heads, capacity, head_dim)` pair for each layer.
    Device(Vec<(Tensor, Tensor)>),
}

impl KvCache {
    /// An empty cache with room for `capacity` positions.
    ///
    /// # Errors
    /// When the device is out of memory.
    pub fn new(config: &ModelConfig, capacity: usize, device: &Device) -> Result<Self> {
        let capacity = capacity.next_multiple_of(BLOCK);
        let size = config.kv_heads * config.head_dim * capacity;
        let store = if device.is_cpu() {
            Store::Host { keys: vec![0.0; config.layers * size], values: vec![0.0; config.layers * size] }
        } else {
            let shape = (config.kv_heads, capacity, config.head_dim);
            let make = || Tensor::zeros(shape, DType::F32, device);
            Store::Device((0..config.layers).map(|_| Ok((make()?, make()?))).collect::<Result<_>>()?)
        };
        Ok(Self { length: 0, capacity, head_dim: config.head_dim, kv_heads: config.kv_heads, store })
    }

    /// A copy with room for `capacity` positions, which go on from here.
    ///
    /// # Errors
    /// When the device is out of memory.
    pub fn fork(&self, capacity: usize) -> Result<Self> {
        let capacity = capacity.max(self.length).next_multiple_of(BLOCK);
        let store = match &self.store {
            Store::Host { keys, values } => {
                let copy = |from: &[f32], rows: usize, stride: usize, to_stride: usize, used: usize| {
                    let mut to = vec![0f32; rows * to_stride];
                    for (to, from) in to.chunks_exact_mut(to_stride).zip(from.chunks_exact(stride)).take(rows)
                    {
                        to[..used].copy_from_slice(&from[..used]);
                    }
                    to
                };
                let heads = values.len() / (self.capacity * self.head_dim);
                let d = self.head_dim;
                Store::Host {
                    keys: copy(keys, heads * d, self.capacity, capacity, self.length),
                    values: copy(values, heads, self.capacity * d, capacity * d, self.length * d),
                }
            }
            Store::Device(layers) => {
                let grow = |from: &Tensor| -> Result<Tensor> {
                    let to =
                        Tensor::zeros((self.kv_heads, capacity, self.head_dim), from.dtype(), from.device())?;
                    if self.length > 0 {
                        to.slice_set(&from.narrow(1, 0, self.length)?.contiguous()?, 1, 0)?;
                    }
                    Ok(to)
                };
                let copied = layers.iter().map(|(k, v)| Ok((grow(k)?, grow(v)?)));
                Store::Device(copied.collect::<Result<_>>()?)
            }
        };
        Ok(Self { capacity, store, ..*self })
    }

    /// Positions filled.
    pub fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Positions there is room for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Forgets all positions from `length` on.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }
}

/// New tokens of one sequence: they follow what its cache holds.
pub struct Segment<'a> {
    /// The sequence's cache; it grows by `tokens`.
    pub cache: &'a mut KvCache,
    /// The new tokens.
    pub tokens: &'a [u32],
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
        if q.device().is_cpu() {
            let mut out = vec![0f32; q.elem_count()];
            host::with_slice(q, |q| {
                host::with_slice(k, |k| host::with_slice(v, |v| self.attend_host(layer, q, k, v, &mut out)))
            })?;
            host::tensor(out, q.shape())
        } else {
            self.attend_device(layer, q, k, v)
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
                candle_core::bail!("the cache is not on the CPU");
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

    fn attend_device(&mut self, layer: usize, q: &Tensor, k: &Tensor, v: &Tensor) -> Result<Tensor> {
        let (cos, sin) = self.angles.tensors(q.device())?;
        let mut row = 0;
        let mut outs = Vec::with_capacity(self.segments.len());
        for segment in self.segments.iter_mut() {
            let cache = &mut *segment.cache;
            let (d, kv_heads, past, n) = (cache.head_dim, cache.kv_heads, cache.length, segment.tokens.len());
            let Store::Device(layers) = &mut cache.store else {
                candle_core::bail!("the cache is not on the device");
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
