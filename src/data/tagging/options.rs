//! How tagging is done.

use std::path::PathBuf;

use super::super::write::ShardFormat;

/// How a data set is tagged.
#[derive(Debug, Clone)]
pub struct TagOptions {
    /// Folder of the tagged files: a new or an empty one, or that of the work that goes on.
    pub out: PathBuf,
    /// How they are written.
    pub format: ShardFormat,
    /// Whether tags that are there are found anew.
    pub retag: bool,
    /// Confidence from which the classifier's persona is taken, 0 to 1.
    pub threshold: f32,
    /// Whether to go on with the work that lies there.
    pub resume: bool,
}
