//! A stretch of a file that grows until a record is whole: what lies in it can be read again.

use std::io::Read;
use std::path::Path;

use crate::error::{IoContext, Result};
use crate::interrupt;

/// Most bytes of one record: a longer one is no example, and would only fill memory.
pub(super) const LONGEST: usize = 16 * 1024 * 1024;
/// Bytes that are read at once.
const CHUNK: usize = 256 * 1024;

/// Bytes of a file from a place that only moves on when its owner says so.
///
/// An open quote is found out megabytes behind the row that it belongs to; the window still holds that row.
pub(super) struct Window<'a> {
    path: &'a Path,
    reader: Box<dyn Read + 'a>,
    bytes: Vec<u8>,
    /// How many of `bytes` are done with.
    done: usize,
    /// Line of the first byte that is held, from 1.
    line: u64,
    /// The byte before the first that is held.
    last: u8,
}

impl<'a> Window<'a> {
    pub(super) fn new(path: &'a Path, reader: Box<dyn Read + 'a>) -> Self {
        Self { path, reader, bytes: Vec::new(), done: 0, line: 1, last: b'\n' }
    }

    pub(super) fn path(&self) -> &'a Path {
        self.path
    }

    /// What is read and not passed yet.
    pub(super) fn held(&self) -> &[u8] {
        &self.bytes[self.done..]
    }

    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// Reads on; false at the file's end.
    pub(super) fn grow(&mut self) -> Result<bool> {
        interrupt::check()?;
        if self.done > self.bytes.len() / 2 {
            self.bytes.drain(..self.done);
            self.done = 0;
        }
        let held = self.bytes.len();
        self.bytes.reserve(CHUNK);
        // A packed file comes in small pieces: few growths are faster than many.
        let read = (&mut self.reader).take(CHUNK as u64).read_to_end(&mut self.bytes);
        let more = self.bytes.len() > held;
        match read {
            // What came before a break may hold records yet; the next growth meets the break again.
            Err(e) if !more => Err(e).doing("read", self.path),
            _ => Ok(more),
        }
    }

    /// The byte at a place, read if need be; none behind the file's end.
    pub(super) fn at(&mut self, place: usize) -> Result<Option<u8>> {
        while self.held().len() <= place {
            if !self.grow()? {
                return Ok(None);
            }
        }
        Ok(Some(self.held()[place]))
    }

    /// Is done with the first `n` bytes that are held.
    pub(super) fn pass(&mut self, n: usize) {
        let passed = &self.bytes[self.done..self.done + n];
        let Some(&last) = passed.last() else { return };
        self.line += line_ends(self.last, passed);
        self.last = last;
        self.done += n;
    }

    /// Is done with the byte order mark, where there is one.
    pub(super) fn pass_mark(&mut self) -> Result<()> {
        self.at(2)?;
        if self.held().starts_with("\u{feff}".as_bytes()) {
            // No part of the text: it ends no line and begins none.
            self.done += 3;
        }
        Ok(())
    }

    /// Is done with the first line, however long; how many bytes it had without its end.
    pub(super) fn pass_line(&mut self) -> Result<u64> {
        let mut passed = 0;
        loop {
            let held = self.held();
            if let Some(end) = held.iter().position(|b| matches!(b, b'\n' | b'\r')) {
                let crlf = held[end] == b'\r' && self.at(end + 1)? == Some(b'\n');
                self.pass(end + 1 + usize::from(crlf));
                return Ok(passed + end as u64);
            }
            let all = held.len();
            passed += all as u64;
            self.pass(all);
            if !self.grow()? {
                return Ok(passed);
            }
        }
    }
}

/// How many lines end in `bytes`, by `\n`, `\r\n` or `\r`; a `\r` in front of `\n` was counted when it passed.
fn line_ends(before: u8, bytes: &[u8]) -> u64 {
    let feeds = bytes.iter().filter(|b| **b == b'\n').count();
    let returns = bytes.iter().filter(|b| **b == b'\r').count();
    if returns == 0 && before != b'\r' {
        return feeds as u64;
    }
    let pairs = bytes.windows(2).filter(|pair| pair == b"\r\n").count()
        + usize::from(before == b'\r' && bytes.first() == Some(&b'\n'));
    (feeds + returns - pairs) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_by_any_end_and_wherever_the_bytes_are_cut() {
        let text = b"a\r\nb\rc\n\n\r\r\nd";
        for size in 1..text.len() {
            let mut window = Window::new(Path::new("a"), Box::new(&text[..]));
            window.grow().unwrap();
            while !window.held().is_empty() {
                window.pass(size.min(window.held().len()));
            }
            assert_eq!(window.line(), 7, "{size}");
        }
    }

    #[test]
    fn a_line_is_passed_however_long_it_is() {
        let text = [vec![b'x'; 3 * CHUNK], b"\r\ny".to_vec()].concat();
        let mut window = Window::new(Path::new("a"), Box::new(&text[..]));
        assert_eq!(window.pass_line().unwrap(), 3 * CHUNK as u64);
        assert_eq!((window.held(), window.line()), (&b"y"[..], 2));
        assert_eq!((window.pass_line().unwrap(), window.at(0).unwrap()), (1, None));
    }
}
