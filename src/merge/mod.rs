//! Merging adapters into one: exactly, or by the methods that others use, with the error of each against the exact blend.
//!
//! An adapter adds `ΔW = s·B·A` to a module. The exact blend of several is `Σ w_i·s_i·B_i·A_i`, and stacking their factors gives it
//! without an error, at the price of the sum of their ranks. All other methods here lose something: [`Factors::error`] says how much.

mod factors;
mod masks;
#[allow(clippy::module_inception, reason = "one noun a file: the type named as the file")]
mod merge;
mod method;
mod truncate;

pub use factors::{Error2, Factors, Part};
pub use merge::Merge;
pub use method::{Majority, Method, Rules};
