//! One JSON document: its records are taken one after the other, however long it is.

use std::io::{BufReader, Read};
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::record::{Content, Record};
use super::walk::Take;
use crate::error::{Error, Result};

/// The records of a document, below the keys of `within`.
///
/// # Errors
/// The document breaks off or is no JSON: what came before has been taken; or `within` leads nowhere.
pub(super) fn walk(path: &Path, bytes: impl Read, within: &[String], take: &mut Take<'_>) -> Result<()> {
    let mut stopped = None;
    let mut state = State { number: 0, found: false, stopped: &mut stopped, take };
    let mut document = serde_json::Deserializer::from_reader(BufReader::new(bytes));
    let walked = Level { within, state: &mut state }.deserialize(&mut document).and_then(|()| document.end());
    let (number, found) = (state.number, state.found);
    match (walked, stopped) {
        (_, Some(error)) => Err(error),
        (Err(e), None) => Err(Error::input(format!("the JSON document is broken behind record {number}"))
            .at(path, e.line())
            .because(e)),
        (Ok(()), None) if !found => Err(nothing_within(path, within)),
        (Ok(()), None) => Ok(()),
    }
}

/// The records of a value that was read as a whole.
pub(super) fn walk_value(path: &Path, value: Value, within: &[String], take: &mut Take<'_>) -> Result<()> {
    let mut value = value;
    for key in within {
        let inner = value.get_mut(key).map(Value::take);
        value = inner.ok_or_else(|| nothing_within(path, within))?;
    }
    let records: Vec<Value> = match value {
        Value::Array(records) => records,
        Value::Object(named) => named.into_iter().map(|(_, record)| record).collect(),
        _ => return Err(nothing_within(path, within)),
    };
    for (i, record) in records.into_iter().enumerate() {
        take(Record { number: i as u64 + 1, line: None, content: Content::Value(record) })?;
    }
    Ok(())
}

fn nothing_within(path: &Path, within: &[String]) -> Error {
    let place = if within.is_empty() { "the document".to_owned() } else { format!("`{}`", within.join(".")) };
    Error::input(format!("{place} holds no records")).in_file(path).expected(
        "a list of records, or an object of them by name; `within` in the recipe says below which keys",
    )
}

struct State<'a, 'b> {
    number: u64,
    found: bool,
    /// Why the taker wants no more.
    stopped: &'a mut Option<Error>,
    take: &'a mut Take<'b>,
}

impl State<'_, '_> {
    fn record<E: serde::de::Error>(&mut self, value: Value) -> std::result::Result<(), E> {
        self.number += 1;
        let record = Record { number: self.number, line: None, content: Content::Value(value) };
        (self.take)(record).map_err(|e| {
            *self.stopped = Some(e);
            E::custom("stopped")
        })
    }
}

/// One level of the document on the way to its records.
struct Level<'a, 'b, 'c> {
    within: &'a [String],
    state: &'a mut State<'b, 'c>,
}

impl<'de> DeserializeSeed<'de> for Level<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Level<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of records, or an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> std::result::Result<(), A::Error> {
        if let Some(key) = self.within.first() {
            return Err(A::Error::custom(format!("there is a list where the key `{key}` should be")));
        }
        self.state.found = true;
        while let Some(value) = seq.next_element::<Value>()? {
            self.state.record(value)?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<(), A::Error> {
        let Some((wanted, deeper)) = self.within.split_first() else {
            self.state.found = true;
            while let Some((_, value)) = map.next_entry::<IgnoredAny, Value>()? {
                self.state.record(value)?;
            }
            return Ok(());
        };
        while let Some(key) = map.next_key::<String>()? {
            if key == *wanted {
                map.next_value_seed(Level { within: deeper, state: &mut *self.state })?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str, within: &[&str]) -> (Vec<Value>, Option<String>) {
        let within: Vec<String> = within.iter().map(|s| (*s).to_owned()).collect();
        let mut found = Vec::new();
        let walked = walk(Path::new("a.json"), text.as_bytes(), &within, &mut |record| {
            assert_eq!((record.number, record.line), (found.len() as u64 + 1, None));
            found.push(record.content.value().unwrap());
            Ok(())
        });
        (found, walked.err().map(|e| e.to_string()))
    }

    #[test]
    fn lists_and_objects_of_records_are_found_below_their_keys() {
        let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        let (found, error) = records("[{\"a\": 1}, 2]", &[]);
        assert_eq!((found, error), (vec![json("{\"a\": 1}"), json("2")], None));
        let (found, error) = records("{\"x\": {\"a\": 1}, \"y\": {\"a\": 2}}", &[]);
        assert_eq!((found.len(), error), (2, None));
        let (found, error) =
            records("{\"v\": [9], \"data\": {\"rows\": [1, 2, 3], \"n\": [4]}}", &["data", "rows"]);
        assert_eq!((found, error), (vec![json("1"), json("2"), json("3")], None));
    }

    #[test]
    fn what_stands_before_a_break_is_kept_and_the_break_is_named() {
        let (found, error) = records("[{\"a\": 1},\n{\"a\": 2},\n{\"a\": ", &[]);
        let told = error.unwrap();
        assert!(
            found.len() == 2 && told.contains("broken behind record 2") && told.contains("a.json:3"),
            "{told}"
        );
        for (text, within) in [("{\"a\": 1}", &["b"][..]), ("3", &[]), ("[1]", &["b"]), ("[1] x", &[])] {
            assert!(records(text, within).1.is_some(), "{text}");
        }
    }

    #[test]
    fn a_taker_that_stops_is_heard() {
        let stop = |_: Record| Err(Error::interrupted("enough"));
        let error = walk(Path::new("a.json"), &b"[1, 2]"[..], &[], &mut { stop }).unwrap_err();
        assert_eq!(error.what(), "enough");
    }
}
