//! How tagging is done.

use std::path::PathBuf;

use super::super::query::Place;
use super::super::write::ShardFormat;
use super::tools::Tools;

/// How a data set is tagged.
#[derive(Debug, Clone)]
pub struct TagOptions {
    /// Folder of the tagged files: a new or an empty one, or that of the work that goes on.
    pub out: PathBuf,
    /// How they are written.
    pub format: ShardFormat,
    /// Whether tags that are there are found anew.
    pub retag: bool,
    /// Confidence from which the classifier's persona is taken, 0 to 1; the classifier's own where none.
    pub threshold: Option<f32>,
    /// Whether to go on with the work that lies there.
    pub resume: bool,
    /// Where it is done.
    pub place: Place,
}

impl TagOptions {
    pub(super) fn threshold_of(&self, tools: &Tools) -> f32 {
        self.threshold.unwrap_or_else(|| tools.tagger().classifier().threshold())
    }
}
