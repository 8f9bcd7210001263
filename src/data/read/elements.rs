//! The parts of a JSON document, cut out by brackets and quotes alone: what is broken in one does not end the others.

use super::window::{LONGEST, Window};
use crate::error::Result;

/// How one value was cut out; the window still stands at its first byte, but behind one that was too long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cut {
    /// It takes so many bytes.
    Whole(usize),
    /// A quote or a bracket is left open; the next value begins so many bytes on.
    Open(usize),
    /// It had so many bytes, more than are taken.
    Long(u64),
    /// The file ends within it.
    Torn,
}

/// Walks over a document's bytes.
pub(super) struct Elements<'a> {
    window: Window<'a>,
    /// Bytes between the line's begin and the first byte that is held.
    column: usize,
}

impl<'a> Elements<'a> {
    pub(super) fn new(mut window: Window<'a>) -> Result<Self> {
        window.pass_mark()?;
        Ok(Self { window, column: 0 })
    }

    pub(super) fn line(&self) -> u64 {
        self.window.line()
    }

    pub(super) fn held(&self) -> &[u8] {
        self.window.held()
    }

    pub(super) fn pass(&mut self, n: usize) {
        let passed = &self.window.held()[..n];
        self.column = match passed.iter().rposition(|b| *b == b'\n') {
            Some(end) => n - end - 1,
            None => self.column + n,
        };
        self.window.pass(n);
    }

    /// The next byte that is no white space, not passed yet; none at the file's end.
    pub(super) fn peek(&mut self) -> Result<Option<u8>> {
        loop {
            let held = self.window.held();
            let blank = held.iter().position(|b| !b.is_ascii_whitespace());
            match blank {
                Some(n) => {
                    self.pass(n);
                    return Ok(self.window.held().first().copied());
                }
                None => {
                    let all = held.len();
                    self.pass(all);
                    if !self.window.grow()? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// Where the line ends that a place stands in, at its line feed or the file's end; none if that is too far to see.
    pub(super) fn line_end(&mut self, from: usize) -> Result<Option<usize>> {
        let mut place = from;
        loop {
            let held = self.window.held();
            if let Some(end) = held[place..].iter().position(|b| *b == b'\n') {
                return Ok(Some(place + end));
            }
            place = held.len();
            if place > LONGEST {
                return Ok(None);
            }
            if !self.window.grow()? {
                return Ok(Some(place));
            }
        }
    }

    /// Cuts out the value that begins with the first byte.
    pub(super) fn cut(&mut self) -> Result<Cut> {
        let mut shape = Shape::default();
        let mut place = 0;
        loop {
            match shape.end(self.window.held(), &mut place) {
                Some(n) if n <= LONGEST => {
                    let next = if shape.doubtful { self.next_alike() } else { None };
                    return Ok(match next {
                        Some(next) if next < n => Cut::Open(next),
                        _ => Cut::Whole(n),
                    });
                }
                None if place <= LONGEST => {
                    if self.window.grow()? {
                        continue;
                    }
                    // A scalar ends with the file.
                    if shape.scalar && place > 0 {
                        return Ok(Cut::Whole(place));
                    }
                    return Ok(self.next_alike().map_or(Cut::Torn, Cut::Open));
                }
                ended => {
                    return match self.next_alike() {
                        Some(next) => Ok(Cut::Open(next)),
                        None => self.pass_long(shape, place, ended),
                    };
                }
            }
        }
    }

    /// Passes over the rest of a value that is too long.
    fn pass_long(&mut self, mut shape: Shape, place: usize, ended: Option<usize>) -> Result<Cut> {
        let (mut place, mut ended, mut bytes) = (place, ended, 0);
        loop {
            if let Some(n) = ended {
                self.pass(n);
                return Ok(Cut::Long(bytes + n as u64));
            }
            bytes += place as u64;
            self.pass(place);
            if !self.window.grow()? {
                return Ok(if shape.scalar { Cut::Long(bytes) } else { Cut::Torn });
            }
            place = 0;
            ended = shape.end(self.window.held(), &mut place);
        }
    }

    /// Where the next line begins that begins as this value does: with the same bracket, indented no deeper.
    ///
    /// In a list that a program wrote, that is the next element; within one element such a line does not occur.
    fn next_alike(&self) -> Option<usize> {
        let held = self.window.held();
        let opener = *held.first().filter(|b| matches!(b, b'{' | b'['))?;
        let mut from = 0;
        while let Some(end) = held[from..].iter().position(|b| *b == b'\n') {
            from += end + 1;
            let indented = held[from..].iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
            if indented <= self.column && held.get(from + indented) == Some(&opener) {
                return Some(from + indented);
            }
        }
        None
    }
}

/// Where the value ends that begins with the first of these bytes, if it ends within them.
pub(super) fn value_in(bytes: &[u8]) -> Option<usize> {
    let (mut shape, mut place) = (Shape::default(), 0);
    let end = shape.end(bytes, &mut place);
    end.or((shape.scalar && place > 0).then_some(place))
}

/// Brackets and quotes of a value as far as it was looked at.
#[derive(Default)]
struct Shape {
    /// The closing brackets that are awaited, the innermost last.
    open: Vec<u8>,
    in_text: bool,
    escaped: bool,
    /// Whether anything was looked at.
    begun: bool,
    /// Whether it has neither brackets nor quotes.
    scalar: bool,
    /// Whether a text holds a line's end, as no JSON does: a quote may be missing before it.
    doubtful: bool,
}

impl Shape {
    /// Looks at `bytes` from `place` on, which it moves; where the value ends, if it does.
    fn end(&mut self, bytes: &[u8], place: &mut usize) -> Option<usize> {
        while let Some(&byte) = bytes.get(*place) {
            if self.in_text {
                // Most bytes are those of a text.
                let special = |b: &u8| matches!(b, b'"' | b'\\' | b'\n');
                if !self.escaped && !special(&byte) {
                    *place += bytes[*place..].iter().position(special).unwrap_or(bytes.len() - *place);
                    continue;
                }
                *place += 1;
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => {
                        self.in_text = false;
                        if self.open.is_empty() {
                            return Some(*place);
                        }
                    }
                    b'\n' => self.doubtful = true,
                    _ => {}
                }
                continue;
            }
            if self.scalar {
                if matches!(byte, b',' | b'[' | b']' | b'{' | b'}' | b'"' | b'\n') {
                    return Some(*place);
                }
                *place += 1;
                continue;
            }
            *place += 1;
            match byte {
                b'"' => self.in_text = true,
                b'{' => self.open.push(b'}'),
                b'[' => self.open.push(b']'),
                b'}' | b']' => {
                    // A bracket that closes an outer one closes those within, too: they are broken, the outer one ends.
                    if let Some(at) = self.open.iter().rposition(|b| *b == byte) {
                        self.open.truncate(at);
                    }
                    if self.open.is_empty() {
                        return Some(*place);
                    }
                }
                _ if !self.begun => self.scalar = true,
                _ => {}
            }
            self.begun = true;
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn cut(text: &str) -> Cut {
        let window = Window::new(Path::new("a"), Box::new(text.as_bytes()));
        let mut elements = Elements::new(window).unwrap();
        elements.peek().unwrap();
        elements.cut().unwrap()
    }

    #[test]
    fn values_end_where_their_brackets_and_quotes_do() {
        for (text, wanted) in [
            (" {\"a\": \"}\\\"]\"}, 2", Cut::Whole(13)),
            ("[[1, {}], 2] ]", Cut::Whole(12)),
            ("\"a,\\\\\", 1", Cut::Whole(6)),
            ("12.5]", Cut::Whole(4)),
            ("true", Cut::Whole(4)),
            ("{\"a\": [1}, {}]", Cut::Whole(9)),
            ("{\"a\": 1", Cut::Torn),
            ("{\"a\": \"x},\n{\"a\": 2},\n{\"a\": 3}]", Cut::Open(11)),
            ("  {\n    \"a\": [\n    {\"b\": \"x}]\n  },\n  {\"c\": 1}]", Cut::Open(35)),
            ("{\"a\": \"two\nlines\"}, {}]", Cut::Whole(18)),
        ] {
            assert_eq!(cut(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_long_value_is_passed_over_and_what_follows_is_found() {
        let text = format!("{{\"a\": \"{}\"}}, 7", "x".repeat(3 * LONGEST));
        let window = Window::new(Path::new("a"), Box::new(text.as_bytes()));
        let mut elements = Elements::new(window).unwrap();
        assert_eq!(elements.cut().unwrap(), Cut::Long(text.len() as u64 - 3));
        assert_eq!(elements.peek().unwrap(), Some(b','));
        assert!(elements.window.held().len() < 1024 * 1024);
    }
}
