//! A function that a task offers, as its description tells it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::keyword::check_keywords;
use crate::document::Field;
use crate::error::{Error, Result};

/// A function, described as chat templates and BFCL describe it: parameters as a JSON schema of one level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tool {
    /// Its name; dots are part of it.
    pub name: String,
    /// Its parameters, in the order of the description.
    pub parameters: Vec<Parameter>,
    /// What is said to be required but is no parameter.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    undescribed: Vec<String>,
}

/// One parameter of a function.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type.
    pub kind: Kind,
    /// The type of its elements, of a list or a tuple.
    pub of: Option<Kind>,
    /// Whether it must be given.
    pub required: bool,
}

/// A type of an argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `string`, and `any`.
    Text,
    /// `integer`.
    Integer,
    /// `float` or `number`; a whole number is one too.
    Float,
    /// `boolean`.
    Boolean,
    /// `array` or `list`.
    List,
    /// `tuple`: a list, which Python may write in round brackets.
    Tuple,
    /// `dict` or `object`.
    Map,
}

impl Kind {
    /// Whether a value has this type.
    pub(super) fn fits(self, value: &Value) -> bool {
        match self {
            Kind::Text => value.is_string(),
            Kind::Integer => value.is_i64() || value.is_u64(),
            Kind::Float => value.is_number(),
            Kind::Boolean => value.is_boolean(),
            Kind::List | Kind::Tuple => value.is_array(),
            Kind::Map => value.is_object(),
        }
    }
}

/// Names of types, as JSON schema, Python and BFCL write them.
const KINDS: [(&str, Kind); 14] = [
    ("string", Kind::Text),
    ("str", Kind::Text),
    ("any", Kind::Text),
    ("integer", Kind::Integer),
    ("int", Kind::Integer),
    ("float", Kind::Float),
    ("number", Kind::Float),
    ("boolean", Kind::Boolean),
    ("bool", Kind::Boolean),
    ("array", Kind::List),
    ("list", Kind::List),
    ("tuple", Kind::Tuple),
    ("dict", Kind::Map),
    ("object", Kind::Map),
];

/// Its name in JSON schema; a tuple's is BFCL's.
impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Text => "string",
            Kind::Integer => "integer",
            Kind::Float => "number",
            Kind::Boolean => "boolean",
            Kind::List => "array",
            Kind::Tuple => "tuple",
            Kind::Map => "object",
        })
    }
}

/// What a function's description may say, here or for a model to read.
const KEYS: [&str; 5] = ["type", "name", "description", "parameters", "strict"];

impl Tool {
    /// The parameter of that name.
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.parameters.iter().find(|p| p.name == name)
    }

    /// What is said to be required but is no parameter.
    pub(super) fn undescribed(&self) -> &[String] {
        &self.undescribed
    }

    /// Refuses keys that say nothing: of the function, or of the schema of its parameters.
    pub(super) fn check_keys(item: &Field) -> Result<()> {
        let keys: Vec<&str> = item.table()?.map(|(name, _)| name).collect();
        let section = if keys.contains(&"function") {
            item.section(&["type", "function"])?.need("function", "a function")?.section(&KEYS)?
        } else {
            item.section(&KEYS)?
        };
        let Some(parameters) = section.get("parameters") else { return Ok(()) };
        check_keywords(parameters)?;
        // As older drafts of JSON schema had it; here it would be passed over.
        let parts = |field: &Field, name: &str| -> Option<Field> {
            field.table().ok()?.find(|(key, _)| *key == name).map(|(_, part)| part.clone())
        };
        let properties = parts(parameters, "properties");
        for (_, described) in properties.iter().filter_map(|p| p.table().ok()).flatten() {
            if let Some(flag) = parts(described, "required").filter(|flag| flag.flag().is_ok()) {
                return Err(flag
                    .error("a parameter does not say that it is required")
                    .expected("its name in the list `required` beside `properties`"));
            }
        }
        Ok(())
    }

    /// From a description in BFCL's form or OpenAI's.
    ///
    /// # Errors
    /// No name, parameters that are no tables, or a type that is not known.
    pub(super) fn from_json(value: &Value) -> Result<Self> {
        // As OpenAI writes it: { type = "function", function = { name, parameters } }.
        let value = value.get("function").filter(|f| f.is_object()).unwrap_or(value);
        let name = value["name"].as_str().ok_or_else(|| Error::input("a function has no `name`"))?.to_owned();
        let wrong = |what: &str| Error::input(format!("`{name}`: {what}"));
        let schema = &value["parameters"];
        if !schema.is_null() && !schema.is_object() {
            return Err(wrong("`parameters` is no table"));
        }
        let names = || wrong("`required` is no list of names");
        let required: Vec<&str> = match &schema["required"] {
            Value::Null => Vec::new(),
            Value::Array(listed) => {
                listed.iter().map(|r| r.as_str().ok_or_else(names)).collect::<Result<_>>()?
            }
            _ => return Err(names()),
        };
        let properties = match &schema["properties"] {
            Value::Null => Vec::new(),
            Value::Object(map) => map.iter().collect(),
            _ => return Err(wrong("`properties` is no table")),
        };
        let parameter = |(key, described): (&String, &Value)| {
            let typed = |value: &Value| {
                let told = match value.as_object().map(|object| object.get("type")) {
                    Some(None) => "any",
                    Some(Some(Value::String(told))) => told,
                    // OpenAI's strict form of what may be left out.
                    Some(Some(Value::Array(types))) => match &types[..] {
                        [Value::String(told), Value::String(null)] if null == "null" => told,
                        _ => return Err(wrong(&format!("`{key}` has several types"))),
                    },
                    Some(Some(_)) => return Err(wrong(&format!("the type of `{key}` is no text"))),
                    None => return Err(wrong(&format!("`{key}` is described by no table"))),
                };
                let known = || Error::input(format!("`{name}`, `{key}`: unknown type `{told}`"));
                let found = KINDS.iter().find(|(n, _)| *n == told).map(|(_, kind)| *kind);
                found.ok_or_else(|| known().known(told, KINDS.iter().map(|(n, _)| *n)))
            };
            let kind = typed(described)?;
            let nested = matches!(kind, Kind::List | Kind::Tuple) && !described["items"].is_null();
            let of = nested.then(|| typed(&described["items"])).transpose()?;
            Ok(Parameter { name: key.clone(), kind, of, required: required.contains(&key.as_str()) })
        };
        let parameters: Vec<Parameter> = properties.into_iter().map(parameter).collect::<Result<_>>()?;
        let undescribed = required.iter().filter(|r| !parameters.iter().any(|p| p.name == **r));
        Ok(Self {
            undescribed: undescribed.map(|r| (*r).to_owned()).collect(),
            parameters,
            name: name.clone(),
        })
    }
}
