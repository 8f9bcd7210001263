//! A folder that is being written to: by one process, with its state on the disk.

use std::fs::File;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::manifest::MANIFEST;
use crate::atomic;
use crate::error::{Error, IoContext, Result};
use crate::lock::{self, Lock};

/// File of the state, there until the work is finished.
pub(in crate::data) const UNFINISHED: &str = "unfinished.json";
/// List of what an audit found, beside its manifest.
pub(in crate::data) const FINDINGS: &str = "findings.jsonl";
/// Where each synthetic example comes from.
pub(in crate::data) const PROVENANCE: &str = "provenance.jsonl";
/// The candidates that became no synthetic examples.
pub(in crate::data) const REFUSED: &str = "refused.jsonl";
/// File that is locked while somebody writes; there until the work is finished.
const LOCK: &str = ".lock";
/// How the names of files begin that are being written.
pub(in crate::data) const PART: &str = ".part-";

/// What lies in a folder that is to be written to.
pub(in crate::data) enum Found<S, M> {
    /// Nothing yet.
    Nothing(OutFolder),
    /// Work that was stopped, with its state.
    Unfinished(OutFolder, S),
    /// Finished work; only where work was to go on, which then is none.
    Finished(M),
}

/// Opens a folder to write to it: an empty or a new one, or that of work which goes on. `what` names the work ("import").
///
/// # Errors
/// Something else lies there, there is nothing to go on with, or somebody else writes there.
pub(in crate::data) fn open<S: DeserializeOwned, M: DeserializeOwned>(
    out: &Path,
    resume: bool,
    what: &str,
) -> Result<Found<S, M>> {
    if !out.join(UNFINISHED).exists() {
        let manifest = out.join(MANIFEST);
        if manifest.exists() && resume {
            return read(&manifest).map(Found::Finished);
        }
        if manifest.exists() {
            return Err(Error::input(format!("{} lies there already", a(what)))
                .in_file(out)
                .help("choose another folder"));
        }
        if resume {
            return Err(Error::input(format!("there is no {what} to go on with")).in_file(out));
        }
        return begin(out).map(Found::Nothing);
    }
    let folder = OutFolder::lock(out)?;
    if !resume {
        return Err(Error::input(format!("{} lies there that was stopped", a(what)))
            .in_file(out)
            .help("go on with --resume, or choose another folder"));
    }
    let state = read(&out.join(UNFINISHED))?;
    sweep(out)?;
    Ok(Found::Unfinished(folder, state))
}

/// Opens a folder for work that cannot go on, only begin anew: an empty or a new one.
///
/// # Errors
/// Something lies there, or somebody else writes there.
pub(in crate::data) fn open_new(out: &Path, what: &str) -> Result<OutFolder> {
    for (name, state) in [(UNFINISHED, "that was stopped"), (MANIFEST, "already")] {
        if out.join(name).exists() {
            return Err(Error::input(format!("{} lies there {state}", a(what)))
                .in_file(out)
                .help("delete the folder, or choose another one"));
        }
    }
    begin(out)
}

fn a(what: &str) -> String {
    let article = if what.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {what}")
}

fn begin(out: &Path) -> Result<OutFolder> {
    std::fs::create_dir_all(out).doing("make the folder", out)?;
    if !is_empty(out)? {
        return Err(Error::input("something else lies there")
            .in_file(out)
            .expected("an empty folder, or a new one"));
    }
    let folder = OutFolder::lock(out)?;
    sweep(out)?;
    Ok(folder)
}

/// Whether nothing lies there, but for what a process left that was killed before it began.
fn is_empty(folder: &Path) -> Result<bool> {
    for entry in std::fs::read_dir(folder).doing("list", folder)? {
        let name = entry.doing("list", folder)?.file_name().to_string_lossy().into_owned();
        if name != LOCK && !is_part(&name) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_part(name: &str) -> bool {
    name.starts_with(PART) || atomic::is_temporary(name)
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = std::fs::read_to_string(path).asked("read", path)?;
    serde_json::from_str(&text).map_err(|e| {
        Error::input("this is no state of work that this program can go on with")
            .in_file(path)
            .because(e)
            .help("write into a new folder")
    })
}

/// A folder with the lock on it.
pub(in crate::data) struct OutFolder {
    path: PathBuf,
    /// Held as long as the value lives.
    _lock: File,
}

impl OutFolder {
    /// Locks a folder that is there.
    ///
    /// # Errors
    /// Another process writes to it, or it takes no files.
    fn lock(path: &Path) -> Result<Self> {
        match lock::take(&path.join(LOCK))? {
            Lock::Held(file) => Ok(Self { path: path.to_owned(), _lock: file }),
            Lock::Taken => Err(Error::input("another process writes to the folder")
                .in_file(path)
                .help("wait for it, or choose another folder")),
            // Hours of work lie here, and a second writer would mix its files with ours.
            Lock::Unknown(_, why) => Err(Error::cannot_run("the folder cannot be locked")
                .in_file(path)
                .help("write to a file system that has locks, and move the folder when it is done")
                .because(why)),
        }
    }

    /// Locks the folder of finished work again, which is to go on.
    ///
    /// # Errors
    /// As for work that begins.
    pub(in crate::data) fn reopen(path: &Path) -> Result<Self> {
        Self::lock(path)
    }

    /// Where it lies.
    pub(in crate::data) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes the state; what was there before stays until it is whole.
    pub(in crate::data) fn save(&self, state: &impl Serialize) -> Result<()> {
        self.write(UNFINISHED, state)
    }

    /// Writes the manifest and takes away what only unfinished work needs.
    pub(in crate::data) fn finish(self, manifest: &impl Serialize) -> Result<()> {
        self.write(MANIFEST, manifest)?;
        for name in [UNFINISHED, LOCK] {
            let path = self.path.join(name);
            if path.exists() {
                std::fs::remove_file(&path).doing("remove", &path)?;
            }
        }
        sync(&self.path)
    }

    fn write(&self, name: &str, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value)
            .map_err(|e| Error::cannot_run(format!("{name} cannot be written")).because(e))?;
        atomic::write_durable(&self.path.join(name), text.as_bytes())
    }
}

/// Makes the names in a folder outlive a loss of power; where folders cannot be opened, the system does so itself.
fn sync(folder: &Path) -> Result<()> {
    #[cfg(unix)]
    File::open(folder).and_then(|f| f.sync_all()).doing("write", folder)?;
    #[cfg(not(unix))]
    let _ = folder;
    Ok(())
}

/// Takes away what a killed process was writing.
fn sweep(folder: &Path) -> Result<()> {
    for entry in std::fs::read_dir(folder).doing("list", folder)? {
        let path = entry.doing("list", folder)?.path();
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if path.is_dir() {
            sweep(&path)?;
        } else if is_part(&name) {
            std::fs::remove_file(&path).doing("remove", &path)?;
        }
    }
    Ok(())
}
