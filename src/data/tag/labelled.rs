//! The rows of a recipe, read at once: what a tagger learns from fits into memory.

use crate::data::read::walk;
use crate::data::recipe::Recipe;
use crate::data::row::Row;
use crate::error::{Error, Result};
use crate::progress::Progress;

/// All examples of a recipe's sources; records that give none are counted by source.
#[derive(Debug, Default)]
pub struct Labelled {
    /// The examples, in the order of the recipe.
    pub rows: Vec<Row>,
    /// Names of sources with the records that gave none.
    pub rejected: Vec<(String, u64)>,
}

/// Reads the sources of a recipe.
///
/// # Errors
/// A file cannot be read, or a source has another number of records than the recipe expects.
pub fn read_rows(recipe: &Recipe, progress: &dyn Progress) -> Result<Labelled> {
    let mut labelled = Labelled::default();
    for source in &recipe.sources {
        progress.start(&source.name, None);
        let (mut records, mut rejected) = (0u64, 0u64);
        for file in &source.files {
            let origin = source.origin(file);
            walk(&file.path, &source.reading, &|bytes| progress.advance(bytes), &mut |record| {
                records += 1;
                match record.content.value().and_then(|value| source.format.convert(&value, &origin)) {
                    Ok(converted) => labelled.rows.extend(converted.rows),
                    Err(_) => rejected += 1,
                }
                Ok(())
            })?;
        }
        progress.finish();
        if let Some(expected) = source.expect.filter(|expected| *expected != records) {
            return Err(Error::input(format!(
                "the source `{}` has {records} records, the recipe expects {expected}",
                source.name
            )));
        }
        labelled.rejected.push((source.name.to_string(), rejected));
    }
    Ok(labelled)
}
