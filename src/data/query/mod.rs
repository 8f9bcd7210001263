//! Data sets as tables: what DataFusion runs, here or on a cluster.

#[cfg(feature = "cluster")]
mod address;
mod count;
mod dataset;
mod engine;
mod example_line;
mod functions;
mod given;
mod place;
#[cfg(feature = "cluster")]
mod remote;
mod scan;

#[cfg(feature = "cluster")]
pub use address::SchedulerAddress;
pub(super) use count::{Group, groups, traits, unique};
pub(super) use dataset::DataFile;
pub use dataset::DataFolder;
pub use engine::Limits;
pub(super) use engine::{Engine, Partitions, told};
#[cfg(feature = "cluster")]
pub(super) use functions::words;
pub(super) use functions::{content, copy, hash_texts, tagged, versioned};
pub(super) use given::give;
pub use place::Place;
#[cfg(feature = "cluster")]
pub(super) use remote::MESSAGE_BYTES;
pub(super) use scan::{Stray, Strays, other_columns, scan, scan_all};
