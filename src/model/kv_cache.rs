//! Keys and values of sequences: what a decoder remembers between passes.

use super::config::ModelConfig;
use candle_core::{DType, Device, Result, Tensor};

/// Positions a cache grows by, and the length of a column block of transposed keys.
pub(super) const BLOCK: usize = 32;

/// Keys and values of one sequence, all layers.
#[derive(Clone)]
pub struct KvCache {
    pub(super) length: usize,
    pub(super) capacity: usize,
    pub(super) head_dim: usize,
    pub(super) kv_heads: usize,
    pub(super) store: Store,
}

#[derive(Clone)]
pub(super) enum Store {
    /// Keys transposed `[layer][kv head][head_dim][capacity]`, values `[layer][kv head][capacity][head_dim]`.
    Host { keys: Vec<f32>, values: Vec<f32> },
    /// One `(kv heads, capacity, head_dim)` pair for each layer, on any device.
    Tensors(Vec<(Tensor, Tensor)>),
}

impl KvCache {
    /// An empty cache with room for `capacity` positions.
    ///
    /// # Errors
    /// When the device is out of memory.
    pub fn new(config: &ModelConfig, capacity: usize, device: &Device) -> Result<Self> {
        if !device.is_cpu() {
            return Self::of_tensors(config, capacity, device);
        }
        // Of no positions there would be no rows to copy from in `fork`.
        let capacity = capacity.max(1).next_multiple_of(BLOCK);
        let size = config.layers * config.kv_heads * config.head_dim * capacity;
        let store = Store::Host { keys: vec![0.0; size], values: vec![0.0; size] };
        Ok(Self { length: 0, capacity, head_dim: config.head_dim, kv_heads: config.kv_heads, store })
    }

    /// The same kept as tensors, which is how every device but the CPU has it.
    ///
    /// # Errors
    /// When the device is out of memory.
    pub(super) fn of_tensors(config: &ModelConfig, capacity: usize, device: &Device) -> Result<Self> {
        let capacity = capacity.next_multiple_of(BLOCK);
        let make = || Tensor::zeros((config.kv_heads, capacity, config.head_dim), DType::F32, device);
        let layers = (0..config.layers).map(|_| Ok((make()?, make()?))).collect::<Result<_>>()?;
        let store = Store::Tensors(layers);
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
            Store::Tensors(layers) => {
                let grow = |from: &Tensor| -> Result<Tensor> {
                    let to =
                        Tensor::zeros((self.kv_heads, capacity, self.head_dim), from.dtype(), from.device())?;
                    if self.length > 0 {
                        to.slice_set(&from.narrow(1, 0, self.length)?.contiguous()?, 1, 0)?;
                    }
                    Ok(to)
                };
                let copied = layers.iter().map(|(k, v)| Ok((grow(k)?, grow(v)?)));
                Store::Tensors(copied.collect::<Result<_>>()?)
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
