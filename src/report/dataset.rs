//! `stats.html` and its pictures: what a data set holds, and what it lacks.

mod bars;
mod page;
mod rows;

use super::canvas;
use crate::atomic;
use crate::data::stats::Measured;
use crate::error::{IoContext, Result};
use std::path::Path;

/// The pictures' files.
const PICTURES: [&str; 3] = ["categories.png", "personas.png", "answers.png"];

/// The files that [`write_dataset`] writes, the page first.
pub fn dataset_files() -> impl Iterator<Item = &'static str> {
    ["stats.html"].into_iter().chain(PICTURES).chain(["counts.json"])
}

/// Writes the page, its pictures and the counts to `folder`, which is made where it is not there.
///
/// A picture of something that was not counted is not written; an older one of that name is removed.
///
/// # Errors
/// When the disk is full or the folder takes no files.
pub fn write_dataset(measured: &Measured, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).doing("make the folder", folder)?;
    let pictures = [bars::categories(measured), bars::personas(measured), bars::answers(measured)];
    for (name, drawing) in PICTURES.into_iter().zip(pictures) {
        let path = folder.join(name);
        match drawing {
            Some(drawing) => canvas::write_png(&drawing, &path)?,
            None if path.exists() => std::fs::remove_file(&path).doing("remove", &path)?,
            None => {}
        }
    }
    measured.counts.write(&folder.join("counts.json"))?;
    // The page comes last: where it lies, everything else does too.
    atomic::write(&folder.join("stats.html"), page::html(measured)?.as_bytes())
}
