//! Baselines: runs that were accepted, kept small and whole in `suites/baselines/`.

mod accept;
mod baseline;
mod columns;
mod noise;

pub use accept::accept;
pub use baseline::{BASELINE_VERSION, Baseline};
pub use noise::noise;
