//! The block product with AVX2 and FMA: up to six rows by sixteen columns of a panel, held in registers.
//!
//! Each sum takes its terms in the same order, and rounds them the same way, as with AVX-512: the results are the same bits.
#![cfg(target_arch = "x86_64")]

use super::avx512::Factor;
use super::packed::STRIP;
use std::arch::x86_64::*;

/// Writes `M × columns` results to `out` (row stride `ldo`).
///
/// # Safety
/// The processor has AVX2 and FMA; `x` is readable for `M` rows of `steps` words, `w` for as many strips of `steps × 16` words as the columns take up, `out` writable
/// for `M` rows of `columns ≤ 64` values.
#[target_feature(enable = "avx2,fma")]
unsafe fn block<const M: usize>(factors: &[Factor; 2], out: *mut f32, ldo: usize, columns: usize) {
    for first in (0..columns).step_by(STRIP) {
        let mut acc = [[_mm256_setzero_ps(); 2]; M];
        for f in factors {
            for p in 0..f.steps {
                // SAFETY: within the ranges that the caller vouches for.
                unsafe {
                    // Strips of a panel follow each other.
                    let w = f.w.add(first * f.steps + p * STRIP).cast::<f32>();
                    let b = [_mm256_loadu_ps(w), _mm256_loadu_ps(w.add(8))];
                    for (m, acc) in acc.iter_mut().enumerate() {
                        let a = _mm256_broadcast_ss(&*f.x.add(m * f.stride + p).cast::<f32>());
                        acc[0] = _mm256_fmadd_ps(a, b[0], acc[0]);
                        acc[1] = _mm256_fmadd_ps(a, b[1], acc[1]);
                    }
                }
            }
        }
        let left = (columns - first).min(STRIP);
        for (m, sums) in acc.iter().enumerate() {
            // SAFETY: within the columns that the caller vouches for.
            unsafe {
                let to = out.add(m * ldo + first);
                if left == STRIP {
                    _mm256_storeu_ps(to, sums[0]);
                    _mm256_storeu_ps(to.add(8), sums[1]);
                } else {
                    let mut whole = [0f32; STRIP];
                    _mm256_storeu_ps(whole.as_mut_ptr(), sums[0]);
                    _mm256_storeu_ps(whole.as_mut_ptr().add(8), sums[1]);
                    std::ptr::copy_nonoverlapping(whole.as_ptr(), to, left);
                }
            }
        }
    }
}

/// `rows ≤ 6` rows of the f32 product. Safety: see the block.
#[target_feature(enable = "avx2,fma")]
pub(super) unsafe fn rows_f32(rows: usize, factors: &[Factor; 2], out: *mut f32, ldo: usize, columns: usize) {
    // SAFETY: passed on to the caller.
    unsafe {
        match rows {
            1 => block::<1>(factors, out, ldo, columns),
            2 => block::<2>(factors, out, ldo, columns),
            3 => block::<3>(factors, out, ldo, columns),
            4 => block::<4>(factors, out, ldo, columns),
            5 => block::<5>(factors, out, ldo, columns),
            _ => block::<6>(factors, out, ldo, columns),
        }
    }
}
