//! Operations of a block that candle does not have with a backward pass, or not fast.
//!
//! On a CPU each is one fused custom operation with its own gradient; elsewhere it is composed of candle's
//! differentiable operations. The composed form is also what the tests compare the fused one with.

mod rms_norm;
mod swiglu;

pub use rms_norm::rms_norm;
pub use swiglu::swiglu;
