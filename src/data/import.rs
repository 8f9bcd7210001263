//! `data import`: from a recipe's files to shards of examples.
//!
//! One thread reads records, all threads turn them into examples, and they are written in the order of the files, so that the
//! shards hang on nothing but the recipe and its files. Each shard that is full is named in the manifest at once: an import
//! that was stopped, by whatever, goes on behind the last one.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};

use rayon::prelude::*;

use super::convert::Converted;
use super::read::{Record, walk};
use super::recipe::{Recipe, Source};
use super::row::Row;
use super::write::{FileState, MANIFEST, Manifest, PART, Rejects, ShardFormat, ShardWriter, SourceState};
use crate::error::{Error, IoContext, Result};
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
    let manifest = begin(recipe, options)?;
    let reused = manifest.sources.iter().map(|s| s.sum(|f| f.records)).sum();
    let rejects = Rejects::open(&options.out, manifest.rejects_bytes)?;
    let mut work = Import { options, progress, manifest, rejects };
    for (place, source) in recipe.sources.iter().enumerate() {
        let left = work.manifest.sources[place].files.iter().filter(|f| !f.finished).map(|f| f.bytes).sum();
        progress.start(&source.name, Some(left));
        let done = work.source(place, source);
        progress.finish();
        done?;
    }
    work.manifest.finished = true;
    work.save()?;
    Ok(Imported { manifest: work.manifest, reused })
}

/// A new manifest, or the one that goes on.
fn begin(recipe: &Recipe, options: &ImportOptions) -> Result<Manifest> {
    let out = &options.out;
    std::fs::create_dir_all(out).doing("make the folder", out)?;
    let into = out.canonicalize().doing("look at", out)?;
    for file in recipe.sources.iter().flat_map(|s| &s.files) {
        // Its own shards would be read as sources, or written over.
        if file.path.canonicalize().is_ok_and(|inside| inside.starts_with(&into)) {
            return Err(Error::input("a source lies in the folder that is written to")
                .in_file(&file.path)
                .help("choose another folder"));
        }
    }
    let fresh = Manifest {
        version: Manifest::VERSION,
        recipe_sha256: recipe.sha256.clone(),
        format: options.format.id().to_owned(),
        rows_per_shard: options.rows_per_shard,
        finished: false,
        rejects_bytes: 0,
        sources: recipe.sources.iter().map(fresh_source).collect::<Result<_>>()?,
    };
    match Manifest::read(out)? {
        Some(found) if options.resume => {
            if found.finished {
                return Err(Error::input("the import is finished").in_file(out.join(MANIFEST)));
            }
            let differences = differences(&found, &fresh);
            if differences.is_empty() {
                sweep(out)?;
                return Ok(found);
            }
            Err(Error::input(format!("the import was begun otherwise: {}", differences.join("; ")))
                .in_file(out.join(MANIFEST))
                .help("take these back, or import into a new folder"))
        }
        Some(found) => Err(Error::input(match found.finished {
            true => "an import lies there already",
            false => "an import lies there that was stopped",
        })
        .in_file(out)
        .help(if found.finished {
            "choose another folder"
        } else {
            "go on with --resume, or choose another folder"
        })),
        None if options.resume => Err(Error::input("there is no import to go on with").in_file(out)),
        None if std::fs::read_dir(out).doing("list", out)?.next().is_some() => {
            Err(Error::input("something else lies there")
                .in_file(out)
                .expected("an empty folder, or a new one"))
        }
        None => {
            // From here on there is something to go on with.
            fresh.write(out)?;
            Ok(fresh)
        }
    }
}

/// Takes away what a killed import was writing.
fn sweep(out: &Path) -> Result<()> {
    for entry in std::fs::read_dir(out).doing("list", out)? {
        let path = entry.doing("list", out)?.path();
        if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PART)) {
            std::fs::remove_file(&path).doing("remove", &path)?;
        }
    }
    Ok(())
}

fn fresh_source(source: &Source) -> Result<SourceState> {
    let file = |path: &Path| -> Result<FileState> {
        Ok(FileState {
            path: path.display().to_string(),
            bytes: path.metadata().asked("look at", path)?.len(),
            records: 0,
            taken: 0,
            rows: 0,
            trimmed: 0,
            rejected: Default::default(),
            finished: false,
        })
    };
    Ok(SourceState {
        name: source.name.to_string(),
        licence: source.licence.to_string(),
        files: source.files.iter().map(|f| file(&f.path)).collect::<Result<_>>()?,
        shards: Vec::new(),
    })
}

/// In what a stopped import was begun otherwise than it would be now.
fn differences(found: &Manifest, now: &Manifest) -> Vec<String> {
    let mut all = Vec::new();
    if found.recipe_sha256 != now.recipe_sha256 {
        all.push("another recipe".to_owned());
    }
    if found.format != now.format {
        all.push(format!("shards in {}, now {}", found.format, now.format));
    }
    if found.rows_per_shard != now.rows_per_shard {
        all.push(format!("{} rows a shard, now {}", found.rows_per_shard, now.rows_per_shard));
    }
    let files = |m: &Manifest| -> Vec<(String, u64)> {
        m.sources.iter().flat_map(|s| s.files.iter().map(|f| (f.path.clone(), f.bytes))).collect()
    };
    let (before, after) = (files(found), files(now));
    for (path, bytes) in &after {
        match before.iter().find(|(p, _)| p == path) {
            None => all.push(format!("{path} is new")),
            Some((_, earlier)) if earlier != bytes => {
                all.push(format!("{path} had {earlier} bytes, now {bytes}"));
            }
            Some(_) => {}
        }
    }
    all.extend(
        before
            .iter()
            .filter(|(p, _)| !after.iter().any(|(q, _)| p == q))
            .map(|(p, _)| format!("{p} is gone")),
    );
    all
}

struct Import<'a> {
    options: &'a ImportOptions,
    progress: &'a dyn Progress,
    /// Counts what was written; on the disk it stands as of the last whole shard.
    manifest: Manifest,
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
        self.manifest.rejects_bytes = self.rejects.flush()?;
        self.manifest.write(&self.options.out)
    }

    fn source(&mut self, place: usize, source: &Source) -> Result<()> {
        let Some(first) = self.manifest.sources[place].first_open() else { return Ok(()) };
        let mut shard = None;
        for file in first..source.files.len() {
            self.file(place, source, file, &mut shard)?;
        }
        self.close(place, &mut shard)?;
        check_counts(source, &self.manifest.sources[place])
    }

    /// Reads one file behind the records that are done.
    fn file(
        &mut self,
        place: usize,
        source: &Source,
        file: usize,
        shard: &mut Option<ShardWriter>,
    ) -> Result<()> {
        let done = self.manifest.sources[place].files[file].records;
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
        self.manifest.sources[place].files[file].finished = true;
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
        let mut rows: Vec<Row> = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            let state = &mut self.manifest.sources[place].files[file];
            state.records = outcome.number;
            match outcome.converted {
                Ok(converted) => {
                    state.taken += 1;
                    state.rows += converted.rows.len() as u64;
                    state.trimmed += u64::from(converted.trimmed);
                    rows.extend(converted.rows);
                }
                Err(why) => {
                    state.reject(&why);
                    self.rejects.add((&source.name, &state.path), (outcome.number, outcome.line), &why)?;
                }
            }
            let full =
                shard.as_ref().map_or(0, ShardWriter::rows) + rows.len() >= self.options.rows_per_shard;
            if full {
                self.write(place, shard, &rows)?;
                rows.clear();
                self.close(place, shard)?;
            }
        }
        if rows.is_empty() { Ok(()) } else { self.write(place, shard, &rows) }
    }

    fn write(&mut self, place: usize, shard: &mut Option<ShardWriter>, rows: &[Row]) -> Result<()> {
        let mut open = match shard.take() {
            Some(open) => open,
            None => {
                let state = &self.manifest.sources[place];
                let name = format!("{}-{:05}.{}", state.name, state.shards.len(), self.options.format.id());
                ShardWriter::new(self.options.out.join(name), self.options.format)?
            }
        };
        open.write(rows)?;
        *shard = Some(open);
        Ok(())
    }

    /// Ends the open shard, if there is one, and names it in the manifest.
    fn close(&mut self, place: usize, shard: &mut Option<ShardWriter>) -> Result<()> {
        if let Some(open) = shard.take() {
            self.manifest.sources[place].shards.push(open.close()?);
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

/// Every record must be an example or a reject, and there must be as many as the recipe says.
fn check_counts(source: &Source, state: &SourceState) -> Result<()> {
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
    match source.expect {
        Some(expected) if expected != records => Err(Error::input(format!(
            "the source `{}` has {records} records, the recipe expects {expected}",
            source.name
        ))
        .help("its files are not those that the recipe was written for; mend the files, or `expect`")),
        _ => Ok(()),
    }
}
