//! One YAML document, whose scalars keep their spelling.

use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::reading::{KEYS_NAMED, Reading, Records};
use super::record::{Content, Record};
use super::walk::Take;
use crate::error::{Error, Result};

/// The records of a YAML document.
///
/// # Errors
/// It is no YAML, or has no records where the recipe says.
pub(super) fn walk(path: &Path, text: &str, how: &Reading, take: &mut Take<'_>) -> Result<()> {
    if text.trim().is_empty() {
        return Ok(());
    }
    let unread = |e| Error::input("the YAML document cannot be read").in_file(path).because(e);
    // Texts are what is read here: `No` and `007` are left as they stand.
    let options = serde_saphyr::options! {
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    };
    let value: Value = serde_saphyr::from_str_with_options(text, options.clone()).map_err(unread)?;
    let value = if has_numbers(&value) {
        serde_saphyr::with_deserializer_from_str_with_options(text, options, |reader| {
            Spelled(value).deserialize(reader)
        })
        .map_err(unread)?
    } else {
        value
    };
    walk_value(path, value, how, take)
}

/// The records of a value that was read as a whole.
fn walk_value(path: &Path, value: Value, how: &Reading, take: &mut Take<'_>) -> Result<()> {
    let mut value = value;
    for (deep, key) in how.within.iter().enumerate() {
        let keys = keys_of(&value);
        let inner = value.get_mut(key).map(Value::take);
        value = inner.ok_or_else(|| how.no_key(path, deep, &keys))?;
    }
    let keys = keys_of(&value);
    let records: Vec<Value> = match (how.records, value) {
        (Records::Listed, Value::Array(records)) => records,
        (Records::Named, Value::Object(named)) => named.into_iter().map(|(_, record)| record).collect(),
        (Records::One, value) => vec![value],
        (_, value) => return Err(how.no_records(path, &value, &keys)),
    };
    for (i, record) in records.into_iter().enumerate() {
        let bytes = record.to_string().len();
        take(Record { number: i as u64 + 1, line: None, content: Content::Value(record, bytes) })?;
    }
    Ok(())
}

fn keys_of(value: &Value) -> Vec<String> {
    value.as_object().map(|object| object.keys().take(KEYS_NAMED).cloned().collect()).unwrap_or_default()
}

/// Whether a value holds a scalar that may be written otherwise than it stood: 3.10, 0x10, TRUE.
fn has_numbers(value: &Value) -> bool {
    match value {
        Value::Number(_) | Value::Bool(_) => true,
        Value::Array(list) => list.iter().any(has_numbers),
        Value::Object(object) => object.values().any(has_numbers),
        Value::Null | Value::String(_) => false,
    }
}

/// Reads a document again whose value is known: numbers and truths as texts, where these say something else.
struct Spelled(Value);

impl<'de> DeserializeSeed<'de> for Spelled {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> std::result::Result<Value, D::Error> {
        match self.0 {
            Value::Number(_) | Value::Bool(_) => reader.deserialize_str(self),
            Value::Array(_) => reader.deserialize_seq(self),
            Value::Object(_) => reader.deserialize_map(self),
            Value::Null | Value::String(_) => {
                reader.deserialize_ignored_any(IgnoredAny)?;
                Ok(self.0)
            }
        }
    }
}

impl<'de> Visitor<'de> for Spelled {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("what was there before")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> std::result::Result<Value, E> {
        let written = self.0.to_string();
        Ok(if written == text { self.0 } else { Value::from(text) })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> std::result::Result<Value, A::Error> {
        let Value::Array(known) = self.0 else {
            return Err(A::Error::custom("a list was read otherwise before"));
        };
        let mut list = Vec::with_capacity(known.len());
        for item in known {
            let item = items.next_element_seed(Spelled(item))?;
            list.push(item.ok_or_else(|| A::Error::custom("a list was longer before"))?);
        }
        // The end must be heard.
        items.next_element::<IgnoredAny>()?;
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> std::result::Result<Value, A::Error> {
        let Value::Object(mut object) = self.0 else {
            return Err(A::Error::custom("an object was read otherwise before"));
        };
        while let Some(key) = entries.next_key::<String>()? {
            let known = object.get_mut(&key).map(Value::take).unwrap_or_default();
            let value = entries.next_value_seed(Spelled(known))?;
            object.insert(key, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_keep_their_spelling() {
        let text = "a: &x {n: 3.10, m: 5, '7': 1e5}\nb: [TRUE, true, 0x1F, ~, No, 007, 12345678901234567890123]\nc: *x\n5: +1\nd: \
                    text\ne: |\n  1.0\nf: {<<: *x, m: 6.0}\n";
        let how = Reading { records: Records::One, ..Reading::default() };
        let mut found = Vec::new();
        walk(Path::new("a.yml"), text, &how, &mut |record| {
            found.push(record.content.value().unwrap());
            Ok(())
        })
        .unwrap();
        let x = r#"{"n":"3.10","m":5,"7":"1e5"}"#;
        let f = r#"{"n":"3.10","m":6.0,"7":"1e5"}"#;
        let wanted = format!(
            r#"{{"a":{x},"b":["TRUE",true,"0x1F",null,"No","007","12345678901234567890123"],"c":{x},"5":"+1","d":"text","e":"1.0\n","f":{f}}}"#
        );
        let wanted: Value = serde_json::from_str(&wanted).unwrap();
        assert_eq!(found, [wanted]);
    }
}
