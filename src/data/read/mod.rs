//! Files as records: unpacked, taken apart, each record with its place.

mod container;
mod elements;
mod group;
mod input;
mod json;
mod lines;
mod parquet;
mod reading;
mod record;
mod rows;
mod table;
mod value;
mod walk;
mod window;
mod yaml;

pub use container::Container;
pub use input::Encoding;
pub use reading::{Reading, Records};
pub(super) use record::{Content, Record};
pub(super) use walk::walk;
