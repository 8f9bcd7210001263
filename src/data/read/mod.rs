//! Files as records: unpacked, taken apart, each record with its place.

mod container;
mod group;
mod input;
mod json;
mod lines;
mod parquet;
mod record;
mod walk;

pub use container::Container;
pub use input::Encoding;
pub(super) use record::Record;
pub use walk::Reading;
pub(super) use walk::walk;
