//! How much work it is to tell what a JSON schema finds wrong in an answer, known before it is done.

use std::collections::HashMap;

use serde_json::Value;

use super::reference::Graph;
use crate::error::Result;

/// How often schemas look at parts of the answer, at most.
///
/// Where two branches of a schema that refers to itself both ask for the same part, each level of an answer doubles the work: a
/// hundred levels would never be told. This counts the looks without making them, each schema and part once. What only the
/// looks themselves can tell, such as which patterns match, is taken for certain.
///
/// # Errors
/// A reference that leads out of the schema.
pub fn effort(schema: &Value, answer: &Value) -> Result<f64> {
    let mut counter = Counter { graph: Graph::of(schema)?, known: HashMap::new() };
    Ok(counter.looks(0, answer))
}

struct Counter<'a> {
    graph: Graph<'a>,
    /// By schema and part; parts that have none within are alike.
    known: HashMap<(usize, *const Value), f64>,
}

impl Counter<'_> {
    fn looks(&mut self, schema: usize, answer: &Value) -> f64 {
        let plain = !(answer.is_array() || answer.is_object());
        let key = (schema, if plain { std::ptr::null() } else { std::ptr::from_ref(answer) });
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let mut looks = 1.0;
        for step in 0..self.graph.steps[schema].len() {
            looks += self.looks(self.graph.steps[schema][step], answer);
        }
        for part in 0..self.graph.within[schema].len() {
            looks += self.looks_within(schema, part, answer);
        }
        self.known.insert(key, looks);
        looks
    }

    /// The looks of one schema within another at the parts of an answer that it is for.
    fn looks_within(&mut self, schema: usize, part: usize, answer: &Value) -> f64 {
        let (part, number) = self.graph.within[schema][part];
        match (part.keyword, answer) {
            ("properties", Value::Object(entries)) => {
                part.name.and_then(|name| entries.get(name)).map_or(0.0, |value| self.looks(number, value))
            }
            ("prefixItems", Value::Array(items)) => {
                items.get(part.place).map_or(0.0, |value| self.looks(number, value))
            }
            ("additionalProperties", Value::Object(entries)) => {
                let named = |key: &str| {
                    let mut others = self.graph.within[schema].iter();
                    others.any(|(other, _)| other.keyword == "properties" && other.name == Some(key))
                };
                let rest: Vec<&Value> =
                    entries.iter().filter(|(key, _)| !named(key)).map(|(_, value)| value).collect();
                rest.into_iter().map(|value| self.looks(number, value)).sum()
            }
            ("patternProperties" | "unevaluatedProperties", Value::Object(entries)) => {
                entries.values().map(|value| self.looks(number, value)).sum()
            }
            ("items" | "contains" | "unevaluatedItems", Value::Array(items)) => {
                items.iter().map(|value| self.looks(number, value)).sum()
            }
            _ => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn nested(levels: usize) -> Value {
        (0..levels).fold(json!(null), |inner, _| json!({"a": inner}))
    }

    #[test]
    fn each_level_of_two_branches_doubles_the_work_and_of_one_adds_to_it() {
        let branch = json!({"properties": {"a": {"$ref": "#"}}});
        let one = json!({"anyOf": [branch, {"type": "null"}]});
        let two = json!({"anyOf": [branch, branch]});
        assert!(effort(&one, &nested(100)).unwrap() < 1_000.0);
        assert!(effort(&two, &nested(100)).unwrap() > 1e30);
        assert!(effort(&two, &nested(4)).unwrap() < 1_000.0);
    }

    #[test]
    fn only_the_parts_that_a_schema_is_for_are_counted() {
        for (schema, answer, looks) in [
            (json!({}), json!([1, 2]), 1.0),
            (json!({"items": {"type": "integer"}}), json!([1, 2]), 3.0),
            (json!({"prefixItems": [true, true]}), json!([1]), 2.0),
            (
                json!({"properties": {"a": true}, "additionalProperties": true}),
                json!({"a": 1, "b": 2, "c": 3}),
                4.0,
            ),
            (json!({"$defs": {"x": true}, "required": ["a"]}), json!({"a": 1}), 1.0),
            (json!({"$defs": {"x": true}, "allOf": [{"$ref": "#/$defs/x"}]}), json!(1), 3.0),
        ] {
            assert_eq!(effort(&schema, &answer).unwrap(), looks, "{schema}");
        }
    }
}
