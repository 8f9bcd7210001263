//! Data sets as tables: what DataFusion runs, here or on a cluster.

mod count;
mod dataset;
mod engine;
mod example_line;
mod functions;
mod scan;

pub(super) use count::{Group, groups, traits, unique};
pub(super) use dataset::DataFile;
pub use dataset::DataFolder;
pub use engine::Limits;
pub(super) use engine::{Engine, Partitions, told};
pub(super) use functions::{content, copy, tagged};
pub(super) use scan::{Stray, Strays, scan, scan_all};
