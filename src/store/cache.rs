//! The cache folder for models: where files lie, and which of them were verified.

use std::ffi::OsString;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use crate::error::{Error, IoContext, Result};
use crate::model::sha256_file;
use crate::progress::Progress;

/// The environment variable that names the folder.
pub const HOME_VARIABLE: &str = "PERSONA_EVAL_HOME";

/// Prefix of whatever is not whole yet; such files are never read and are swept away by the next fetch.
pub(super) const PART: &str = ".part-";

/// A folder with one sub-folder for each model: `models/NAME/FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    root: PathBuf,
}

impl Cache {
    /// The cache in this folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// `PERSONA_EVAL_HOME`, else `XDG_CACHE_HOME/persona-eval`, else the system's own place for caches
    /// (`~/.cache`, on macOS `~/Library/Caches`, on Windows `%LOCALAPPDATA%`).
    ///
    /// # Errors
    /// None of them is set.
    pub fn from_env() -> Result<Self> {
        Self::locate(|name| std::env::var_os(name), std::env::home_dir())
    }

    fn locate(variable: impl Fn(&str) -> Option<OsString>, home: Option<PathBuf>) -> Result<Self> {
        let folder = |name: &str| variable(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        if let Some(root) = folder(HOME_VARIABLE) {
            return Ok(Self::new(root));
        }
        // The XDG specification: a relative path is to be ignored.
        if let Some(xdg) = folder("XDG_CACHE_HOME").filter(|path| path.is_absolute()) {
            return Ok(Self::new(xdg.join("persona-eval")));
        }
        let local = folder("LOCALAPPDATA").filter(|_| cfg!(windows));
        let caches = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
        let home = home.filter(|home| !home.as_os_str().is_empty()).map(|home| home.join(caches));
        local.or(home).map(|caches| Self::new(caches.join("persona-eval"))).ok_or_else(|| {
            Error::cannot_run("there is no folder for the cache: no home folder is known")
                .help(format!("set {HOME_VARIABLE} to a folder"))
        })
    }

    /// The cache folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder of a model.
    pub fn model_dir(&self, model: &str) -> PathBuf {
        self.root.join("models").join(model)
    }

    /// Where a file of a model lies, or would lie.
    pub fn file(&self, model: &str, name: &str) -> PathBuf {
        self.model_dir(model).join(name)
    }
}

/// What a file was when it was hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    size: u64,
    /// Nanoseconds since 1970, as text, since JSON numbers are not that long.
    modified: String,
    sha256: String,
}

fn stamp_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".verified");
    PathBuf::from(name)
}

fn size_and_time(path: &Path) -> Option<(u64, String)> {
    let meta = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    let modified = meta.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some((meta.len(), modified.as_nanos().to_string()))
}

/// The sha256 that was found when the file was last hashed, if it is unchanged in size and time since.
pub(super) fn stamped_sha256(path: &Path) -> Option<String> {
    let (size, modified) = size_and_time(path)?;
    let stamp: Stamp = serde_json::from_slice(&std::fs::read(stamp_path(path)).ok()?).ok()?;
    (stamp.size == size && stamp.modified == modified).then_some(stamp.sha256)
}

/// The sha256 that was once recorded for the file, whatever became of the file since.
pub(super) fn recorded_sha256(path: &Path) -> Option<String> {
    let stamp: Stamp = serde_json::from_slice(&std::fs::read(stamp_path(path)).ok()?).ok()?;
    Some(stamp.sha256)
}

/// Remembers a file's sha256. A cache that cannot be written to is no error: the file is hashed again next time.
pub(super) fn write_stamp(path: &Path, sha256: &str) {
    let Some((size, modified)) = size_and_time(path) else { return };
    let stamp = Stamp { size, modified, sha256: sha256.to_owned() };
    let (Ok(json), Some(dir)) = (serde_json::to_vec(&stamp), path.parent()) else { return };
    let Ok(part) = tempfile::Builder::new().prefix(PART).tempfile_in(dir) else { return };
    if std::fs::write(part.path(), json).is_ok() {
        set_readable(part.path());
        // Failing is fine, see above.
        let _ = part.persist(stamp_path(path));
    }
}

/// Temporary files are private; a cache may be shared like any other downloaded file.
#[cfg(unix)]
pub(super) fn set_readable(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    // Failing only keeps the file private.
    let _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644));
}

#[cfg(not(unix))]
pub(super) fn set_readable(_path: &Path) {}

/// Hashes a file of the cache, telling that it does.
pub(super) fn hashed(path: &Path, progress: &dyn Progress) -> Result<String> {
    progress.start(&format!("checking {}", path.file_name().unwrap_or_default().to_string_lossy()), None);
    let sha256 = sha256_file(path);
    progress.finish();
    sha256
}

/// Takes the lock of a model's folder; a second process waits here for the first.
///
/// The lock goes when the file is dropped, also when the process dies.
pub(super) fn lock(dir: &Path, progress: &dyn Progress) -> Result<File> {
    let path = dir.join(".lock");
    let file =
        File::options().create(true).truncate(false).write(true).open(&path).doing("open the lock", &path)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            progress.start("waiting for another process that fetches the same model", None);
            let locked = file.lock();
            progress.finish();
            locked.doing("lock the model's folder", &path)?;
        }
        Err(TryLockError::Error(e)) => return Err(e).doing("lock the model's folder", &path),
    }
    Ok(file)
}

/// Removes what an interrupted fetch left; call only while holding the lock.
pub(super) fn sweep(dir: &Path) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(PART) {
            let path = entry.path();
            // What cannot be removed is only litter: nothing reads it.
            let _ = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_lies_where_the_environment_says() {
        let locate = |set: &[(&str, &str)], home: Option<&str>| {
            let found = set.to_vec();
            let variable =
                |name: &str| found.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(*v));
            Cache::locate(variable, home.map(PathBuf::from)).map(|c| c.root)
        };
        let all = [("PERSONA_EVAL_HOME", "rel/pe"), ("XDG_CACHE_HOME", "/xdg")];
        assert_eq!(locate(&all, Some("/home/a")).unwrap(), Path::new("rel/pe"));
        assert_eq!(locate(&all[1..], Some("/home/a")).unwrap(), Path::new("/xdg/persona-eval"));
        let by_home =
            locate(&[("XDG_CACHE_HOME", "rel"), ("PERSONA_EVAL_HOME", "")], Some("/home/a")).unwrap();
        assert!(by_home.starts_with("/home/a") && by_home.ends_with("persona-eval"));
        assert!(locate(&[], None).unwrap_err().to_string().contains("PERSONA_EVAL_HOME"));
    }

    #[test]
    fn a_stamp_holds_until_the_file_changes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("m.gguf");
        assert_eq!(stamped_sha256(&path), None);
        std::fs::write(&path, "abc").unwrap();
        write_stamp(&path, "x");
        assert_eq!(stamped_sha256(&path).as_deref(), Some("x"));
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(UNIX_EPOCH + std::time::Duration::from_secs(1)).unwrap();
        assert_eq!(stamped_sha256(&path), None);
        assert_eq!(recorded_sha256(&path).as_deref(), Some("x"));
        std::fs::write(stamp_path(&path), "{").unwrap();
        assert_eq!((stamped_sha256(&path), recorded_sha256(&path)), (None, None));
    }

    #[test]
    fn sweeping_leaves_only_what_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join(".part-pip")).unwrap();
        std::fs::write(dir.path().join(".part-pip/x"), "x").unwrap();
        std::fs::write(dir.path().join(".part-a"), "x").unwrap();
        std::fs::write(dir.path().join("whole"), "x").unwrap();
        sweep(dir.path());
        let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["whole"]);
    }
}
