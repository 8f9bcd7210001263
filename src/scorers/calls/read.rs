//! Finding the calls in an answer, whichever of the usual notations it is written in.

use super::argument::{Argument, Call};
use super::python;
use crate::scorers::mark::shortened;
use crate::scorers::unambiguous::Unambiguous;
use crate::scorers::unfenced::unfenced;
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

const OPEN: &str = "<tool_call>";
const CLOSE: &str = "</tool_call>";

/// The calls of an answer; none where it makes no attempt at one, an error where it does and cannot be read.
///
/// Read are: JSON objects between `<tool_call>` tags, with prose around them; and, as the whole answer or the whole of one
/// fenced block, JSON (an object, a list or an object a line, each with `name` and `arguments` or `parameters`) or Python calls.
/// Nothing is mended: a bracket that is missing, prose around a call without tags, or a key that stands twice in a JSON object
/// makes an answer unreadable. That is stricter than BFCL where no call is asked for: there, a call that cannot be read counts as
/// none.
///
/// # Errors
/// What could not be read.
pub fn read_calls(answer: &str) -> std::result::Result<Vec<Call>, String> {
    if answer.contains(OPEN) {
        return tagged(answer);
    }
    // Quotation marks around all of it are a habit of models.
    let text = unfenced(answer.trim()).trim_matches('\'').trim();
    if text.starts_with('{') || (text.starts_with('[') && text[1..].trim_start().starts_with(['{', '"'])) {
        return json(text);
    }
    match python::read(text) {
        Some(calls) => Ok(calls),
        None if attempts(text) => Err(format!("not a readable call: {}", beginning(text))),
        None => Ok(Vec::new()),
    }
}

fn tagged(answer: &str) -> std::result::Result<Vec<Call>, String> {
    let mut calls = Vec::new();
    for part in answer.split(OPEN).skip(1) {
        let Some((inside, _)) = part.split_once(CLOSE) else {
            return Err(format!("{OPEN} is not closed by {CLOSE}"));
        };
        calls.extend(json(inside.trim())?);
    }
    Ok(calls)
}

/// One object, a list of objects, or an object a line.
fn json(text: &str) -> std::result::Result<Vec<Call>, String> {
    let values = serde_json::Deserializer::from_str(text).into_iter::<Unambiguous>();
    let mut calls = Vec::new();
    for value in values {
        let Unambiguous(value) = value.map_err(|e| format!("not JSON ({e}): {}", beginning(text)))?;
        let several = value.as_array().map_or(std::slice::from_ref(&value), Vec::as_slice);
        for one in several {
            calls.push(call(one).ok_or_else(|| {
                format!("JSON, but no call with `name` and `arguments`: {}", beginning(&one.to_string()))
            })?);
        }
    }
    Ok(calls)
}

fn call(value: &Value) -> Option<Call> {
    // As the chat interface of hosted models writes it.
    let wrapped = value["function"].is_object();
    let around = |key: &String| matches!(key.as_str(), "function" | "id" | "index" | "type");
    if wrapped && !value.as_object()?.keys().all(around) {
        return None;
    }
    let value = if wrapped { &value["function"] } else { value };
    let name = value["name"].as_str()?.to_owned();
    // Other keys would be arguments that went astray, or an object that is no call; arguments twice could be either.
    let known = |key: &String| matches!(key.as_str(), "name" | "arguments" | "parameters" | "id" | "type");
    let twice = value.get("arguments").is_some() && value.get("parameters").is_some();
    if twice || !value.as_object()?.keys().all(known) {
        return None;
    }
    let given = value.get("arguments").or_else(|| value.get("parameters"));
    let parsed: Option<Unambiguous> =
        given.and_then(Value::as_str).and_then(|text| serde_json::from_str(text).ok());
    match parsed.as_ref().map(|parsed| &parsed.0).or(given) {
        None => Some(Call { name, arguments: Vec::new() }),
        Some(Value::Object(map)) => {
            let arguments = map.iter().map(|(key, value)| (key.clone(), Argument::from(value))).collect();
            Some(Call { name, arguments })
        }
        Some(_) => None,
    }
}

/// Whether a text that cannot be read sets out to be a call: a name with an opening bracket, or a list of that; or, anywhere, a
/// name with a named argument, or JSON with a name and arguments.
fn attempts(text: &str) -> bool {
    static INSIDE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(
            r#"[A-Za-z_][\w.]*\(\s*[A-Za-z_]\w*\s*=[^=]|"name"\s*:[^{}]*"(?:arguments|parameters)"\s*:"#,
        )
        .ok()
    });
    if INSIDE.as_ref().is_some_and(|inside| inside.is_match(text)) {
        return true;
    }
    let text = text.trim_start_matches('[').trim_start();
    let end = text.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).unwrap_or(text.len());
    end > 0 && text[end..].starts_with('(')
}

fn beginning(text: &str) -> String {
    shortened(text, 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(answer: &str) -> Vec<String> {
        read_calls(answer).unwrap_or_else(|e| panic!("{e}")).into_iter().map(|c| c.name).collect()
    }

    #[test]
    fn all_usual_notations_say_the_same() {
        let want = Call { name: "f".into(), arguments: vec![("a".into(), Argument::Integer(1))] };
        for answer in [
            "f(a=1)",
            "[f(a=1)]",
            "```python\nf(a=1)\n```",
            "'f(a=1)'",
            r#"{"name": "f", "arguments": {"a": 1}}"#,
            r#"[{"name": "f", "parameters": {"a": 1}}]"#,
            r#"{"type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}}"#,
            "```json\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n```",
            "Let me see.\n<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": 1}}\n</tool_call>\nDone.",
        ] {
            assert_eq!(read_calls(answer), Ok(vec![want.clone()]), "{answer}");
        }
        let twice =
            r#"<tool_call>{"name": "f", "arguments": {}}</tool_call><tool_call>{"name": "g"}</tool_call>"#;
        assert_eq!(names(twice), ["f", "g"]);
        assert_eq!(names("{\"name\": \"f\"}\n{\"name\": \"g\"}"), ["f", "g"]);
    }

    #[test]
    fn prose_makes_no_call_and_a_broken_call_is_an_error() {
        for prose in [
            "",
            "I cannot do that.",
            "It depends (as ever) on the weather.",
            "None of these fits.",
            "[1]",
            "Call f() (if x == 1).",
        ] {
            assert_eq!(read_calls(prose), Ok(Vec::new()), "{prose}");
        }
        for broken in [
            "f(a=1",
            "[f(a=1",
            r#"{"name": "f", "arguments": {"a": 1}"#,
            r#"{"tool": "f"}"#,
            r#"{"name": "f", "arguments": [1]}"#,
            r#"<tool_call>{"name": "f"}"#,
            "<tool_call>f(a=1)</tool_call>",
            "Sure: f(a=1)",
            "`f(a=1)`",
            "Here:\n```json\n{\"name\": \"f\", \"arguments\": {}}\n```",
            r#"{"name": "f", "args": {"a": 2}}"#,
            r#"{"name": "Ann", "age": 3}"#,
            r#"{"name": "f", "arguments": {"a": 1, "a": 2}}"#,
            r#"{"name": "f", "arguments": "{\"a\": 1, \"a\": 2}"}"#,
            r#"{"name": "f", "name": "g"}"#,
            r#"{"name": "f", "arguments": {"a": 1}, "parameters": {"a": 2}}"#,
            r#"{"name": "g", "function": {"name": "f"}}"#,
        ] {
            assert!(read_calls(broken).is_err(), "{broken}");
        }
        assert!(read_calls(&"[{\"a\":".repeat(10_000)).is_err());
        assert!(read_calls(&"[".repeat(1_000_000)).is_ok_and(|calls| calls.is_empty()));
    }
}
