//! The block product with AVX-512: up to six rows by one panel of 64 columns, held in registers.
#![cfg(target_arch = "x86_64")]

use std::arch::x86_64::*;

/// Rows that share one pass over a panel: 6 × 4 accumulators leave registers for the panel and the broadcast.
pub(super) const ROWS: usize = 6;

/// Words of one side of a product: activations with their row stride, and the panel they meet.
#[derive(Clone, Copy)]
pub(super) struct Factor {
    pub x: *const u32,
    pub stride: usize,
    pub w: *const u32,
    pub steps: usize,
}

macro_rules! block {
    ($name:ident, $features:literal, $step:ident) => {
        /// Writes `M × columns` results to `out` (row stride `ldo`).
        ///
        /// # Safety
        /// The processor has the named features; `x` is readable for `M` rows of `steps` words, `w` for
        /// `steps × 64` words, `out` writable for `M` rows of `columns ≤ 64` values.
        #[target_feature(enable = $features)]
        unsafe fn $name<const M: usize>(factors: &[Factor; 2], out: *mut f32, ldo: usize, columns: usize) {
            let mut acc = [[_mm512_setzero_ps(); 4]; M];
            for f in factors {
                for p in 0..f.steps {
                    // SAFETY: within the ranges that the caller vouches for.
                    unsafe {
                        let w = f.w.add(p * 64);
                        let b = [
                            _mm512_loadu_si512(w.cast()),
                            _mm512_loadu_si512(w.add(16).cast()),
                            _mm512_loadu_si512(w.add(32).cast()),
                            _mm512_loadu_si512(w.add(48).cast()),
                        ];
                        for m in 0..M {
                            let a = _mm512_set1_epi32(*f.x.add(m * f.stride + p) as i32);
                            for j in 0..4 {
                                acc[m][j] = $step(acc[m][j], a, b[j]);
                            }
                        }
                    }
                }
            }
            for (m, sums) in acc.iter().enumerate() {
                for (j, sum) in sums.iter().enumerate() {
                    let left = columns.saturating_sub(j * 16).min(16);
                    let mask = ((1u32 << left) - 1) as u16;
                    // SAFETY: the mask keeps the store within `columns`.
                    unsafe { _mm512_mask_storeu_ps(out.add(m * ldo + j * 16), mask, *sum) };
                }
            }
        }
    };
}

#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
#[inline]
fn step_bf16(acc: __m512, a: __m512i, b: __m512i) -> __m512 {
    // SAFETY: both are 512 bits of bf16 pairs.
    unsafe {
        _mm512_dpbf16_ps(
            acc,
            std::mem::transmute::<__m512i, __m512bh>(a),
            std::mem::transmute::<__m512i, __m512bh>(b),
        )
    }
}

#[target_feature(enable = "avx512f")]
#[inline]
fn step_f32(acc: __m512, a: __m512i, b: __m512i) -> __m512 {
    _mm512_fmadd_ps(_mm512_castsi512_ps(a), _mm512_castsi512_ps(b), acc)
}

block!(block_bf16, "avx512f,avx512bw,avx512bf16", step_bf16);
block!(block_f32, "avx512f", step_f32);

macro_rules! by_rows {
    ($block:ident, $rows:expr, $args:tt) => {
        match $rows {
            1 => $block::<1> $args,
            2 => $block::<2> $args,
            3 => $block::<3> $args,
            4 => $block::<4> $args,
            5 => $block::<5> $args,
            _ => $block::<6> $args,
        }
    };
}

/// `rows ≤ 6` rows of the bf16 product. Safety: see the block.
#[target_feature(enable = "avx512f,avx512bw,avx512bf16")]
pub(super) unsafe fn rows_bf16(
    rows: usize,
    factors: &[Factor; 2],
    out: *mut f32,
    ldo: usize,
    columns: usize,
) {
    // SAFETY: passed on to the caller.
    unsafe { by_rows!(block_bf16, rows, (factors, out, ldo, columns)) }
}

/// `rows ≤ 6` rows of the f32 product. Safety: see the block.
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn rows_f32(rows: usize, factors: &[Factor; 2], out: *mut f32, ldo: usize, columns: usize) {
    // SAFETY: passed on to the caller.
    unsafe { by_rows!(block_f32, rows, (factors, out, ldo, columns)) }
}
