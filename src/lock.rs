//! Files that one process holds at a time: where it writes, no other may.

use crate::error::{IoContext, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// A file for reading and appending, and whether it is this process's alone.
pub(crate) enum Lock {
    /// Locked. The lock goes with the file, also when the process dies.
    Held(File),
    /// Another process holds it.
    Taken,
    /// Its file system has no locks, and says so.
    Unknown(
        File,
        #[cfg_attr(not(feature = "data"), expect(dead_code, reason = "only who refuses to work says why"))]
        std::io::Error,
    ),
}

impl Lock {
    /// The file, unless another process holds it: where a file system without locks is no reason not to work.
    pub(crate) fn if_free(self) -> Option<File> {
        match self {
            Lock::Held(file) | Lock::Unknown(file, _) => Some(file),
            Lock::Taken => None,
        }
    }
}

/// Opens a file, making it where it is not, and locks it for this process.
///
/// # Errors
/// The file cannot be opened.
pub(crate) fn take(path: &Path) -> Result<Lock> {
    let file = OpenOptions::new().create(true).read(true).append(true).open(path).doing("open", path)?;
    Ok(match file.try_lock() {
        Ok(()) => Lock::Held(file),
        Err(TryLockError::WouldBlock) => Lock::Taken,
        Err(TryLockError::Error(why)) => Lock::Unknown(file, why),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_held_once_and_free_again_when_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".lock");
        let held = take(&path).unwrap();
        assert!(matches!(held, Lock::Held(_)));
        assert!(matches!(take(&path).unwrap(), Lock::Taken));
        assert!(take(&path).unwrap().if_free().is_none());
        drop(held);
        assert!(take(&path).unwrap().if_free().is_some());
        let told = take(&folder.path().join("none/.lock")).err().unwrap().to_string();
        assert!(told.contains("none/.lock"), "{told}");
    }
}
