//! The folder of a training: what it may hold before, and what must not stay in it.

use super::examples::Reject;
use crate::atomic;
use crate::error::{Error, IoContext, Kind, Result};
use crate::lock;
use crate::model::adapter::ADAPTER_FILES;
use crate::train::{TrainingRecord, differences};
use serde_json::Value;
use std::fs::File;
use std::path::{Component, Path, PathBuf};

/// The file that a stopped course goes on from; gone when all steps are done.
pub const CHECKPOINT: &str = "checkpoint.safetensors";
/// The journal.
pub const JOURNAL: &str = "training.jsonl";
/// The record, written last.
pub const RECORD: &str = "training.json";
/// What was no example, did not fit, or is held out of a persona that nothing trains.
pub const REJECTS: &str = "training.rejects.jsonl";
/// Locked by the process that trains; also the mark by which a folder of a training is known.
pub const LOCK: &str = ".training.lock";
/// An adapter's model card.
pub(super) const CARD: &str = "README.md";
/// The record of adapters that are being written over, kept for their names.
const FORMER: &str = "training.former.json";

/// Where a course leaves its work.
#[derive(Debug, Clone)]
pub struct CourseOptions {
    /// Folder of the adapters, the journal and the record.
    pub out: PathBuf,
    /// Whether it goes on from the folder's checkpoint, where there is one; a training that is done stays as it is.
    pub resume: bool,
    /// Whether a finished training in the folder may be written over.
    pub overwrite: bool,
    /// Whether it trains no further: the adapters are those of the checkpoint, which stays, so that it can go on later.
    pub finish: bool,
    /// The base's name, for the adapters' configurations.
    pub base_name: String,
}

/// Refuses a folder that holds a training or adapters, unless they are to go on or to be written over.
fn check(options: &CourseOptions) -> Result<()> {
    let file = |name: &str| options.out.join(name);
    if options.overwrite {
        return Ok(());
    }
    let lies = |what: &str, path: &Path, help: &str| {
        Err(Error::input(format!("{what} in the folder")).in_file(path).help(help))
    };
    if file(CHECKPOINT).exists() {
        return match options.resume {
            true => Ok(()),
            false => lies(
                "an unfinished training lies",
                &file(CHECKPOINT),
                "go on with --resume, or give another folder, or --overwrite",
            ),
        };
    }
    if file(RECORD).exists() {
        return match options.resume {
            true => Ok(()),
            false => lies("a finished training lies", &file(RECORD), "give another folder, or --overwrite"),
        };
    }
    // Those of a training that was being written over are ours.
    if file(FORMER).exists() {
        return Ok(());
    }
    // Beside another program's adapters the new ones would be taken for theirs.
    let held = std::iter::once(options.out.clone()).chain(folders(&options.out)?);
    let held = held.map(|folder| folder.join(ADAPTER_FILES[0])).find(|path| path.exists());
    held.map_or(Ok(()), |path| {
        lies("an adapter that another program made lies", &path, "give another folder, or --overwrite")
    })
}

/// The folders in a folder, in the order of their names; none where it is not there.
fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    if folder.is_dir() {
        for entry in std::fs::read_dir(folder).doing("list", folder)? {
            all.push(entry.doing("list", folder)?.path());
        }
    }
    all.retain(|path| path.is_dir());
    all.sort();
    Ok(all)
}

/// Takes the folder for this process, if [`check`] has nothing against it: before, so that a refused folder stays as it is, and
/// again when no other process can change it any more.
pub(super) fn take(options: &CourseOptions) -> Result<File> {
    check(options)?;
    let out = &options.out;
    std::fs::create_dir_all(out).doing("make the folder", out)?;
    let lock = lock::take(&out.join(LOCK))?.if_free().ok_or_else(|| {
        Error::cannot_run("another process is training into this folder")
            .in_file(out)
            .help("wait until it ends, or give another folder")
    })?;
    check(options)?;
    Ok(lock)
}

/// Clears a folder that was taken: where a training is written over, nothing can go on from it from now on.
pub(super) fn clear(options: &CourseOptions, adapters: &[String]) -> Result<()> {
    let out = &options.out;
    if options.overwrite {
        remove(&out.join(CHECKPOINT))?;
        set_aside_record(out)?;
    }
    for folder in std::iter::once(out.clone()).chain(adapters.iter().map(|name| out.join(name))) {
        remove_leftovers(&folder)?;
    }
    Ok(())
}

/// Moves the record of adapters that are about to be written over out of the way.
pub(super) fn set_aside_record(out: &Path) -> Result<()> {
    let record = out.join(RECORD);
    match record.exists() {
        true => std::fs::rename(&record, out.join(FORMER)).doing("move", &record),
        false => Ok(()),
    }
}

/// The record of a training that is done already, where it is the one that is to go on.
pub(super) fn finished(options: &CourseOptions, made_of: &Value) -> Result<Option<TrainingRecord>> {
    let path = options.out.join(RECORD);
    if !options.resume || !path.exists() || options.out.join(CHECKPOINT).exists() {
        return Ok(None);
    }
    let record = TrainingRecord::read(&path)?;
    let differences = differences(&record.made_of, made_of);
    if differences.is_empty() {
        return Ok(Some(record));
    }
    Err(Error::input("the folder holds another training, which is done")
        .in_file(path)
        .because(differences.join("\n  "))
        .help("give another folder, or --overwrite"))
}

/// Files that a killed training was writing.
fn remove_leftovers(folder: &Path) -> Result<()> {
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).doing("list", folder)? {
        let path = entry.doing("list", folder)?.path();
        let left = path.file_name().is_some_and(|n| atomic::is_temporary(&n.to_string_lossy()));
        if left && path.is_file() {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Lists what was no example, where there is any; another training's list goes.
pub(super) fn write_rejects<'a>(rejects: impl Iterator<Item = &'a Reject>, out: &Path) -> Result<()> {
    let mut text = String::new();
    for reject in rejects {
        let line = serde_json::to_string(reject)
            .map_err(|e| Error::cannot_run("the list of rejects cannot be written").because(e))?;
        text.push_str(&line);
        text.push('\n');
    }
    match text.is_empty() {
        true => remove(&out.join(REJECTS)),
        false => atomic::write(&out.join(REJECTS), text.as_bytes()),
    }
}

/// Removes adapters of the training that was written over, where the new one has none of their names: else both would be taken
/// for one training's.
pub(super) fn remove_former_adapters(out: &Path, kept: &[String]) -> Result<()> {
    let former = out.join(FORMER);
    // A record that cannot be read is no reason to lose a training that has just ended.
    let adapters = TrainingRecord::read(&former).map(|record| record.adapters).unwrap_or_default();
    let is_name = |name: &str| {
        let parts: Vec<Component<'_>> = Path::new(name).components().collect();
        matches!(parts[..], [Component::Normal(_)])
    };
    for name in adapters.iter().map(|a| &a.name).filter(|name| !kept.contains(name) && is_name(name)) {
        let folder = out.join(name);
        for file in ADAPTER_FILES.into_iter().chain([CARD]) {
            remove(&folder.join(file))?;
        }
        // What else lies there is the user's, and keeps the folder.
        let _ = std::fs::remove_dir(&folder);
    }
    remove(&former)
}

/// Waits until an adapter's files are on the disk: the checkpoint that they came from goes after them.
pub(super) fn sync(folder: &Path) -> Result<()> {
    for file in ADAPTER_FILES {
        let path = folder.join(file);
        File::open(&path).and_then(|file| file.sync_all()).doing("write", &path)?;
    }
    Ok(())
}

/// Removes a file, where there is one.
pub(super) fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e).doing("remove", path),
        _ => Ok(()),
    }
}

/// Says how to go on, after a stop or where the error does not know better.
pub(super) fn stopped(error: Error, checkpoint_every: usize) -> Error {
    match (error.kind(), checkpoint_every) {
        (Kind::Interrupted, 0) => error.help("without checkpoints (`checkpoint_every: 0`) it begins anew"),
        (Kind::Interrupted, _) => error.help("the same command with --resume goes on from here"),
        (_, 0) => error,
        // A full disk, say.
        _ => error.or_help("once that is mended (a full disk, say), the same command with --resume goes on from the last checkpoint"),
    }
}
