//! One file on its way into the cache: temporary name, size and sha256 checked, renamed.

use std::io::{Read, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::cache::{PART, set_readable};
use super::catalog::SourceFile;
use crate::error::{Error, IoContext, Result};
use crate::model::hex;
use crate::progress::Progress;

/// Writes one file under a temporary name, checks size and sha256, and renames it; gives the sha256.
pub(super) fn place(
    reader: &mut dyn Read,
    file: &SourceFile,
    path: &Path,
    progress: &dyn Progress,
) -> Result<String> {
    let dir = path.parent().unwrap_or(Path::new("."));
    let mut part = tempfile::Builder::new().prefix(PART).tempfile_in(dir).doing("write the file", path)?;
    progress.start(&file.name, file.size);
    let copied = copy(reader, &mut part, file.size, path, progress);
    progress.finish();
    let (size, sha256) = copied?;
    if let Some(expected) = file.size.filter(|expected| *expected != size) {
        return Err(Error::cannot_run(format!("`{}` has another size: {size} bytes or more", file.path))
            .expected(format!("{expected} bytes")));
    }
    if let Some(expected) = file.sha256.as_ref().filter(|expected| **expected != sha256) {
        return Err(Error::cannot_run(format!("`{}` has another sha256: {sha256}", file.path))
            .expected(expected.as_str()));
    }
    part.as_file().sync_all().doing("write the file", path)?;
    set_readable(part.path());
    part.persist(path).map_err(|e| e.error).doing("rename the file", path)?;
    Ok(sha256)
}

/// Copies no more than the expected size and one byte: a source that never ends must not fill the disk.
fn copy(
    reader: &mut dyn Read,
    writer: &mut dyn Write,
    expected: Option<u64>,
    path: &Path,
    progress: &dyn Progress,
) -> Result<(u64, String)> {
    let mut reader = reader.take(expected.map_or(u64::MAX, |e| e.saturating_add(1)));
    let mut hash = Sha256::new();
    let mut buffer = vec![0u8; 1 << 16];
    let mut size = 0;
    loop {
        let n = reader.read(&mut buffer).doing("read the source of", path)?;
        if n == 0 {
            return Ok((size, hex(&hash.finalize())));
        }
        hash.update(&buffer[..n]);
        writer.write_all(&buffer[..n]).doing("write", path)?;
        size += n as u64;
        progress.advance(n as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn placed(bytes: &[u8], size: Option<u64>, sha256: Option<&str>) -> (Result<String>, Vec<String>) {
        let dir = tempfile::tempdir().unwrap();
        let file =
            SourceFile { name: "m".into(), path: "in/m".into(), size, sha256: sha256.map(str::to_owned) };
        let result = place(&mut &bytes[..], &file, &dir.path().join("m"), &Silent);
        let names =
            std::fs::read_dir(dir.path()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        (result, names.collect())
    }

    #[test]
    fn a_file_that_is_right_arrives_under_its_name() {
        let (result, files) = placed(b"abc", Some(3), Some(ABC));
        assert_eq!((result.unwrap().as_str(), files), (ABC, vec!["m".to_owned()]));
        assert_eq!(placed(b"abc", None, None).0.unwrap(), ABC);
    }

    #[test]
    fn a_file_that_is_wrong_leaves_nothing_behind() {
        for (bytes, size, wanted) in [
            (&b"ab"[..], Some(3), "another size: 2 bytes"),
            (b"abcdefgh", Some(3), "another size: 4 bytes or more"),
            (b"abd", Some(3), "another sha256"),
            (b"", None, "another sha256"),
        ] {
            let (result, files) = placed(bytes, size, Some(ABC));
            let err = result.unwrap_err().to_string();
            assert!(err.contains(wanted) && err.contains("expected"), "{err}");
            assert!(files.is_empty(), "{files:?}");
        }
    }

    #[test]
    fn a_source_that_breaks_off_leaves_nothing_behind() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("the line went dead"))
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let file = SourceFile { name: "m".into(), path: "m".into(), size: None, sha256: None };
        let mut reader = (&b"ab"[..]).chain(Broken);
        let err = place(&mut reader, &file, &dir.path().join("m"), &Silent).unwrap_err().to_string();
        assert!(err.contains("the line went dead"), "{err}");
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
