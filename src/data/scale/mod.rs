//! `data make-scale`: as many rows as one likes, made from a few real ones, to measure with.
//!
//! What comes out is for timing only. Its sentences are real, their order is not, and it says so in `source`.

mod generate;
mod pieces;

pub use generate::{ScaleOptions, Scaled, make_scale};
