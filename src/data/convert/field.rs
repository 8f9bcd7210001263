//! Values of a record as text.

use std::borrow::Cow;

use serde_json::Value;

/// Why a record gives no example, in a clause.
pub(super) type Why<T> = std::result::Result<T, String>;

/// The value below dotted keys; a number is a place in a list. None where it is missing or null.
pub(super) fn at<'a>(record: &'a Value, path: &str) -> Option<&'a Value> {
    let step = |value: &'a Value, key: &str| match value {
        Value::Array(list) => key.parse::<usize>().ok().and_then(|i| list.get(i)),
        _ => value.get(key),
    };
    // A key may have a dot itself.
    let found = record.get(path).or_else(|| path.split('.').try_fold(record, step));
    found.filter(|value| !value.is_null())
}

/// A value as text: numbers, `true` and `false` as they are written.
pub(super) fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(_) | Value::Bool(_) => Some(Cow::Owned(value.to_string())),
        _ => None,
    }
}

/// Why a path of dotted keys leads nowhere, in a clause; none where it may.
pub(super) fn misled(path: &str) -> Option<String> {
    let mut keys = path.split('.');
    if path.trim().is_empty() {
        Some("it is empty".to_owned())
    } else if keys.next().is_some_and(|first| first.contains('*')) {
        Some("no key stands before the `*`".to_owned())
    } else {
        keys.find(|key| key.contains('*') && *key != "*")
            .map(|key| format!("`{key}` is neither a key nor a `*` alone between dots"))
    }
}

/// The text below dotted keys; empty where it is missing. A `*` stands for every element of a list, whose texts are joined by
/// line feeds; an element without the keys behind it is told.
pub(super) fn text_or_empty(record: &Value, path: &str) -> Why<String> {
    if let Some((list, rest)) = path.split_once(".*") {
        let list = match at(record, list) {
            None => return Ok(String::new()),
            Some(list) => list.as_array().ok_or_else(|| format!("`{path}` leads to no list"))?,
        };
        let rest = rest.strip_prefix('.');
        let of = |(i, item): (usize, &Value)| {
            // The path of this element, as the reason names it.
            let here = || format!("`{}`", path.replacen('*', &i.to_string(), 1));
            match rest {
                Some(rest) if !rest.contains('*') && at(item, rest).is_none() => {
                    Err(format!("{} is missing", here()))
                }
                Some(rest) => text_or_empty(item, rest),
                None => text(item).map(Cow::into_owned).ok_or_else(|| format!("{} is no text", here())),
            }
        };
        return Ok(list.iter().enumerate().map(of).collect::<Why<Vec<String>>>()?.join("\n"));
    }
    match at(record, path) {
        None => Ok(String::new()),
        Some(value) => text(value).map(Cow::into_owned).ok_or_else(|| format!("`{path}` is no text")),
    }
}

/// The text below dotted keys, not blank.
pub(super) fn need_text(record: &Value, path: &str) -> Why<String> {
    if at(record, path.split(".*").next().unwrap_or(path)).is_none() {
        return Err(format!("`{path}` is missing"));
    }
    let found = text_or_empty(record, path)?;
    if found.trim().is_empty() { Err(format!("`{path}` is empty")) } else { Ok(found) }
}
