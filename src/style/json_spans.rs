//! JSON objects and arrays in a text, found in linear time.

use std::collections::HashMap;
use std::ops::Range;

use serde_json::Value;

/// Levels that an object or array may have: serde_json refuses the 128th.
const DEEPEST: usize = 127;

/// Bytes of the JSON objects and arrays that parse, from left to right; of those within one another the outermost.
///
/// The same as an attempt to parse at each bracket, but what an attempt learns about the brackets that it passes is kept: each is
/// closed at a known place, or fails where the attempt fails. Only brackets inside of its texts stay unknown. An attempt at one of
/// them takes for a text what the first takes for the space between two, and the other way round, as long as both go on; so no
/// byte is read more than twice.
pub(super) fn json_spans(raw: &str) -> Vec<Range<usize>> {
    let (mut spans, mut at) = (Vec::new(), 0);
    // Where the value at a bracket ends; none where it does not parse.
    let mut known: HashMap<usize, Option<usize>> = HashMap::new();
    while let Some(start) = raw[at..].find(['{', '[']).map(|start| at + start) {
        if !known.contains_key(&start) {
            Attempt { raw, at: start, open: Vec::new(), known: &mut known }.run();
        }
        match known.get(&start).copied().flatten() {
            Some(end) => {
                spans.push(start..end);
                at = end;
            }
            None => at = start + 1,
        }
    }
    spans
}

/// An object or array that is not closed yet.
struct Open {
    start: usize,
    object: bool,
    /// Levels of what it holds so far.
    below: usize,
}

/// One attempt to parse, from a bracket on.
struct Attempt<'a> {
    raw: &'a str,
    at: usize,
    open: Vec<Open>,
    known: &'a mut HashMap<usize, Option<usize>>,
}

impl Attempt<'_> {
    /// Notes what becomes of each bracket.
    fn run(mut self) {
        if self.read().is_none() {
            self.known.extend(self.open.iter().map(|open| (open.start, None)));
        }
    }

    /// None where the text is no JSON any more; then what is open there cannot be read either.
    fn read(&mut self) -> Option<()> {
        self.value()?;
        let mut first = true;
        while let Some(object) = self.open.last().map(|open| open.object) {
            if self.takes(if object { b'}' } else { b']' }) {
                self.close();
                first = false;
                continue;
            }
            if !first && !self.takes(b',') {
                return None;
            }
            if object {
                self.space();
                self.text()?;
                if !self.takes(b':') {
                    return None;
                }
            }
            first = self.value()?;
        }
        Some(())
    }

    /// Reads a plain value or goes into an object or array; whether it did the latter.
    fn value(&mut self) -> Option<bool> {
        self.space();
        match self.rest().first()? {
            mark @ (b'{' | b'[') => {
                self.open.push(Open { start: self.at, object: *mark == b'{', below: 0 });
                self.at += 1;
                return Some(true);
            }
            b'"' => self.text()?,
            _ => {
                // Numbers, `true`, `false` and `null`, as serde_json reads them.
                let plain = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
                let length = self.rest().iter().take_while(|byte| plain(byte)).count();
                serde_json::from_str::<Value>(&self.raw[self.at..self.at + length]).ok()?;
                self.at += length;
            }
        }
        Some(false)
    }

    /// Reads a text between quotation marks.
    fn text(&mut self) -> Option<()> {
        let mut escaped = false;
        let mut inside = self.rest().strip_prefix(b"\"")?.iter();
        let length = inside.position(|byte| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        })?;
        let end = self.at + length + 2;
        serde_json::from_str::<String>(&self.raw[self.at..end]).ok()?;
        self.at = end;
        Some(())
    }

    fn close(&mut self) {
        let Some(closed) = self.open.pop() else { return };
        let levels = closed.below + 1;
        self.known.insert(closed.start, (levels <= DEEPEST).then_some(self.at));
        if let Some(around) = self.open.last_mut() {
            around.below = around.below.max(levels);
        }
    }

    fn takes(&mut self, mark: u8) -> bool {
        self.space();
        let found = self.rest().first() == Some(&mark);
        self.at += usize::from(found);
        found
    }

    fn space(&mut self) {
        self.at += self.rest().iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count();
    }

    fn rest(&self) -> &[u8] {
        &self.raw.as_bytes()[self.at..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The definition: an attempt at each bracket.
    fn by_attempts(raw: &str) -> Vec<Range<usize>> {
        let (mut spans, mut at) = (Vec::new(), 0);
        while let Some(start) = raw[at..].find(['{', '[']) {
            at += start;
            let mut stream = serde_json::Deserializer::from_str(&raw[at..]).into_iter::<Value>();
            let parsed = matches!(stream.next(), Some(Ok(_)));
            let length = if parsed { stream.byte_offset() } else { 1 };
            if parsed {
                spans.push(at..at + length);
            }
            at += length;
        }
        spans
    }

    #[test]
    fn spans_are_those_that_an_attempt_at_each_bracket_finds() {
        for raw in [
            "so {\"a\": [1, {\"b\": null}]} and [2] or {c}",
            "{\"a\": {\"b\": [1]}, \"c\": [1,], \"d\": [2]",
            "[\"{\\\"a\\\": [1]}\", [3]] x",
            "{\"a\": \"[1, 2] and [3",
            "[01] [1e999] [-] [1.] [\"\\ud800\"] [\"\\u00e9\"] [tru] [true] [ ] { }",
            "[1 2] {\"a\" 1} {1: 2} [,] {,} {\"a\":} [\"\u{1}\"] [1][2]{}",
            "[\"a\",\",[1,\",\",[2],\",",
        ] {
            assert_eq!(json_spans(raw), by_attempts(raw), "{raw}");
        }
        for levels in [126, 127, 128, 129, 300] {
            for piece in ["[", "{\"a\":", "[1,{\"b\":"] {
                let close: String = piece
                    .chars()
                    .rev()
                    .filter_map(|c| match c {
                        '[' => Some(']'),
                        '{' => Some('}'),
                        _ => None,
                    })
                    .collect();
                let raw = format!("{}[]{}", piece.repeat(levels), close.repeat(levels));
                assert_eq!(json_spans(&raw), by_attempts(&raw), "{levels} of {piece}");
            }
        }
    }

    proptest! {
        #[test]
        fn no_text_has_other_spans(
            pieces in prop::collection::vec(
                prop::sample::select(vec![
                    "[", "]", "{", "}", "\"", "\"a\":", ",", ":", "1", "-0.5e3", "null", " ", "\\", "\\\"", "\\u12", "é", "\n", "tru",
                ]),
                0..60,
            ),
        ) {
            let raw = pieces.concat();
            prop_assert_eq!(json_spans(&raw), by_attempts(&raw));
        }
    }
}
