//! What an import leaves behind: shards of examples, what was rejected, and the manifest.

mod folder;
mod manifest;
mod rejects;
mod shard;
pub(super) mod table;

pub(super) use folder::{FINDINGS, Found, OutFolder, PART, PROVENANCE, REFUSED, UNFINISHED, open, open_new};
pub use manifest::{FileState, Manifest, Shard, SourceState};
pub(super) use manifest::{MANIFEST, shards_in};
pub(super) use rejects::Rejects;
pub use shard::ShardFormat;
pub(super) use shard::{ShardWriter, shard_name};
