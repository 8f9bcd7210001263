//! The counts of a source: they must add up, and be what the recipe expects.

use super::super::recipe::Source;
use super::super::write::{FileState, SourceState};
use crate::error::{Error, Result};

/// Every record must be an example or a reject, and there must be as many as the recipe says.
pub(super) fn check(source: &Source, state: &SourceState) -> Result<()> {
    let (records, taken) = (state.sum(|f| f.records), state.sum(|f| f.taken));
    let (rows, rejects) = (state.sum(|f| f.rows), state.sum(FileState::rejects));
    let written: u64 = state.shards.iter().map(|s| s.rows).sum();
    if taken + rejects != records || written != rows {
        return Err(Error::cannot_run(format!(
            "the counts of `{}` do not add up: {records} records, {taken} taken, {rejects} rejected; {rows} examples, \
             {written} written",
            source.name
        ))
        .help("this is a mistake of the program: please report it"));
    }
    if let Some(expected) = source.expect.filter(|expected| *expected != records) {
        return Err(Error::input(format!(
            "the source `{}` has {records} records, the recipe expects {expected}",
            source.name
        ))
        .help(
            "its files are not those that the recipe was written for: mend `expect` and end the import with --resume, or \
             mend the files and import into a new folder",
        ));
    }
    Ok(())
}
