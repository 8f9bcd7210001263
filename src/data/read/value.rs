//! A record's JSON as a value that says what the file says: no key is lost, no number is spelled anew.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// The value of a JSON text; numbers that `serde_json` would write otherwise (3.10, 1e5, 20 digits) are texts in it.
///
/// # Errors
/// Why there is none, in a clause.
pub(super) fn parse(text: &str) -> std::result::Result<Value, String> {
    let mut fractions = false;
    match read(text, &mut fractions) {
        // Whole numbers always come out as they stand.
        Ok(value) if !fractions => Ok(value),
        // A number may be out of range: then it is a text, too.
        first => match with_spelling(text) {
            Cow::Borrowed(_) => first.map_err(|e| told(&e)),
            // What is broken is told as it stands, without the quotes that were put in.
            Cow::Owned(text) => read(&text, &mut fractions).map_err(|e| told(&first.err().unwrap_or(e))),
        },
    }
}

fn read(text: &str, fractions: &mut bool) -> serde_json::Result<Value> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Reader { fractions }.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

fn told(e: &serde_json::Error) -> String {
    let told = e.to_string();
    let what = told.rsplit_once(" at line ").map_or(&*told, |(what, _)| what);
    match (e.is_data(), e.line()) {
        (true, _) => what.to_owned(),
        (_, 0 | 1) => format!("not JSON: {what}, column {}", e.column()),
        (_, line) => format!("not JSON: {what}, line {line} of the record, column {}", e.column()),
    }
}

/// Reads a value, and whether one of its numbers is no plain whole number.
struct Reader<'a> {
    fractions: &'a mut bool,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
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
        *self.fractions = true;
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
        while let Some(item) = items.next_element_seed(Reader { fractions: &mut *self.fractions })? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(Reader { fractions: &mut *self.fractions })?;
            match object.entry(key) {
                serde_json::map::Entry::Vacant(place) => _ = place.insert(value),
                // Some readers take the first, some the last: what the record says is not decided.
                serde_json::map::Entry::Occupied(place) => {
                    return Err(A::Error::custom(format!("a key stands twice: `{}`", place.key())));
                }
            }
        }
        Ok(object.into())
    }
}

/// The text with every number in quotes that would be written otherwise than it stands.
fn with_spelling(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    let (mut place, mut copied, mut spelled) = (0, 0, String::new());
    while let Some(&byte) = bytes.get(place) {
        match byte {
            b'"' => place = behind_text(bytes, place),
            b'-' | b'0'..=b'9' => {
                let part = |b: &u8| !matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
                let end = bytes[place..].iter().position(part).map_or(bytes.len(), |n| place + n);
                let number = &text[place..end];
                if !stays(number) {
                    spelled.push_str(&text[copied..place]);
                    spelled.push_str(&format!("\"{number}\""));
                    copied = end;
                }
                place = end;
            }
            _ => place += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    spelled.push_str(&text[copied..]);
    Cow::Owned(spelled)
}

/// Where the text ends whose first quote stands at `place`.
fn behind_text(bytes: &[u8], place: usize) -> usize {
    let mut place = place + 1;
    while let Some(next) =
        bytes.get(place..).and_then(|rest| rest.iter().position(|b| matches!(b, b'"' | b'\\')))
    {
        place += next;
        if bytes[place] == b'"' {
            return place + 1;
        }
        place += 2;
    }
    bytes.len()
}

/// Whether a number is written as it stands; what is no number of JSON is left to be told as such.
fn stays(number: &str) -> bool {
    let plain = number.strip_prefix('-').unwrap_or(number);
    if plain.len() <= 18 && plain != "0" && plain.bytes().all(|b| b.is_ascii_digit()) {
        return true;
    }
    match serde_json::from_str::<serde_json::Number>(number) {
        Ok(read) => read.to_string() == number,
        Err(_) => !is_number(number),
    }
}

/// Whether a text is a number as JSON writes them.
fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(w, f)| (w, Some(f)));
    let whole = whole.strip_prefix('-').unwrap_or(whole);
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_their_spelling_and_values_are_those_of_serde_json_otherwise() {
        for (text, wanted) in [
            ("[1, -2, 18446744073709551615, -9223372036854775808, 0.5, 0, 1.0]", None),
            (
                "[3.10, 1e5, 12345678901234567890123, 1e999, -0, 1E-7]",
                Some(r#"["3.10","1e5","12345678901234567890123","1e999","-0","1E-7"]"#),
            ),
            (
                r#"{"a\"1.10": "1.10 \\", "b": {"c": 1.50}}"#,
                Some(r#"{"a\"1.10":"1.10 \\","b":{"c":"1.50"}}"#),
            ),
            ("[1., 2]", None),
            ("[01]", None),
            ("[1e]", None),
            ("{\"a\": 3.10", None),
            ("\"1.10", None),
        ] {
            let plain = serde_json::from_str::<Value>(text).map(|v| v.to_string()).ok();
            let found = parse(text).map(|v| v.to_string()).ok();
            assert_eq!(found, wanted.map(str::to_owned).or(plain), "{text}");
        }
    }

    #[test]
    fn a_key_that_stands_twice_is_named() {
        for text in ["{\"a\": 1, \"a\": 1}", "[{\"b\": {\"a\": 1.5, \"\\u0061\": 2}}]"] {
            assert_eq!(parse(text).unwrap_err(), "a key stands twice: `a`");
        }
        assert_eq!(parse("{\"a\": 1"), Err("not JSON: EOF while parsing an object, column 7".to_owned()));
    }
}
