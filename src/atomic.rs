//! Files that are whole or not there: written under a temporary name beside the target, then renamed.

use crate::error::{Error, IoContext, Result};
use std::io::Write;
use std::path::Path;
use tempfile::{NamedTempFile, TempPath};

/// How the names of temporary files begin.
const TEMPORARY: &str = ".tmp";
/// Letters and digits behind that.
const DRAWN: usize = 6;

/// Whether this is the name of a temporary file: what a killed process leaves.
pub(crate) fn is_temporary(name: &str) -> bool {
    let stem = name.strip_prefix(TEMPORARY).and_then(|rest| rest.split('.').next());
    stem.is_some_and(|drawn| drawn.len() == DRAWN && drawn.chars().all(|c| c.is_ascii_alphanumeric()))
}

/// Writes `bytes` to `path`; until the rename, what was there before stays.
///
/// # Errors
/// When the disk is full or the folder is gone.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    write_with(path, |temporary| {
        let mut file = std::fs::OpenOptions::new().write(true).open(temporary).doing("open", temporary)?;
        file.write_all(bytes).and_then(|()| file.flush()).doing("write", path)
    })
}

/// As [`write()`], and on the disk before it returns: a loss of power leaves one of both, whole.
///
/// # Errors
/// As [`write()`].
pub fn write_durable(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = open_beside(path, TEMPORARY).doing("make a temporary file in", folder(path))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).doing("write", path)?;
    file.persist(path).map_err(|e| e.error).doing("rename to", path).map(|_| ())
}

/// Lets `fill` write the file under a temporary name that ends like `path`, then renames it to `path`.
///
/// # Errors
/// When `fill` fails, the disk is full or the folder is gone; the temporary file is then removed.
pub fn write_with(path: &Path, fill: impl FnOnce(&Path) -> Result<()>) -> Result<()> {
    let temporary = temporary(path).doing("make a temporary file in", folder(path))?;
    fill(&temporary)?;
    temporary.persist(path).map_err(|e| e.error).doing("rename to", path)
}

/// Fails where a file that the user wants at `path` could not be written: for work that takes long before it writes.
///
/// # Errors
/// When the folder is not there or takes no files, or `path` is a folder itself.
pub fn check(path: &Path) -> Result<()> {
    if path.is_dir() {
        return Err(Error::input("a folder cannot be written to as a file").in_file(path));
    }
    temporary(path).asked("make a file in the folder", folder(path)).map(|_| ())
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn temporary(path: &Path) -> std::io::Result<TempPath> {
    Ok(open_beside(path, TEMPORARY)?.into_temp_path())
}

/// A temporary file in the folder of `path` with its ending and a name that begins with `prefix`, gone unless it is renamed.
///
/// # Errors
/// The folder is not there or takes no files.
pub(crate) fn open_beside(path: &Path, prefix: &str) -> std::io::Result<NamedTempFile> {
    let suffix = path.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(&suffix).rand_bytes(DRAWN);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The process's umask still applies; a temporary file would else be for its owner only.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Kind;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"two");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(write(&folder.path().join("no/such/folder.txt"), b"x").is_err());
    }

    #[test]
    fn a_failure_half_way_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.png");
        write(&path, b"old").unwrap();
        let result = write_with(&path, |temporary| {
            assert_eq!(temporary.extension().unwrap(), "png");
            std::fs::write(temporary, b"ha").unwrap();
            Err(Error::cannot_run("no more paint"))
        });
        assert!(result.is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"old");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn temporary_files_are_known_by_their_names_and_a_users_are_not_taken_for_such() {
        let folder = tempfile::tempdir().unwrap();
        let made = temporary(&folder.path().join("a.safetensors")).unwrap();
        let name = made.file_name().unwrap().to_string_lossy().into_owned();
        assert!(is_temporary(&name), "{name}");
        for other in [".tmp", ".tmpfiles", ".tmp-notes.txt", "a.tmp", ".tmp_12345.txt"] {
            assert!(!is_temporary(other), "{other}");
        }
    }

    #[test]
    fn a_place_that_takes_no_file_is_found_before_there_is_one_to_write() {
        let folder = tempfile::tempdir().unwrap();
        check(&folder.path().join("a.json")).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left");
        std::fs::write(folder.path().join("file"), "").unwrap();
        for bad in ["no/such/folder.json", "file/a.json", ""] {
            assert_eq!(check(&folder.path().join(bad)).unwrap_err().kind(), Kind::Input, "{bad}");
        }
    }
}
