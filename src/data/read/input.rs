//! A file's bytes: unpacked, and in UTF-8.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::error::{IoContext, Result};

const BUFFER: usize = 256 * 1024;

/// How a file writes its letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// UTF-8; records that are not are rejected.
    #[default]
    Utf8,
    /// ISO 8859-1: every byte is a letter.
    Latin1,
}

impl Encoding {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Utf8, Self::Latin1];

    /// The name in a recipe.
    pub fn id(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Latin1 => "latin-1",
        }
    }
}

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Gzip,
    Zstd,
}

impl Packing {
    /// By the first bytes: names lie, and are written in capitals.
    fn of(begin: &[u8]) -> Option<Self> {
        match begin {
            [0x1f, 0x8b, ..] => Some(Self::Gzip),
            // The second is a frame that is skipped, as parallel packers write first.
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Some(Self::Zstd),
            _ => None,
        }
    }
}

/// Whether a file is packed, by its first bytes.
///
/// # Errors
/// It cannot be read.
pub(super) fn is_packed(path: &Path) -> Result<bool> {
    let mut begin = Vec::new();
    File::open(path).asked("open", path)?.take(4).read_to_end(&mut begin).doing("read", path)?;
    Ok(Packing::of(&begin).is_some())
}

/// Hears how many more bytes of the file itself were read.
pub(in crate::data) type Heard<'a> = &'a (dyn Fn(u64) + Sync);

/// A file's bytes, unpacked where they are packed, in UTF-8.
///
/// # Errors
/// It cannot be opened.
pub(in crate::data) fn open<'a>(
    path: &Path,
    encoding: Encoding,
    heard: Heard<'a>,
) -> Result<Box<dyn Read + 'a>> {
    let file = Counted { bytes: File::open(path).asked("open", path)?, heard };
    let mut file = BufReader::with_capacity(BUFFER, file);
    let packing = Packing::of(file.fill_buf().asked("read", path)?);
    let unpacked: Box<dyn Read + 'a> = match packing {
        Some(Packing::Gzip) => Box::new(MultiGzDecoder::new(file)),
        Some(Packing::Zstd) => Box::new(zstd::Decoder::with_buffer(file).doing("unpack", path)?),
        None => Box::new(file),
    };
    Ok(match encoding {
        Encoding::Utf8 => unpacked,
        Encoding::Latin1 => Box::new(FromLatin1 { bytes: unpacked, rest: None }),
    })
}

struct Counted<'a, R> {
    bytes: R,
    heard: Heard<'a>,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let read = self.bytes.read(out)?;
        (self.heard)(read as u64);
        Ok(read)
    }
}

/// Latin-1 read as UTF-8: each byte from 0x80 on becomes two.
struct FromLatin1<R> {
    bytes: R,
    /// The second byte of a letter that did not fit.
    rest: Option<u8>,
}

impl<R: Read> Read for FromLatin1<R> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        let mut filled = 0;
        if let Some(byte) = self.rest.take() {
            out[0] = byte;
            filled = 1;
        }
        // Even if every byte becomes two, at most one of them is left over.
        let mut narrow = vec![0; (out.len() - filled).div_ceil(2)];
        let read = self.bytes.read(&mut narrow)?;
        for &byte in &narrow[..read] {
            let wide = char::from(byte);
            let mut letter = [0; 2];
            for &part in wide.encode_utf8(&mut letter).as_bytes() {
                match out.get_mut(filled) {
                    Some(place) => {
                        *place = part;
                        filled += 1;
                    }
                    None => self.rest = Some(part),
                }
            }
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn packed_files_are_unpacked_whatever_their_names() {
        let folder = tempfile::tempdir().unwrap();
        let text = "a line\n".repeat(1000);
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("a.txt"), &text).unwrap();
        let mut gz = flate2::write::GzEncoder::new(File::create(at("a.txt.gz")).unwrap(), Default::default());
        gz.write_all(text.as_bytes()).unwrap();
        gz.finish().unwrap();
        std::fs::write(at("a.txt.zst"), zstd::encode_all(text.as_bytes(), 1).unwrap()).unwrap();
        std::fs::copy(at("a.txt.gz"), at("A.TXT.GZ")).unwrap();
        std::fs::copy(at("a.txt.zst"), at("b.txt")).unwrap();
        std::fs::copy(at("a.txt"), at("c.txt.gz")).unwrap();
        for name in ["a.txt", "a.txt.gz", "a.txt.zst", "A.TXT.GZ", "b.txt", "c.txt.gz"] {
            assert_eq!(is_packed(&at(name)).unwrap(), !["a.txt", "c.txt.gz"].contains(&name), "{name}");
            let (mut read, bytes) = (String::new(), AtomicU64::new(0));
            let heard = |n| _ = bytes.fetch_add(n, Ordering::Relaxed);
            open(&at(name), Encoding::Utf8, &heard).unwrap().read_to_string(&mut read).unwrap();
            assert_eq!(read, text, "{name}");
            assert_eq!(bytes.into_inner(), at(name).metadata().unwrap().len(), "{name}");
        }
    }

    #[test]
    fn latin_1_becomes_utf_8_through_any_buffer() {
        let narrow: Vec<u8> = (1..=255).collect();
        let wide: String = narrow.iter().map(|b| char::from(*b)).collect();
        for size in 1..9 {
            let mut reader = FromLatin1 { bytes: &narrow[..], rest: None };
            let (mut found, mut buffer) = (Vec::new(), vec![0; size]);
            loop {
                let n = reader.read(&mut buffer).unwrap();
                if n == 0 {
                    break;
                }
                found.extend_from_slice(&buffer[..n]);
            }
            assert_eq!(String::from_utf8(found).unwrap(), wide, "{size}");
        }
    }
}
