//! The keywords of a JSON schema: one that is misspelt would be passed over in silence.

use serde_json::Value;

use super::pattern::regex;
use crate::document::Field;
use crate::error::Result;

/// What stands under a keyword.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    /// No schema: a number, names, or values of which nothing is asked.
    Data,
    /// A schema for the same part of an answer.
    Same,
    /// A list of such.
    SameList,
    /// Schemas for the same part by the names of keys; of `dependencies` lists of names too.
    SameNamed,
    /// A schema for parts within.
    Within,
    /// A list of such.
    WithinList,
    /// Schemas for parts within, by name or pattern.
    WithinNamed,
    /// Schemas by name that only references use.
    Stored,
}

/// The vocabularies of draft 2020-12 (JSON Schema Core §8, §10, §11; Validation §6 to §9), and two older names that still hold;
/// without those of content (§8), which only annotate.
const KEYWORDS: [(&str, Holds); 56] = [
    ("$schema", Holds::Data),
    ("$id", Holds::Data),
    ("$ref", Holds::Data),
    ("$anchor", Holds::Data),
    ("$dynamicRef", Holds::Data),
    ("$dynamicAnchor", Holds::Data),
    ("$vocabulary", Holds::Data),
    ("$comment", Holds::Data),
    ("$defs", Holds::Stored),
    ("definitions", Holds::Stored),
    ("allOf", Holds::SameList),
    ("anyOf", Holds::SameList),
    ("oneOf", Holds::SameList),
    ("not", Holds::Same),
    ("if", Holds::Same),
    ("then", Holds::Same),
    ("else", Holds::Same),
    ("dependentSchemas", Holds::SameNamed),
    ("dependencies", Holds::SameNamed),
    ("prefixItems", Holds::WithinList),
    ("items", Holds::Within),
    ("contains", Holds::Within),
    ("properties", Holds::WithinNamed),
    ("patternProperties", Holds::WithinNamed),
    ("additionalProperties", Holds::Within),
    ("propertyNames", Holds::Within),
    ("unevaluatedItems", Holds::Within),
    ("unevaluatedProperties", Holds::Within),
    ("type", Holds::Data),
    ("enum", Holds::Data),
    ("const", Holds::Data),
    ("multipleOf", Holds::Data),
    ("maximum", Holds::Data),
    ("exclusiveMaximum", Holds::Data),
    ("minimum", Holds::Data),
    ("exclusiveMinimum", Holds::Data),
    ("maxLength", Holds::Data),
    ("minLength", Holds::Data),
    ("pattern", Holds::Data),
    ("maxItems", Holds::Data),
    ("minItems", Holds::Data),
    ("uniqueItems", Holds::Data),
    ("maxContains", Holds::Data),
    ("minContains", Holds::Data),
    ("maxProperties", Holds::Data),
    ("minProperties", Holds::Data),
    ("required", Holds::Data),
    ("dependentRequired", Holds::Data),
    ("title", Holds::Data),
    ("description", Holds::Data),
    ("default", Holds::Data),
    ("deprecated", Holds::Data),
    ("readOnly", Holds::Data),
    ("writeOnly", Holds::Data),
    ("examples", Holds::Data),
    ("format", Holds::Data),
];

/// Keywords that say nothing without another.
const COMPANIONS: [(&str, &str); 4] =
    [("then", "if"), ("else", "if"), ("minContains", "contains"), ("maxContains", "contains")];

/// Types of JSON Schema Core §4.2.1.
const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// Formats of Validation §7.3, all of which are checked.
const FORMATS: [&str; 17] = [
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
];

/// Refuses types that are not known; `type` is one or a list of them.
fn named_types(field: &Field) -> Result<()> {
    let one = |field: &Field| field.one_of("type", &TYPES, |name| name).map(|_| ());
    match field.list() {
        Ok(several) => several.iter().try_for_each(one),
        Err(_) => one(field),
    }
}

/// What stands under a keyword; none for what is no keyword.
fn holds(name: &str) -> Option<Holds> {
    KEYWORDS.iter().find(|(keyword, _)| *keyword == name).map(|(_, holds)| *holds)
}

/// Refuses keywords that are not known, and those that say nothing where they stand, in a schema and all schemas within it.
/// `x-…` is for notes. What stands under a known keyword is held against the meta-schema elsewhere.
pub(super) fn check_keywords(schema: &Field) -> Result<()> {
    // `true` and `false` are schemas too.
    let Ok(entries) = schema.table() else { return Ok(()) };
    let entries: Vec<(&str, &Field)> = entries.collect();
    for (name, field) in &entries {
        if name.starts_with("x-") {
            continue;
        }
        let holds = holds(name).ok_or_else(|| {
            field
                .error(format!("`{name}` is no keyword of a JSON schema, so it would ask for nothing"))
                .expected("a keyword of draft 2020-12, or a note of your own that begins with `x-`")
                .known(name, KEYWORDS.iter().map(|(keyword, _)| *keyword))
        })?;
        let lacking =
            COMPANIONS.iter().find(|(one, other)| one == name && !entries.iter().any(|(n, _)| n == other));
        if let Some((_, other)) = lacking {
            return Err(field.error(format!("`{name}` asks for nothing without `{other}`")));
        }
        if *name == "if" && !entries.iter().any(|(other, _)| matches!(*other, "then" | "else")) {
            return Err(field.error("`if` asks for nothing without `then` or `else`"));
        }
        match (*name, field.table()) {
            ("pattern", _) => _ = regex(field.text()?).map_err(|e| field.place(e))?,
            ("patternProperties", Ok(patterns)) => {
                for (pattern, within) in patterns {
                    regex(pattern).map_err(|e| within.place(e))?;
                }
            }
            _ => {}
        }
        fields_within(holds, field).try_for_each(check_keywords)?;
    }
    Ok(())
}

/// Refuses types and formats that are not known, in a schema and all schemas within it.
pub(super) fn check_names(schema: &Field) -> Result<()> {
    for (name, field) in schema.table().into_iter().flatten() {
        match name {
            "type" => named_types(field)?,
            "format" => _ = field.one_of("format", &FORMATS, |format| format)?,
            _ => {}
        }
        fields_within(holds(name).unwrap_or(Holds::Data), field).try_for_each(check_names)?;
    }
    Ok(())
}

/// The schemas under a keyword, as they stand in the file.
fn fields_within(holds: Holds, field: &Field) -> impl Iterator<Item = &Field> {
    let (one, listed, named) = match holds {
        Holds::Data => (None, None, None),
        Holds::Same | Holds::Within => (Some(field), None, None),
        Holds::SameList | Holds::WithinList => (None, field.list().ok(), None),
        Holds::SameNamed | Holds::WithinNamed | Holds::Stored => (None, None, field.table().ok()),
    };
    let named = named.into_iter().flatten().map(|(_, within)| within);
    one.into_iter().chain(listed.into_iter().flatten()).chain(named)
}

/// A schema right within another.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part<'a> {
    /// The keyword that it stands under, and what that holds.
    pub keyword: &'a str,
    pub holds: Holds,
    /// Its name, where it has one.
    pub name: Option<&'a str>,
    /// Its place in a list, else 0.
    pub place: usize,
    pub schema: &'a Value,
}

impl Part<'_> {
    /// Whether it judges the same part of an answer as the schema around it.
    pub(super) fn is_same(&self) -> bool {
        matches!(self.holds, Holds::Same | Holds::SameList | Holds::SameNamed)
    }

    /// Whether nothing but a reference comes to it.
    pub(super) fn is_stored(&self) -> bool {
        self.holds == Holds::Stored
    }
}

/// The schemas right within a schema, in its order.
pub(super) fn parts(schema: &Value) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    for (keyword, value) in schema.as_object().into_iter().flatten() {
        let Some(holds) = holds(keyword).filter(|holds| *holds != Holds::Data) else { continue };
        let mut add = |name, place, schema| found.push(Part { keyword, holds, name, place, schema });
        match (holds, value) {
            (Holds::Same | Holds::Within, schema) => add(None, 0, schema),
            (_, Value::Array(list)) => {
                list.iter().enumerate().for_each(|(place, schema)| add(None, place, schema))
            }
            (_, Value::Object(named)) => {
                named.iter().for_each(|(name, schema)| add(Some(name.as_str()), 0, schema))
            }
            _ => {}
        }
    }
    // What `dependencies` lists are names.
    found.retain(|part| part.schema.is_object() || part.schema.is_boolean());
    found
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::document::parse;

    fn told(schema: &str) -> String {
        let root = parse(Path::new("s.toml"), schema).unwrap();
        check_keywords(&root)
            .and_then(|()| check_names(&root))
            .err()
            .map(|e| e.to_string())
            .unwrap_or_default()
    }

    #[test]
    fn every_format_that_is_offered_is_checked() {
        for format in FORMATS {
            let schema = serde_json::json!({"format": format});
            assert!(super::super::schema::validator(&schema).is_ok(), "{format}");
        }
    }

    #[test]
    fn a_misspelt_keyword_is_named_with_its_place_wherever_it_stands() {
        for (schema, wanted) in [
            ("requird = ['a']", "s.toml:1 `requird`|did you mean: required?"),
            (
                "type = 'object'\nproperties.a.minimun = 1",
                "s.toml:2 `properties.a.minimun`|did you mean: minimum?",
            ),
            (
                "allOf = [{ type = 'object' }, { maxLenght = 1 }]",
                "`allOf.1.maxLenght`|did you mean: maxLength?",
            ),
            ("items.patern = 'a'", "did you mean: pattern?"),
            ("prefixItems = [{ typ = 'a' }]", "did you mean: type?"),
            ("'$defs'.a.enm = [1]", "`$defs.a.enm`"),
            ("definitions.a.enm = [1]", "did you mean: enum?"),
            ("dependencies.a.enm = [1]", "did you mean: enum?"),
            ("properties.a.type = 'strng'", "`properties.a.type`|did you mean: string?"),
            ("type = ['array', 'nul']", "`type.1`|did you mean: null?"),
            ("type = 3", "`type`"),
            ("items.format = 'emial'", "`items.format`|did you mean: email?"),
            ("dependentSchemas.a.enm = [1]", "did you mean: enum?"),
            ("patternProperties.'^a'.enm = [1]", "did you mean: enum?"),
            ("additionalProperties.enm = [1]", "did you mean: enum?"),
            ("not.then = true\nnot.if.enm = [1]", "did you mean: enum?"),
            ("additionalItems = false", "is no keyword"),
            ("then = { type = 'object' }", "`then` asks for nothing without `if`"),
            ("minContains = 2", "without `contains`"),
            ("if = true", "without `then` or `else`"),
            ("contentMediaType = 'application/json'", "is no keyword"),
            ("items.pattern = 'a{5000}'", "s.toml:1 `items.pattern`|repeats so much"),
            ("patternProperties.'(?:a{100}){100}' = true", "repeats so much"),
            ("X-note = 1", "is no keyword"),
        ] {
            let told = told(schema);
            assert!(wanted.split('|').all(|part| told.contains(part)), "{schema}:\n{told}");
        }
    }

    #[test]
    fn names_of_properties_and_plain_values_are_no_keywords() {
        for schema in [
            "title = 'a'\ndescription = 'b'\n'$comment' = 'c'\nx-note = { requird = 1 }\ndefault = { requird = 1 }",
            "properties.requird.type = 'string'",
            "const = { requird = 1 }\nenum = [{ requird = 1 }]\nexamples = [{ requird = 1 }]",
            "dependencies.a = ['requird']\ndependentRequired.requird = ['a']",
            "properties.a = true\nadditionalProperties = false",
            "if = true\nthen = { type = 'object' }\nelse = false",
            "patternProperties.requird.items.type = 'integer'",
        ] {
            assert_eq!(told(schema), "", "{schema}");
        }
    }

    #[test]
    fn each_keyword_stands_in_the_list_once() {
        let names: std::collections::BTreeSet<&str> = KEYWORDS.iter().map(|(name, _)| *name).collect();
        assert_eq!(names.len(), KEYWORDS.len());
    }
}
