//! The import itself: one reader, all threads convert, one writer.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};

use rayon::prelude::*;

use super::super::convert::Converted;
use super::super::read::{Record, walk};
use super::super::recipe::{Recipe, Source};
use super::super::write::{Manifest, OutFolder, Rejects, ShardFormat, ShardWriter};
use super::begin::{Begun, begin};
use super::counts;
use super::unfinished::Unfinished;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::progress::Progress;

/// Records that are handed over together, at most.
const RECORDS: usize = 4096;
/// Bytes of records that are handed over together, about.
const BYTES: usize = 4 * 1024 * 1024;
/// Handed-over pieces that wait, at most.
const WAITING: usize = 2;

/// How an import is done.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Folder of the shards: a new or an empty one, or that of the import that goes on.
    pub out: PathBuf,
    /// How shards are written.
    pub format: ShardFormat,
    /// Rows from which a shard is full.
    pub rows_per_shard: usize,
    /// Whether to go on with the import that lies there.
    pub resume: bool,
}

/// What came of an import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// What was read, and what became of it.
    pub manifest: Manifest,
    /// Records that an earlier import had done.
    pub reused: u64,
}

/// Imports the sources of a recipe.
///
/// # Errors
/// A file cannot be read or breaks off, the counts of a source are not what the recipe expects, the folder holds something
/// else, or the disk is full. What was written until then stays, and `resume` goes on behind it.
pub fn import(recipe: &Recipe, options: &ImportOptions, progress: &dyn Progress) -> Result<Imported> {
    let (folder, state) = match begin(recipe, options)? {
        Begun::Finished(manifest) => {
            let reused = records(&manifest);
            return Ok(Imported { manifest, reused });
        }
        Begun::Open(folder, state) => (folder, *state),
    };
    let reused = records(&state.manifest);
    let manifest = work(recipe, options, progress, folder, state)
        .map_err(|e| e.or_help("what was written stays: go on with the same command and --resume"))?;
    Ok(Imported { manifest, reused })
}

fn records(manifest: &Manifest) -> u64 {
    manifest.sources.iter().map(|s| s.sum(|f| f.records)).sum()
}

fn work(
    recipe: &Recipe,
    options: &ImportOptions,
    progress: &dyn Progress,
    folder: OutFolder,
    state: Unfinished,
) -> Result<Manifest> {
    let rejects = Rejects::open(folder.path(), state.rejects_bytes)?;
    let mut work = Import { options, progress, folder, state, rejects };
    for (place, source) in recipe.sources.iter().enumerate() {
        let files = work.state.sources[place].files.iter().zip(&work.state.manifest.sources[place].files);
        let left = files.filter(|(progress, _)| !progress.finished).map(|(_, file)| file.bytes).sum();
        progress.start(&source.name, Some(left));
        let done = work.source(place, source);
        progress.finish();
        done?;
    }
    // Also of the sources that were read before: a count that does not fit must not pass by going on.
    for (source, state) in recipe.sources.iter().zip(&work.state.manifest.sources) {
        counts::check(source, state)?;
    }
    work.folder.finish(&work.state.manifest)?;
    Ok(work.state.manifest)
}

struct Import<'a> {
    options: &'a ImportOptions,
    progress: &'a dyn Progress,
    folder: OutFolder,
    /// Counts what was written; on the disk it stands as of the last whole shard.
    state: Unfinished,
    rejects: Rejects,
}

/// A record's place, and what became of it.
struct Outcome {
    number: u64,
    line: Option<u64>,
    converted: std::result::Result<Converted, String>,
}

impl Import<'_> {
    fn save(&mut self) -> Result<()> {
        self.rejects.flush()?;
        self.state.rejects_bytes = self.rejects.bytes();
        self.folder.save(&self.state)
    }

    fn source(&mut self, place: usize, source: &Source) -> Result<()> {
        let Some(first) = self.state.first_open(place) else { return Ok(()) };
        let from = self.rejects.bytes();
        self.state.sources[place].rejects_from.get_or_insert(from);
        let mut shard = None;
        for file in first..source.files.len() {
            self.file(place, source, file, &mut shard)?;
        }
        self.close(place, &mut shard)?;
        // Told at once, not after the other sources' hours.
        counts::check(source, &self.state.manifest.sources[place])
    }

    /// Reads one file behind the records that are done.
    fn file(
        &mut self,
        place: usize,
        source: &Source,
        file: usize,
        shard: &mut Option<ShardWriter>,
    ) -> Result<()> {
        let done = self.state.manifest.sources[place].files[file].records;
        let path = &source.files[file].path;
        let progress = self.progress;
        let (sender, receiver) = sync_channel(WAITING);
        std::thread::scope(|scope| {
            let reader = scope.spawn(move || read(path, source, done, progress, &sender));
            let written = receiver.into_iter().try_for_each(|records| {
                interrupt::check()?;
                self.take((place, source, file), records, shard)
            });
            // What the writer met comes first: the reader then only knows that nobody listens any more.
            let read =
                reader.join().unwrap_or_else(|_| Err(Error::cannot_run("the file's reader broke down")));
            written.and(read)
        })?;
        self.state.sources[place].files[file].finished = true;
        Ok(())
    }

    /// Converts records and writes what comes of them, in their order.
    fn take(
        &mut self,
        (place, source, file): (usize, &Source, usize),
        records: Vec<Record>,
        shard: &mut Option<ShardWriter>,
    ) -> Result<()> {
        let origin = source.origin(&source.files[file]);
        let outcomes: Vec<Outcome> = records
            .into_par_iter()
            .map(|Record { number, line, content }| {
                let converted = content.value().and_then(|value| source.format.convert(&value, &origin));
                Outcome { number, line, converted }
            })
            .collect();
        for outcome in outcomes {
            let state = &mut self.state.manifest.sources[place].files[file];
            state.records = outcome.number;
            match outcome.converted {
                Ok(converted) => {
                    state.taken += 1;
                    state.rows += converted.rows.len() as u64;
                    state.trimmed += u64::from(converted.trimmed);
                    for row in converted.rows {
                        self.writer(place, shard)?.add(row)?;
                    }
                }
                Err(why) => {
                    state.reject(&why);
                    self.rejects.add((&source.name, &state.path), (outcome.number, outcome.line), &why)?;
                }
            }
            if shard.as_ref().is_some_and(|s| s.rows() >= self.options.rows_per_shard) {
                self.close(place, shard)?;
            }
        }
        Ok(())
    }

    /// The open shard, or a new one.
    fn writer<'s>(&self, place: usize, shard: &'s mut Option<ShardWriter>) -> Result<&'s mut ShardWriter> {
        if shard.is_none() {
            let state = &self.state.manifest.sources[place];
            let name = format!("{}-{:05}.{}", state.name, state.shards.len(), self.options.format.id());
            *shard = Some(ShardWriter::new(self.folder.path(), name, self.options.format)?);
        }
        shard.as_mut().ok_or_else(|| Error::cannot_run("no shard is open"))
    }

    /// Ends the open shard, if there is one, and names it in the manifest.
    fn close(&mut self, place: usize, shard: &mut Option<ShardWriter>) -> Result<()> {
        if let Some(open) = shard.take() {
            self.state.manifest.sources[place].shards.push(open.close()?);
        }
        self.save()
    }
}

/// Sends the records behind the first `done` on, a handful at a time.
fn read(
    path: &Path,
    source: &Source,
    done: u64,
    progress: &dyn Progress,
    sender: &SyncSender<Vec<Record>>,
) -> Result<()> {
    let (mut records, mut bytes) = (Vec::new(), 0);
    let send = |records: Vec<Record>| {
        sender.send(records).map_err(|_| Error::interrupted("nobody takes the records any more"))
    };
    let heard = |bytes| progress.advance(bytes);
    walk(path, &source.reading, &heard, &mut |record| {
        if record.number <= done {
            return Ok(());
        }
        bytes += record.content.size();
        records.push(record);
        if records.len() >= RECORDS || bytes >= BYTES {
            bytes = 0;
            send(std::mem::take(&mut records))?;
        }
        Ok(())
    })?;
    if records.is_empty() { Ok(()) } else { send(records) }
}
