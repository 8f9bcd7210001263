//! Baselines: runs that were accepted, kept small and whole in `suites/baselines/`.

mod accept;
#[allow(clippy::module_inception, reason = "one type a file, the file named after it")]
mod baseline;
mod columns;
mod noise;

pub use accept::accept;
pub use baseline::{BASELINE_VERSION, Baseline};
pub use noise::noise;
