//! Files that are whole or not there: written under a temporary name beside the target, then renamed.

use crate::error::{IoContext, Result};
use std::io::Write;
use std::path::Path;

/// Writes `bytes` to `path`; until the rename, what was there before stays.
///
/// # Errors
/// When the disk is full or the folder is gone.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The process's umask still applies; a temporary file would else be for its owner only.
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).doing("make a temporary file in", folder)?;
    file.write_all(bytes).and_then(|()| file.flush()).doing("write", path)?;
    file.persist(path).map_err(|e| e.error).doing("rename to", path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
