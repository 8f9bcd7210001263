//! One JSON document: its records are taken one after the other, however long it is.

use std::path::Path;

use serde_json::Value;

use super::elements::{Cut, Elements};
use super::reading::{KEYS_NAMED, Reading, Records};
use super::record::{Content, Record};
use super::walk::Take;
use super::window::{LONGEST, Window};
use crate::error::{Error, Result};

/// The records of a document, below the keys of `within`.
///
/// # Errors
/// The document breaks off: what came before has been taken; or `within` leads nowhere.
pub(super) fn walk(window: Window<'_>, how: &Reading, take: &mut Take<'_>) -> Result<()> {
    let path = window.path();
    let mut document = Document { path, elements: Elements::new(window)?, how, number: 0, take };
    if document.elements.peek()?.is_none() {
        // The caller tells that nothing was there.
        return Ok(());
    }
    document.level(&how.within)?;
    match document.elements.peek()? {
        None => Ok(()),
        Some(_) => Err(Error::input("something stands behind the document's end")
            .at(path, usize::try_from(document.elements.line()).unwrap_or(0))
            .help("if the file holds one value a line, say so in the recipe: container = \"lines\"")),
    }
}

struct Document<'a, 'b> {
    path: &'a Path,
    elements: Elements<'a>,
    how: &'a Reading,
    number: u64,
    take: &'a mut Take<'b>,
}

impl Document<'_, '_> {
    /// The value that comes next, on the way to the records.
    fn level(&mut self, within: &[String]) -> Result<()> {
        let first = self.elements.peek()?;
        match (within.split_first(), first) {
            (Some((key, deeper)), Some(b'{')) => self.down(key, deeper),
            (Some(_), _) => Err(self.how.no_key(self.path, self.depth(within), &[])),
            (None, first) => match (self.how.records, first) {
                (Records::One, _) => self.element(false).map(|_| ()),
                (Records::Listed, Some(b'[')) => self.list(),
                (Records::Named, Some(b'{')) => self.named(),
                (_, Some(b'{')) => {
                    let keys = self.keys()?;
                    Err(self.how.no_records(self.path, &Value::Object(Default::default()), &keys))
                }
                (_, Some(b'[')) => Err(self.how.no_records(self.path, &Value::Array(Vec::new()), &[])),
                _ => Err(self.how.no_records(self.path, &Value::Null, &[])),
            },
        }
    }

    /// How many keys of `within` lie above those that are left.
    fn depth(&self, left: &[String]) -> usize {
        self.how.within.len() - left.len()
    }

    /// Looks for a key of the object that comes next.
    fn down(&mut self, wanted: &str, deeper: &[String]) -> Result<()> {
        self.elements.pass(1);
        let (mut keys, mut found) = (Vec::new(), false);
        while let Some(key) = self.key()? {
            if key == wanted {
                if found {
                    return Err(self.here(format!("the key `{key}` stands twice")));
                }
                found = true;
                self.level(deeper)?;
            } else {
                self.pass_value()?;
                if keys.len() < KEYS_NAMED {
                    keys.push(key);
                }
            }
        }
        let depth = self.how.within.len() - deeper.len();
        if found { Ok(()) } else { Err(self.how.no_key(self.path, depth - 1, &keys)) }
    }

    /// The first keys of the object that comes next.
    fn keys(&mut self) -> Result<Vec<String>> {
        self.elements.pass(1);
        let mut keys = Vec::new();
        while keys.len() < KEYS_NAMED {
            let Some(key) = self.key()? else { break };
            keys.push(key);
            // Only an error waits for them: a value that is broken hides the keys behind it.
            if self.pass_value().is_err() {
                break;
            }
        }
        Ok(keys)
    }

    /// A key with its colon; none at the object's end.
    fn key(&mut self) -> Result<Option<String>> {
        loop {
            match self.elements.peek()? {
                Some(b',') => self.elements.pass(1),
                Some(b'}') => {
                    self.elements.pass(1);
                    return Ok(None);
                }
                Some(b'"') => {
                    let Cut::Whole(n) = self.elements.cut()? else { return Err(self.broken()) };
                    let key =
                        serde_json::from_slice(&self.elements.held()[..n]).map_err(|_| self.broken())?;
                    self.elements.pass(n);
                    if self.elements.peek()? != Some(b':') {
                        return Err(self.broken());
                    }
                    self.elements.pass(1);
                    return Ok(Some(key));
                }
                _ => return Err(self.broken()),
            }
        }
    }

    fn pass_value(&mut self) -> Result<()> {
        self.elements.peek()?;
        match self.elements.cut()? {
            Cut::Whole(n) => self.elements.pass(n),
            Cut::Long(_) => {}
            Cut::Open(_) | Cut::Torn => return Err(self.broken()),
        }
        Ok(())
    }

    fn list(&mut self) -> Result<()> {
        self.elements.pass(1);
        let (mut first, mut comma) = (true, true);
        loop {
            match self.elements.peek()? {
                None => return Err(self.broken()),
                Some(b']') => {
                    if comma && !first {
                        self.reject("not JSON: nothing stands behind a comma")?;
                    }
                    self.elements.pass(1);
                    return Ok(());
                }
                Some(b',') => {
                    if comma {
                        self.reject("not JSON: nothing stands before a comma")?;
                    }
                    self.elements.pass(1);
                    comma = true;
                }
                Some(_) => comma = self.element(!comma)?,
            }
            first = false;
        }
    }

    fn named(&mut self) -> Result<()> {
        self.elements.pass(1);
        while self.key()?.is_some() {
            self.elements.peek()?;
            if self.element(false)? {
                // The next key lies within what was passed over.
                return Err(self.broken());
            }
        }
        Ok(())
    }

    /// The value that comes next as a record; `stray` where no comma stands before it. Whether the comma behind it was passed
    /// with it.
    fn element(&mut self, stray: bool) -> Result<bool> {
        let line = self.elements.line();
        let mut open = false;
        let content = match self.elements.cut()? {
            Cut::Whole(n) => {
                let bytes = self.elements.held()[..n].trim_ascii_end().to_vec();
                self.elements.pass(n);
                match stray {
                    true => Content::Unreadable("not JSON: no comma stands before it".to_owned()),
                    false => Content::Json(bytes),
                }
            }
            Cut::Open(next) => {
                self.elements.pass(next);
                open = true;
                Content::Unreadable("not JSON: a quote or a bracket is left open".to_owned())
            }
            Cut::Long(bytes) => {
                Content::Unreadable(format!("the record is longer than {LONGEST} bytes: {bytes}"))
            }
            Cut::Torn => return Err(self.broken()),
        };
        self.number += 1;
        (self.take)(Record { number: self.number, line: Some(line), content })?;
        Ok(open)
    }

    fn reject(&mut self, why: &str) -> Result<()> {
        self.number += 1;
        let content = Content::Unreadable(why.to_owned());
        (self.take)(Record { number: self.number, line: Some(self.elements.line()), content })
    }

    fn here(&self, what: String) -> Error {
        Error::input(what).at(self.path, usize::try_from(self.elements.line()).unwrap_or(0))
    }

    fn broken(&self) -> Error {
        self.here(format!("the JSON document is broken behind record {}", self.number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line and value (or reason) of every record, and why the walk ended, where it is an error.
    fn read(text: impl AsRef<[u8]>, within: &str, records: Records) -> (Vec<String>, Option<String>) {
        let within = within.split('.').filter(|key| !key.is_empty()).map(str::to_owned).collect();
        let how = Reading { within, records, ..Reading::default() };
        let mut found = Vec::new();
        let window = Window::new(Path::new("a.json"), Box::new(text.as_ref()));
        let walked = walk(window, &how, &mut |record| {
            assert_eq!(record.number, found.len() as u64 + 1);
            let told = record.content.value().map_or_else(|why| why, |value| value.to_string());
            found.push(format!("{} {told}", record.line.unwrap()));
            Ok(())
        });
        (found, walked.err().map(|e| e.to_string()))
    }

    #[test]
    fn lists_and_objects_of_records_are_found_below_their_keys() {
        for (text, within, records, wanted) in [
            ("\u{feff}[{\"a\": 1},\n 2]", "", Records::Listed, &["1 {\"a\":1}", "2 2"][..]),
            ("[]", "", Records::Listed, &[]),
            ("{\"x\": {\"a\": 1},\n\"y\": [\"}\"]}", "", Records::Named, &["1 {\"a\":1}", "2 [\"}\"]"]),
            (
                "{\"v\": [9, \"data\"], \"data\": {\"rows\": [1,\n2 , 3], \"n\": [4]}}\n",
                "data.rows",
                Records::Listed,
                &["1 1", "2 2", "2 3"],
            ),
            ("{\"v\": [9],\n\"data\": {\"b\": {\"c\": 1}}}", "data", Records::Named, &["2 {\"c\":1}"]),
            ("{\"a\": 1}\n", "", Records::One, &["1 {\"a\":1}"]),
        ] {
            assert_eq!(
                read(text, within, records),
                (wanted.iter().map(|s| (*s).to_owned()).collect(), None),
                "{text}"
            );
        }
    }

    #[test]
    fn a_broken_element_is_one_reject() {
        let open = "not JSON: a quote or a bracket is left open";
        for (text, wanted) in [
            ("[1, tru, 3]", vec!["1 1", "1 not JSON: EOF while parsing a value, column 3", "1 3"]),
            ("[{\"a\": 1]},\n{\"a\": 2}]", vec!["1 not JSON: expected `,` or `}`, column 8", "2 {\"a\":2}"]),
            (
                "[\n{\"a\": \"x},\n{\"a\": 2},\n{\"a\": 3}\n]",
                vec![&format!("2 {open}"), "3 {\"a\":2}", "4 {\"a\":3}"],
            ),
            (
                "[\n  {\n    \"a\": [{\"b\": 1}\n  },\n  {\"a\": 2}\n]",
                vec!["2 not JSON: expected `,` or `]`, line 3 of the record, column 3", "5 {\"a\":2}"],
            ),
            ("[\n  {\"a\": {\"b\": 1},\n  {\"a\": 2}\n]", vec![&format!("2 {open}"), "3 {\"a\":2}"]),
            (
                "[{\"a\": 1}\n{\"a\": 2}, 3]",
                vec!["1 {\"a\":1}", "2 not JSON: no comma stands before it", "2 3"],
            ),
            (
                "[1,, 2,]",
                vec![
                    "1 1",
                    "1 not JSON: nothing stands before a comma",
                    "1 2",
                    "1 not JSON: nothing stands behind a comma",
                ],
            ),
            ("[{\"a\": 1, \"a\": 2}, 3]", vec!["1 a key stands twice: `a`", "1 3"]),
        ] {
            assert_eq!(
                read(text, "", Records::Listed),
                (wanted.into_iter().map(str::to_owned).collect(), None),
                "{text}"
            );
        }
        let (found, error) = read(b"[{\"a\": \"\xff\"},\n{\"a\": \"\xc3\xa9\"}]", "", Records::Listed);
        assert_eq!(
            (&found[..], error),
            (&["1 not UTF-8 text: byte 8 of the record".to_owned(), "2 {\"a\":\"é\"}".to_owned()][..], None)
        );
    }

    #[test]
    fn a_long_element_is_passed_over() {
        let text = format!("[1,\n{{\"a\": \"{}\n\"}},\n3]", "x".repeat(LONGEST));
        let (found, error) = read(&text, "", Records::Listed);
        assert_eq!(
            found,
            [
                "1 1".to_owned(),
                format!("2 the record is longer than {LONGEST} bytes: {}", LONGEST + 10),
                "4 3".to_owned()
            ]
        );
        assert_eq!(error, None);
    }

    #[test]
    fn what_stands_before_a_break_is_kept_and_the_break_is_named() {
        let (found, error) = read("[{\"a\": 1},\n{\"a\": 2},\n{\"a\": ", "", Records::Listed);
        let told = error.unwrap();
        assert!(
            found.len() == 2 && told.contains("broken behind record 2") && told.contains("a.json:3"),
            "{told}"
        );
        for (text, within, records, wanted) in [
            ("{\"a\": 1, \"b\": []}", "", Records::Listed, "known: a, b|records = \"named\"|within"),
            ("{\"a\": 1}", "b", Records::Listed, "no key `b`|known: a"),
            ("{\"a\": {\"c\": 2}}", "a.b", Records::Listed, "`a` has no key `b`|known: c"),
            ("{\"a\": {\"c\": 2}}", "a", Records::Listed, "`a` is an object|known: c"),
            ("{\"a\": [], \"a\": []}", "a", Records::Listed, "`a` stands twice"),
            ("[1]", "b", Records::Listed, "no key `b`"),
            ("[1]", "", Records::Named, "is a list"),
            ("3", "", Records::Listed, "single value"),
            ("[1]\n x", "", Records::Listed, "behind the document's end|a.json:2"),
            ("[1,", "", Records::Listed, "broken behind record 1"),
            ("{\"a\": [1]", "a", Records::Listed, "broken behind record 1"),
        ] {
            let told = read(text, within, records).1.unwrap_or_default();
            assert!(wanted.split('|').all(|part| told.contains(part)), "{text}: {told}");
        }
    }

    #[test]
    fn a_taker_that_stops_is_heard() {
        let stop = |_: Record| Err(Error::interrupted("enough"));
        let window = Window::new(Path::new("a.json"), Box::new(&b"[1, 2]"[..]));
        let error = walk(window, &Reading::default(), &mut { stop }).unwrap_err();
        assert_eq!(error.what(), "enough");
    }
}
