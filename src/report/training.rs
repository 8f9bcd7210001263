//! `training.html` and its pictures: how a training went.

mod curves;
mod page;

use crate::atomic;
use crate::error::Result;
use crate::train::{JournalLine, TrainingRecord};
use std::path::Path;

/// The pictures' files.
const LOSSES: &str = "losses.png";
const HELDOUT: &str = "heldout.png";
const NORMS: &str = "gradients.png";

/// Writes the page and its pictures to a training's folder.
///
/// # Errors
/// When the disk is full or the folder takes no files.
pub fn write_training(record: &TrainingRecord, journal: &[JournalLine], folder: &Path) -> Result<()> {
    let heldout = curves::heldout(record, journal).map(|curves| (HELDOUT, curves));
    let others = [(LOSSES, curves::losses(record, journal)), (NORMS, curves::norms(record, journal))];
    if heldout.is_none() {
        // Another training's, that was written over.
        let _ = std::fs::remove_file(folder.join(HELDOUT));
    }
    for (name, curves) in others.into_iter().chain(heldout) {
        if curves.series.iter().any(|s| !s.points.is_empty()) {
            curves.write(&folder.join(name))?;
        }
    }
    atomic::write(&folder.join("training.html"), page::html(record, journal)?.as_bytes())
}
