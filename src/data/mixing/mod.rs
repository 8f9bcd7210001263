//! `data mix`: from tagged examples to the mixtures of the curriculum's phases.

mod draw;
mod gather;
mod run;

pub use run::{MixOptions, Mixed, mix};
