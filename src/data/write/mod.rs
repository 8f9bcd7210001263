//! What an import leaves behind: shards of examples, what was rejected, and the manifest.

mod manifest;
mod rejects;
mod shard;
mod table;

pub(super) use manifest::MANIFEST;
pub use manifest::{FileState, Manifest, Shard, SourceState};
pub(super) use rejects::Rejects;
pub use shard::ShardFormat;
pub(super) use shard::{PART, ShardWriter};
