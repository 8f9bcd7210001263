//! A GGUF header's metadata, passed over for the one value that candle does not check.

use std::io::{BufReader, Error, ErrorKind, Read, Result, Seek};

/// Type numbers of GGUF's values without a fixed size.
const TEXT: u32 = 8;
const ARRAY: u32 = 9;
/// Arrays within arrays; candle refuses what is nested deeper.
const DEEPEST: usize = 64;

/// Whether the header sets `general.alignment` to 0: candle 0.11 divides by it and panics.
///
/// A header that cannot be read sets nothing; candle says what is wrong with it. The reader ends at its beginning.
pub(super) fn sets_alignment_to_zero<R: Read + Seek>(reader: &mut BufReader<R>) -> Result<bool> {
    let zero = Header { reader, wide: true }.sets_alignment_to_zero().unwrap_or(false);
    reader.rewind()?;
    Ok(zero)
}

struct Header<'a, R> {
    reader: &'a mut BufReader<R>,
    /// Lengths take 8 bytes; in version 1 they take 4.
    wide: bool,
}

impl<R: Read + Seek> Header<'_, R> {
    fn sets_alignment_to_zero(mut self) -> Result<bool> {
        let (_magic, version) = (self.number()?, self.number()?);
        self.wide = version > 1;
        let (_tensors, entries) = (self.length()?, self.length()?);
        let mut zero = false;
        for _ in 0..entries {
            let length = self.length()?;
            let mut key = Vec::new();
            self.reader.by_ref().take(length).read_to_end(&mut key)?;
            // candle drops zeros at a text's end, and takes the last of entries with one key.
            let end = key.iter().rposition(|b| *b != 0).map_or(0, |i| i + 1);
            let named = key[..end] == *b"general.alignment";
            let kind = self.number()?;
            match size(kind) {
                // Integers of up to 32 bits; candle ignores an alignment of any other type.
                Some(n) if named && kind <= 5 => {
                    let mut value = Vec::new();
                    self.reader.by_ref().take(n).read_to_end(&mut value)?;
                    zero = value.iter().all(|b| *b == 0);
                }
                _ => {
                    zero &= !named;
                    self.pass(kind, 0)?;
                }
            }
        }
        Ok(zero)
    }

    fn pass(&mut self, kind: u32, depth: usize) -> Result<()> {
        match (size(kind), kind) {
            (Some(n), _) => self.skip(n),
            (None, TEXT) => {
                let n = self.length()?;
                self.skip(n)
            }
            (None, ARRAY) if depth <= DEEPEST => {
                let (kind, count) = (self.number()?, self.length()?);
                match size(kind) {
                    Some(n) => self.skip(count.saturating_mul(n)),
                    None => (0..count).try_for_each(|_| self.pass(kind, depth + 1)),
                }
            }
            _ => Err(ErrorKind::InvalidData.into()),
        }
    }

    fn number(&mut self) -> Result<u32> {
        let mut bytes = [0; 4];
        self.reader.read_exact(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn length(&mut self) -> Result<u64> {
        if !self.wide {
            return self.number().map(u64::from);
        }
        let mut bytes = [0; 8];
        self.reader.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn skip(&mut self, bytes: u64) -> Result<()> {
        self.reader.seek_relative(i64::try_from(bytes).map_err(Error::other)?)
    }
}

/// Bytes of a value of this type, where all have as many.
fn size(kind: u32) -> Option<u64> {
    match kind {
        0 | 1 | 7 => Some(1),
        2 | 3 => Some(2),
        4..=6 => Some(4),
        10..=12 => Some(8),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;

    /// A header without tensors: keys with a type and the value's bytes.
    fn header(version: u32, entries: &[(&str, u32, &[u8])]) -> Vec<u8> {
        let length = |n: usize| (n as u64).to_le_bytes()[..if version > 1 { 8 } else { 4 }].to_vec();
        let mut bytes = [b"GGUF", &version.to_le_bytes()[..], &length(0), &length(entries.len())].concat();
        for (key, kind, value) in entries {
            bytes.extend([&length(key.len())[..], key.as_bytes(), &kind.to_le_bytes(), value].concat());
        }
        bytes
    }

    fn zero(bytes: Vec<u8>) -> bool {
        let mut reader = BufReader::new(Cursor::new(bytes));
        let zero = sets_alignment_to_zero(&mut reader).expect("memory can be read");
        assert_eq!(reader.stream_position().expect("a place"), 0);
        zero
    }

    #[test]
    fn an_alignment_of_zero_is_found_wherever_candle_would_take_it() {
        const KEY: &str = "general.alignment";
        // Two texts, "ab" and "", in an array within an array.
        let texts = [
            &ARRAY.to_le_bytes()[..],
            &1u64.to_le_bytes(),
            &TEXT.to_le_bytes(),
            &2u64.to_le_bytes(),
            &2u64.to_le_bytes(),
            b"ab",
            &0u64.to_le_bytes(),
        ]
        .concat();
        let numbers = [&4u32.to_le_bytes()[..], &2u64.to_le_bytes(), &[9; 8]].concat();
        let before = [("a", ARRAY, &texts[..]), ("b", ARRAY, &numbers), ("c", 12, &[0; 8]), ("d", 7, &[1])];
        for (kind, value) in
            [(0, &[0][..]), (1, &[0]), (2, &[0; 2]), (3, &[0; 2]), (4, &[0; 4]), (5, &[0; 4])]
        {
            assert!(zero(header(3, &[&before[..], &[(KEY, kind, value)]].concat())), "{kind}");
            assert!(zero(header(1, &[("x", 0, &[7]), (KEY, kind, value)])), "{kind}");
        }
        assert!(zero(header(3, &[("general.alignment\0\0", 4, &[0; 4]), ("a", 0, &[1])])));
        assert!(zero(header(3, &[(KEY, 4, &[32, 0, 0, 0]), (KEY, 4, &[0; 4])])));
        for fine in [
            &[(KEY, 4, &[32, 0, 0, 0][..])][..],
            &[(KEY, 10, &[0; 8])],
            &[(KEY, 4, &[0; 4]), (KEY, 4, &[32, 0, 0, 0])],
            &[(KEY, 4, &[0; 4]), (KEY, 10, &[0; 8])],
            &[("other", 4, &[0; 4])],
            &[],
        ] {
            assert!(!zero(header(3, fine)), "{fine:?}");
        }
    }

    #[test]
    fn a_broken_header_is_left_to_candle() {
        let whole = header(3, &[("a", TEXT, &[0xff; 8]), ("b", ARRAY, &[0xff; 12])]);
        for length in 0..=whole.len() {
            assert!(!zero(whole[..length].to_vec()));
        }
        // Arrays in arrays in arrays, deeper than the stack.
        let nested = [&ARRAY.to_le_bytes()[..], &1u64.to_le_bytes()].concat().repeat(1_000_000);
        assert!(!zero(header(3, &[("a", ARRAY, &nested)])));
    }
}
