//! Weights and activations in the layout that the kernels read.

use super::vectorised;
use half::bf16;
use rayon::prelude::*;
use std::borrow::Cow;

/// Output features in one panel: four AVX-512 registers of f32.
pub const WIDTH: usize = 64;

/// What the factors of a product are rounded to; sums are always f32.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Precision {
    /// No rounding: the reference of every parity test.
    F32,
    /// Factors rounded to bfloat16 (nearest even).
    Bf16,
}

impl Precision {
    /// Whether this processor has the instructions that make the packed product fast.
    pub fn has_fast_kernel(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        {
            match self {
                Precision::F32 => {
                    is_x86_feature_detected!("avx512f")
                        || is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
                }
                Precision::Bf16 => {
                    is_x86_feature_detected!("avx512f")
                        && is_x86_feature_detected!("avx512bw")
                        && is_x86_feature_detected!("avx512bf16")
                }
            }
        }
        #[cfg(not(target_arch = "x86_64"))]
        {
            false
        }
    }

    /// Its name and that of the kernel that runs it here: sums differ in their last bits from kernel to kernel.
    pub fn name(self) -> &'static str {
        #[cfg(target_arch = "x86_64")]
        let wide = is_x86_feature_detected!("avx512f");
        #[cfg(not(target_arch = "x86_64"))]
        let wide = false;
        match (self, self.has_fast_kernel()) {
            (Precision::F32, true) if wide => "f32 (avx512)",
            (Precision::F32, true) => "f32 (avx2)",
            (Precision::F32, false) => "f32 (portable)",
            (Precision::Bf16, true) => "bf16 (avx512)",
            (Precision::Bf16, false) => "bf16 (portable)",
        }
    }

    /// Values of k that share one 32-bit word.
    pub(super) fn per_word(self) -> usize {
        match self {
            Precision::F32 => 1,
            Precision::Bf16 => 2,
        }
    }
}

/// One 32-bit word for the k-th step: an f32, or two neighbouring bf16 (the even one low).
fn word(precision: Precision, values: &[f32], step: usize) -> u32 {
    match precision {
        Precision::F32 => values[step].to_bits(),
        Precision::Bf16 => {
            let low = bf16::from_f32(values[2 * step]).to_bits();
            let high = values.get(2 * step + 1).map_or(0, |v| bf16::from_f32(*v).to_bits());
            u32::from(low) | (u32::from(high) << 16)
        }
    }
}

/// A weight of `n` output features by `k` inputs, in panels of 64 outputs, each of 32-bit words in one of two orders.
#[derive(Debug, Clone)]
pub struct Packed {
    n: usize,
    k: usize,
    precision: Precision,
    order: Order,
    words: Vec<u32>,
}

/// Columns that an AVX2 kernel holds at one time: two registers of f32.
pub(super) const STRIP: usize = 16;

/// How the words of a panel follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// `[steps][64]`.
    Whole,
    /// `[4][steps][16]`: so a kernel that reads sixteen columns reads strictly forward.
    Strips,
}

impl Order {
    fn of(precision: Precision) -> Self {
        #[cfg(target_arch = "x86_64")]
        if precision == Precision::F32 && precision.has_fast_kernel() && !is_x86_feature_detected!("avx512f")
        {
            return Order::Strips;
        }
        let _ = precision;
        Order::Whole
    }

    /// Columns that so many outputs take up: a thin factor in strips is no wider than it must be.
    fn columns(self, n: usize) -> usize {
        match self {
            Order::Whole => n.next_multiple_of(WIDTH),
            Order::Strips => n.next_multiple_of(STRIP),
        }
    }

    /// The place of a word in a panel of so many steps.
    fn place(self, steps: usize, step: usize, column: usize) -> usize {
        match self {
            Order::Whole => step * WIDTH + column,
            Order::Strips => (column / STRIP * steps + step) * STRIP + column % STRIP,
        }
    }
}

impl Packed {
    /// Packs `weight`, row-major `n × k`; missing columns of the last panel are zero.
    ///
    /// # Panics
    /// When `weight` does not hold `n · k` values: a caller's mistake, not an input's.
    pub fn new(weight: &[f32], n: usize, k: usize, precision: Precision) -> Self {
        assert_eq!(weight.len(), n * k, "weight of {n} × {k}");
        let (steps, order) = (k.div_ceil(precision.per_word()), Order::of(precision));
        let mut words = vec![0u32; order.columns(n) * steps];
        // An adapter may leave a module out: then k is 0 and there are no words.
        words.par_chunks_mut((steps * WIDTH).max(1)).enumerate().for_each(|(panel, out)| {
            for column in 0..WIDTH.min(n - panel * WIDTH) {
                let row = &weight[(panel * WIDTH + column) * k..][..k];
                for step in 0..steps {
                    out[order.place(steps, step, column)] = word(precision, row, step);
                }
            }
        });
        Self { n, k, precision, order, words }
    }

    /// Packs the transpose of `weight`, row-major `k × n`: the weight of the backward product.
    pub fn new_transposed(weight: &[f32], n: usize, k: usize, precision: Precision) -> Self {
        assert_eq!(weight.len(), n * k, "weight of {k} × {n}");
        let mut turned = vec![0f32; n * k];
        turned.par_chunks_mut(k.max(1)).enumerate().for_each(|(row, out)| {
            for (column, value) in out.iter_mut().enumerate() {
                *value = weight[column * n + row];
            }
        });
        Self::new(&turned, n, k, precision)
    }

    /// Output features.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Inputs.
    pub fn k(&self) -> usize {
        self.k
    }

    /// What the weight was rounded to.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// Panels of [`WIDTH`] output features, the last one perhaps partly used.
    pub(super) fn panels(&self) -> usize {
        self.n.div_ceil(WIDTH)
    }

    /// Words along k.
    pub(super) fn steps(&self) -> usize {
        self.k.div_ceil(self.precision.per_word())
    }

    /// The words of one panel; the last one's may be fewer.
    pub(super) fn panel(&self, panel: usize) -> &[u32] {
        let size = self.steps() * WIDTH;
        &self.words[panel * size..((panel + 1) * size).min(self.words.len())]
    }

    /// Writes row `row` of the weight (`k` values) to `out`: how a tied embedding is looked up.
    pub fn read_row(&self, row: usize, out: &mut [f32]) {
        let panel = self.panel(row / WIDTH);
        let column = row % WIDTH;
        match self.precision {
            Precision::F32 => {
                for (step, value) in out.iter_mut().enumerate() {
                    *value = f32::from_bits(panel[self.order.place(self.k, step, column)]);
                }
            }
            Precision::Bf16 => {
                for (i, value) in out.iter_mut().enumerate() {
                    let word = panel[self.order.place(self.steps(), i / 2, column)];
                    let half = if i % 2 == 0 { word << 16 } else { word & 0xffff_0000 };
                    *value = f32::from_bits(half);
                }
            }
        }
    }
}

/// Activations of `rows × k`, rounded for the product: row-major 32-bit words.
#[derive(Debug)]
pub struct Operand<'a> {
    pub(super) rows: usize,
    pub(super) k: usize,
    pub(super) precision: Precision,
    pub(super) words: Cow<'a, [u32]>,
}

impl<'a> Operand<'a> {
    /// Rounds `x`, row-major `rows × k`; in f32 it is read where it lies.
    pub fn new(x: &'a [f32], rows: usize, k: usize, precision: Precision) -> Self {
        assert_eq!(x.len(), rows * k, "activations of {rows} × {k}");
        let words = match precision {
            Precision::F32 => {
                // SAFETY: u32 has the size and the alignment of f32, and every pattern of bits is a value of both.
                Cow::Borrowed(unsafe { std::slice::from_raw_parts(x.as_ptr().cast(), x.len()) })
            }
            Precision::Bf16 => {
                let steps = k.div_ceil(2);
                let mut words = vec![0u32; rows * steps];
                // Small batches are rounded sooner than handed to another thread.
                let share = (PARALLEL_FROM / k.max(1)).max(1);
                words.par_chunks_mut(share * steps).zip(x.par_chunks(share * k)).for_each(|(words, x)| {
                    for (row, out) in x.chunks_exact(k).zip(words.chunks_exact_mut(steps)) {
                        round_row(row, out);
                    }
                });
                Cow::Owned(words)
            }
        };
        Self { rows, k, precision, words }
    }

    /// As [`Operand::new`], of values that go with it.
    pub fn owned(x: Vec<f32>, rows: usize, k: usize, precision: Precision) -> Operand<'static> {
        let Operand { words, .. } = Operand::new(&x, rows, k, precision);
        let words = match words {
            Cow::Owned(words) => words,
            Cow::Borrowed(_) => x.into_iter().map(f32::to_bits).collect(),
        };
        Operand { rows, k, precision, words: Cow::Owned(words) }
    }

    pub(super) fn steps(&self) -> usize {
        self.k.div_ceil(self.precision.per_word())
    }
}

/// Values from which rounding is worth a second thread.
const PARALLEL_FROM: usize = 64 * 1024;

vectorised! {
    /// Rounds one row to bf16 pairs.
    fn round_row(row: &[f32], out: &mut [u32]) {
        let pairs = row.chunks_exact(2);
        if let ([last], Some(word)) = (pairs.remainder(), out.last_mut()) {
            *word = round_bf16(*last) >> 16;
        }
        for (pair, word) in pairs.zip(out) {
            *word = (round_bf16(pair[0]) >> 16) | (round_bf16(pair[1]) & 0xffff_0000);
        }
    }
}

/// bfloat16 by nearest even, left in the upper half of the word; NaN stays NaN.
#[inline(always)]
fn round_bf16(v: f32) -> u32 {
    let bits = v.to_bits();
    let rounded = bits.wrapping_add(0x7fff + ((bits >> 16) & 1));
    if v.is_nan() { bits | 0x0040_0000 } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_agrees_with_half() {
        for v in [0.0f32, -0.0, 1.0, 1.001, -3.15625, 65504.0, 1e-30, 3.3e38, f32::INFINITY] {
            assert_eq!((round_bf16(v) >> 16) as u16, bf16::from_f32(v).to_bits(), "{v}");
        }
        assert!(f32::from_bits(round_bf16(f32::NAN) & 0xffff_0000).is_nan());
    }

    #[test]
    fn a_packed_row_reads_back() {
        let (n, k) = (70, 5);
        let weight: Vec<f32> = (0..n * k).map(|i| i as f32).collect();
        for precision in [Precision::F32, Precision::Bf16] {
            let packed = Packed::new(&weight, n, k, precision);
            let mut row = vec![0f32; k];
            packed.read_row(66, &mut row);
            let expect: Vec<f32> = (0..k)
                .map(|i| match precision {
                    Precision::F32 => weight[66 * k + i],
                    Precision::Bf16 => bf16::from_f32(weight[66 * k + i]).to_f32(),
                })
                .collect();
            assert_eq!(row, expect);
        }
    }
}
