//! JSON answers against a schema.

use super::unambiguous::Unambiguous;
use super::unfenced::unfenced;
use crate::error::{Error, Result};
use crate::suite::{effort, validator};
use serde_json::Value;

/// Looks at parts of an answer, see [`effort`], up to which the reason is told: half a second.
///
/// Whether an answer is right is always seen in time, for jsonschema keeps what it found of each part by each `$ref`. What it
/// says of a wrong one is gathered anew for each branch, and so 2^depth times where two branches ask for the same parts.
const MOST_TOLD: f64 = 1e5;
/// Stack of a judge, for the 127 levels of an answer times the steps that a schema may take at each.
const STACK: usize = 32 << 20;

/// What keeps an answer from being the JSON that the schema asks for; none where it is.
///
/// The whole answer, or the whole of one fenced block, must parse. Nothing is repaired: prose around it, a trailing comma or a
/// bracket that is missing is an answer that no program can read, and of an object that has a key twice two programs read two
/// things.
///
/// # Errors
/// A schema that cannot be used.
pub(super) fn json_fault(schema: &Value, answer: &str) -> Result<Option<String>> {
    std::thread::scope(|scope| {
        let judge = std::thread::Builder::new().stack_size(STACK);
        let judge = judge.spawn_scoped(scope, || fault(schema, answer));
        let judge = judge.map_err(|e| Error::cannot_run("no thread for a JSON schema").because(e))?;
        judge.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn fault(schema: &Value, answer: &str) -> Result<Option<String>> {
    let judge = validator(schema)?;
    let value = match serde_json::from_str(unfenced(answer.trim())) {
        Ok(Unambiguous(value)) => value,
        Err(e) => return Ok(Some(format!("not JSON: {e}"))),
    };
    if judge.is_valid(&value) {
        return Ok(None);
    }
    let first = if effort(schema, &value)? > MOST_TOLD { None } else { judge.iter_errors(&value).next() };
    let Some(first) = first else { return Ok(Some("not what the schema asks for".to_owned())) };
    let place = first.instance_path().to_string();
    Ok(Some(if place.is_empty() { first.to_string() } else { format!("{place}: {first}") }))
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

    #[test]
    fn a_schema_that_refers_to_itself_judges_deep_answers_and_ends() {
        let nested =
            |levels: usize, end: &str| format!("{}{end}{}", "{\"a\":".repeat(levels), "}".repeat(levels));
        let one =
            json!({"anyOf": [{"type": "object", "properties": {"a": {"$ref": "#"}}}, {"type": "null"}]});
        assert_eq!(json_fault(&one, &nested(126, "null")).unwrap(), None);
        assert!(json_fault(&one, &nested(126, "1")).unwrap().is_some());
        // Each level doubles the work of telling what is wrong.
        let branch =
            |most: u32| json!({"type": "object", "properties": {"a": {"$ref": "#"}}, "maxProperties": most});
        let two = json!({"anyOf": [branch(8), branch(9), {"type": "null"}]});
        assert_eq!(json_fault(&two, &nested(126, "null")).unwrap(), None);
        assert!(json_fault(&two, &nested(2, "1")).unwrap().is_some_and(|why| why.contains("anyOf")));
        assert!(
            json_fault(&two, &nested(126, "1")).unwrap().is_some_and(|why| why.contains("schema asks for"))
        );
        // As many steps as there may be, at each level.
        let mut steps = json!({"additionalProperties": {"$ref": "#"}});
        for _ in 0..28 {
            steps = json!({"allOf": [steps]});
        }
        assert_eq!(json_fault(&steps, &nested(126, "1")).unwrap(), None);
        assert!(json_fault(&json!({"$ref": "#"}), "1").unwrap_err().to_string().contains("without end"));
    }
}
