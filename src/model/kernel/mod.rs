//! CPU kernels of the decoder: packed weights and the matrix product over them.
//!
//! A weight is packed once into panels of [`WIDTH`] output features; the product then reads it strictly
//! forward. One output element is always summed in the same order, whatever the number of rows, so a row's
//! result does not depend on its neighbours in the batch.

mod avx2;
mod avx512;
mod matmul;
mod packed;
mod portable;
pub(crate) mod softmax;

pub use matmul::{Extra, Job, matmul};
pub use packed::{Operand, Packed, Precision, WIDTH};
pub(crate) use softmax::vectorised;
pub use softmax::{exp_in_place, silu_mul, silu_mul_backward, softmax_in_place};
