//! JSON that every reader reads alike: no key stands twice in one object.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// A JSON value whose objects have each key once.
///
/// Of equal keys some readers take the last, some the first, and some refuse: what such an answer says is not decided, and
/// `serde_json` alone would take the last in silence.
#[derive(Debug)]
pub(super) struct Unambiguous(pub Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_any(Reader).map(Self)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(flag.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unambiguous(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if object.contains_key(&key) {
                return Err(A::Error::custom(format!("the key `{key}` stands twice in one object")));
            }
            let Unambiguous(value) = entries.next_value()?;
            object.insert(key, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> serde_json::Result<Value> {
        serde_json::from_str::<Unambiguous>(text).map(|read| read.0)
    }

    #[test]
    fn values_are_those_of_serde_json() {
        for text in [
            "null",
            "true",
            "-3",
            "18446744073709551615",
            "1.5e3",
            "1e999",
            "\"a\\u00e9\"",
            "[1, [2], {}]",
            "[1,]",
            "{\"a\": {\"a\": 1}, \"b\": [{\"a\": 2}, {\"a\": 3}]}",
            "{\"b\": 1, \"a\": 2}",
            "{",
            "123456789012345678901234567890",
        ] {
            let plain: serde_json::Result<Value> = serde_json::from_str(text);
            assert_eq!(read(text).map_err(|e| e.to_string()), plain.map_err(|e| e.to_string()), "{text}");
        }
        assert!(read(&"[".repeat(10_000)).is_err_and(|e| e.to_string().contains("recursion")));
    }

    #[test]
    fn a_key_that_stands_twice_is_named_with_its_place() {
        for text in ["{\"a\": 1,\n \"a\": 1}", "[{\"b\": {\"a\": 1,\n \"\\u0061\": 2}}]"] {
            let told = read(text).unwrap_err().to_string();
            assert!(told.contains("the key `a` stands twice in one object at line 2"), "{told}");
        }
    }
}
