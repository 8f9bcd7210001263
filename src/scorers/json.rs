//! JSON answers against a schema.

use super::unambiguous::Unambiguous;
use super::unfenced::unfenced;
use crate::error::Result;
use crate::suite::validator;
use serde_json::Value;

/// What keeps an answer from being the JSON that the schema asks for; none where it is.
///
/// The whole answer, or the whole of one fenced block, must parse. Nothing is repaired: prose around it, a trailing comma or a
/// bracket that is missing is an answer that no program can read, and of an object that has a key twice two programs read two
/// things.
///
/// # Errors
/// A schema that cannot be used.
pub(super) fn json_fault(schema: &Value, answer: &str) -> Result<Option<String>> {
    let judge = validator(schema)?;
    let value = match serde_json::from_str(unfenced(answer.trim())) {
        Ok(Unambiguous(value)) => value,
        Err(e) => return Ok(Some(format!("not JSON: {e}"))),
    };
    let first = judge.iter_errors(&value).next();
    Ok(first.map(|e| {
        let place = e.instance_path().to_string();
        if place.is_empty() { e.to_string() } else { format!("{place}: {e}") }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_whole_answer_or_one_fenced_block_must_be_what_the_schema_asks_for() {
        let schema = json!({"type": "object", "required": ["name"], "additionalProperties": false,
            "properties": {"name": {"type": "string", "pattern": "^[A-Z]"}, "age": {"type": "integer", "minimum": 0}}});
        let fault = |answer: &str| json_fault(&schema, answer).unwrap();
        for right in
            [r#"{"name": "Ann"}"#, "```json\n{\"name\": \"Ann\", \"age\": 3}\n```", " {\"name\": \"Ann\"}\n"]
        {
            assert_eq!(fault(right), None, "{right}");
        }
        for (wrong, why) in [
            (r#"{"name": "ann"}"#, "/name"),
            (r#"{"name": "Ann", "age": -1}"#, "/age"),
            (r#"{"age": 1}"#, "name"),
            (r#"{"name": "Ann",}"#, "not JSON"),
            (r#"{"name": "ann", "name": "Ann"}"#, "the key `name` stands twice"),
            (r#"Here you are: {"name": "Ann"}"#, "not JSON"),
            ("", "not JSON"),
        ] {
            assert!(fault(wrong).is_some_and(|told| told.contains(why)), "{wrong}: {:?}", fault(wrong));
        }
    }

    #[test]
    fn ten_thousand_levels_are_refused_and_not_followed() {
        let schema = json!({"type": "array"});
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        assert!(json_fault(&schema, &deep).unwrap().is_some_and(|why| why.contains("recursion")));
    }
}
