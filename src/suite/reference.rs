//! References of a JSON schema: they lead into itself, and following them ends.

use std::collections::HashMap;

use serde_json::Value;

use super::keyword::{Part, parts};
use crate::error::{Error, Result};

/// Schemas that may judge one part of an answer, each asking the next. A reader's recursion is bounded by these and by the 127
/// levels of an answer.
const MOST_STEPS: usize = 32;

/// Ways by which schemas may be come to from one.
const MOST_WAYS: f64 = 1e4;

/// Refuses references that lead elsewhere, and schemas that ask themselves about the same part of an answer, directly or by others:
/// judging such a one would never end.
///
/// A schema may refer to itself for parts within (`{"properties": {"child": {"$ref": "#"}}}`): answers end. Cost: O(schema).
pub(super) fn check_references(root: &Value) -> Result<()> {
    let graph = Graph::of(root)?;
    let steps = &graph.steps;
    // Of each schema, how many come to it for the same part.
    let mut before = vec![0usize; steps.len()];
    steps.iter().flatten().for_each(|next| before[*next] += 1);
    let mut ready: Vec<usize> = (0..steps.len()).filter(|schema| before[*schema] == 0).collect();
    let (mut depth, mut order) = (vec![1usize; steps.len()], Vec::with_capacity(steps.len()));
    while let Some(schema) = ready.pop() {
        order.push(schema);
        if depth[schema] > MOST_STEPS {
            return Err(Error::input(format!(
                "the JSON schema asks for one part of an answer through more than {MOST_STEPS} steps{}",
                graph.by(schema)
            ))
            .expected("fewer `$ref`, `allOf`, `anyOf` and the like within one another"));
        }
        for next in &steps[schema] {
            depth[*next] = depth[*next].max(depth[schema] + 1);
            before[*next] -= 1;
            if before[*next] == 0 {
                ready.push(*next);
            }
        }
    }
    if order.len() == steps.len() {
        return graph.check_ways();
    }
    let looped = (0..steps.len()).filter(|schema| before[*schema] > 0);
    let name = looped.flat_map(|schema| graph.references(schema)).next().unwrap_or("$ref");
    Err(Error::input(format!("the JSON schema asks itself without end: `{name}`"))
        .expected("references that lead back only from `properties`, `items` and other parts of an answer"))
}

/// All schemas of a schema, by number; the root is 0.
pub(super) struct Graph<'a> {
    schemas: Vec<&'a Value>,
    /// Of each, those right within, with their numbers.
    pub(super) within: Vec<Vec<(Part<'a>, usize)>>,
    /// Of each, those that it asks about the same part of an answer.
    pub(super) steps: Vec<Vec<usize>>,
    /// By where they stand.
    places: HashMap<*const Value, usize>,
    anchors: HashMap<&'a str, usize>,
}

impl<'a> Graph<'a> {
    /// Reads a schema; references that lead elsewhere are errors.
    pub(super) fn of(root: &'a Value) -> Result<Self> {
        let mut graph = Self {
            schemas: vec![root],
            within: Vec::new(),
            steps: Vec::new(),
            places: HashMap::new(),
            anchors: HashMap::new(),
        };
        let mut next = 0;
        while let Some(&schema) = graph.schemas.get(next) {
            graph.places.insert(std::ptr::from_ref(schema), next);
            for key in ["$anchor", "$dynamicAnchor"] {
                graph.anchors.extend(schema[key].as_str().map(|anchor| (anchor, next)));
            }
            if next > 0 && schema.get("$id").is_some() {
                return Err(Error::input("a schema within the JSON schema has an `$id`")
                    .expected("one document, whose references lead to `#/$defs/...`"));
            }
            let mut within = Vec::new();
            for part in parts(schema) {
                within.push((part, graph.schemas.len()));
                graph.schemas.push(part.schema);
            }
            graph.within.push(within);
            next += 1;
        }
        graph.steps = (0..graph.schemas.len()).map(|schema| graph.steps_of(schema)).collect::<Result<_>>()?;
        Ok(graph)
    }

    fn references(&self, schema: usize) -> impl Iterator<Item = &'a str> {
        let schema = self.schemas[schema];
        ["$ref", "$dynamicRef"].into_iter().filter_map(|key| schema.get(key)?.as_str())
    }

    /// The reference that leads from a schema, for errors.
    fn by(&self, schema: usize) -> String {
        self.references(schema).next().map(|name| format!(", at `{name}`")).unwrap_or_default()
    }

    /// The schemas that one asks, about the same part of an answer and about parts within.
    fn asked(&self, schema: usize) -> Vec<usize> {
        let within = self.within[schema].iter().filter(|(part, _)| !part.is_same() && !part.is_stored());
        self.steps[schema].iter().copied().chain(within.map(|(_, number)| *number)).collect()
    }

    /// Refuses schemas that come to others by thousands of ways: jsonschema follows each way anew, but for references back to a
    /// schema around them, whose finds it keeps.
    fn check_ways(&self) -> Result<()> {
        // Of each schema the ways within it; none while they are being counted.
        let asked: Vec<Vec<usize>> = (0..self.schemas.len()).map(|schema| self.asked(schema)).collect();
        let mut ways: HashMap<usize, Option<f64>> = HashMap::new();
        let mut open = vec![(0, 0, 1.0)];
        while let Some((schema, next, so_far)) = open.pop() {
            ways.entry(schema).or_insert(None);
            match asked[schema].get(next) {
                Some(other) => match ways.get(other) {
                    Some(known) => open.push((schema, next + 1, so_far + known.unwrap_or(0.0))),
                    None => open.extend([(schema, next, so_far), (*other, 0, 1.0)]),
                },
                None if so_far > MOST_WAYS => {
                    return Err(Error::input(format!(
                        "the JSON schema comes to its parts by more than {MOST_WAYS} ways{}",
                        self.by(schema)
                    ))
                    .expected(
                        "branches of `anyOf`, `allOf` and `oneOf` that do not all lead to the same `$defs`",
                    ));
                }
                None => _ = ways.insert(schema, Some(so_far)),
            }
        }
        Ok(())
    }

    fn steps_of(&self, schema: usize) -> Result<Vec<usize>> {
        let within =
            self.within[schema].iter().filter(|(part, _)| part.is_same()).map(|(_, number)| Ok(*number));
        within.chain(self.references(schema).map(|reference| self.target(reference))).collect()
    }

    /// The schema that a reference leads to.
    fn target(&self, reference: &str) -> Result<usize> {
        let root = self.schemas[0];
        let id = root["$id"].as_str().unwrap_or_default().trim_end_matches('#');
        let rest = reference.strip_prefix(id).unwrap_or(reference);
        let fragment = match rest.strip_prefix('#') {
            Some(fragment) => fragment,
            None if rest.is_empty() => rest,
            None => {
                return Err(Error::input(format!("a reference leads out of the JSON schema: `{reference}`"))
                    .expected("references into the schema itself (`#/$defs/...`); nothing is fetched"));
            }
        };
        let found = match fragment {
            "" => Some(0),
            pointer if pointer.starts_with('/') => {
                root.pointer(pointer).and_then(|part| self.places.get(&std::ptr::from_ref(part)).copied())
            }
            anchor => self.anchors.get(anchor).copied(),
        };
        found.ok_or_else(|| {
            Error::input(format!("a reference leads to no schema of the JSON schema: `{reference}`"))
                .expected(
                    "`#`, `#/$defs/NAME` or `#ANCHOR`, with names of plain letters, digits, `_` and `-`",
                )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Map, json};

    fn told(schema: &Value) -> String {
        check_references(schema).err().map(|e| e.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_schema_that_asks_itself_about_the_same_part_is_refused() {
        for schema in [
            json!({"$ref": "#"}),
            json!({"allOf": [{"$ref": "#"}]}),
            json!({"not": {"$ref": "#"}}),
            json!({"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"anyOf": [{"$ref": "#/$defs/a"}]}}}),
            json!({"items": {"$anchor": "x", "if": {"$ref": "#x"}}}),
            json!({"$dynamicAnchor": "x", "oneOf": [{"$dynamicRef": "#x"}]}),
            json!({"$id": "urn:a", "dependencies": {"k": {"$ref": "urn:a#"}}}),
        ] {
            assert!(told(&schema).contains("asks itself without end"), "{schema}: {}", told(&schema));
        }
    }

    #[test]
    fn references_from_parts_within_are_followed() {
        for schema in [
            json!({"properties": {"child": {"$ref": "#"}}, "items": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}}),
            json!({"$defs": {"a b": {"type": "string"}}, "properties": {"x": {"$ref": "#/$defs/a b"}}}),
            json!({"properties": {"x": {"type": "string"}}, "items": {"$ref": "#/properties/x"}}),
            json!({"enum": [{"$ref": "urn:other"}], "const": {"$ref": "#"}, "properties": {"$ref": true}}),
        ] {
            assert_eq!(told(&schema), "", "{schema}");
        }
    }

    #[test]
    fn references_that_lead_elsewhere_are_refused() {
        for (reference, wanted) in [
            ("https://example.com/schema", "leads out of"),
            ("file.json#/a", "leads out of"),
            ("#/$defs/b", "leads to no schema"),
            ("#/$defs", "leads to no schema"),
            ("#b", "leads to no schema"),
        ] {
            let schema = json!({"$defs": {"a": true}, "items": {"$ref": reference}});
            assert!(told(&schema).contains(wanted), "{reference}: {}", told(&schema));
        }
        let nested = json!({"$defs": {"a": {"$id": "urn:b"}}});
        assert!(told(&nested).contains("has an `$id`"));
    }

    #[test]
    fn ways_that_double_with_each_level_are_refused() {
        let mut defs = Map::new();
        for i in 0..60 {
            let next = format!("#/$defs/d{}", i + 1);
            let branch = |most: usize| json!({"maxProperties": most, "properties": {"a": {"$ref": next}}});
            defs.insert(format!("d{i}"), json!({"anyOf": [branch(8), branch(9)]}));
        }
        defs.insert("d60".to_owned(), json!({"type": "null"}));
        let mut schema = json!({"$ref": "#/$defs/d0", "$defs": defs});
        assert!(told(&schema).contains("more than 10000 ways"), "{}", told(&schema));
        schema["$defs"]["d60"] = json!({"anyOf": [{"type": "null"}, {"items": {"$ref": "#/$defs/d0"}}]});
        assert!(told(&schema).contains("more than 10000 ways"), "{}", told(&schema));
        schema["$defs"]["d6"] = json!({"type": "null"});
        assert_eq!(told(&schema), "", "what nothing refers to is never asked");
    }

    #[test]
    fn ten_thousand_references_one_after_another_are_refused() {
        let mut defs = Map::new();
        for i in 0..10_000 {
            defs.insert(format!("d{i}"), json!({"$ref": format!("#/$defs/d{}", i + 1)}));
        }
        defs.insert("d10000".to_owned(), json!({"type": "integer"}));
        assert!(told(&json!({"$ref": "#/$defs/d0", "$defs": defs})).contains("more than 32 steps"));
    }

    #[test]
    fn references_that_double_at_each_step_are_refused() {
        let doubled = |count: usize| {
            let mut defs = Map::new();
            for i in 0..count {
                let next = json!({"$ref": format!("#/$defs/d{}", i + 1)});
                defs.insert(format!("d{i}"), json!({"allOf": [next, next]}));
            }
            defs.insert(format!("d{count}"), json!({"type": "integer"}));
            json!({"items": {"$ref": "#/$defs/d0"}, "$defs": defs})
        };
        assert_eq!(told(&doubled(8)), "");
        assert!(told(&doubled(14)).contains("more than 10000 ways"));
    }
}
