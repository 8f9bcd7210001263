//! The block product in plain Rust: for processors without the fast instructions, and the kernels' own check.

use super::packed::{Precision, WIDTH};

/// `out[m][c] = Σ_p x[m][p]·w[p][c]` for one panel, continuing over a second pair of factors.
///
/// `pairs` holds (activation words of this row, panel words); results are summed in f32, in order.
pub(super) fn row(precision: Precision, pairs: [(&[u32], &[u32]); 2], out: &mut [f32; WIDTH]) {
    *out = [0.0; WIDTH];
    for (x, w) in pairs {
        for (word, lane) in x.iter().zip(w.chunks_exact(WIDTH)) {
            match precision {
                Precision::F32 => {
                    let a = f32::from_bits(*word);
                    for (sum, b) in out.iter_mut().zip(lane) {
                        *sum += a * f32::from_bits(*b);
                    }
                }
                Precision::Bf16 => {
                    let (low, high) = split(*word);
                    for (sum, b) in out.iter_mut().zip(lane) {
                        let (b_low, b_high) = split(*b);
                        *sum += low * b_low + high * b_high;
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn split(word: u32) -> (f32, f32) {
    (f32::from_bits(word << 16), f32::from_bits(word & 0xffff_0000))
}
