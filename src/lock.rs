//! Files that one process holds at a time: where it writes, no other may.

use crate::error::{IoContext, Result};
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// Opens a file for reading and appending, making it where it is not, and locks it for this process; none where another one holds
/// it. The lock goes with the file, also when the process dies. A file system without locks is no reason not to work: there it is
/// just opened.
///
/// # Errors
/// The file cannot be opened.
pub(crate) fn take(path: &Path) -> Result<Option<File>> {
    let file = OpenOptions::new().create(true).read(true).append(true).open(path).doing("open", path)?;
    Ok(match file.try_lock() {
        Err(TryLockError::WouldBlock) => None,
        Err(TryLockError::Error(_)) | Ok(()) => Some(file),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_held_once_and_free_again_when_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".lock");
        let held = take(&path).unwrap().unwrap();
        assert!(take(&path).unwrap().is_none());
        drop(held);
        assert!(take(&path).unwrap().is_some());
        let told = take(&folder.path().join("none/.lock")).unwrap_err().to_string();
        assert!(told.contains("none/.lock"), "{told}");
    }
}
