//! Function calls that a task accepts.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::tool::{Kind, Tool};
use crate::document::Field;
use crate::error::{Error, Result};

/// What an answer must call.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CallRule {
    /// Functions that may be called.
    pub tools: Vec<Tool>,
    /// Calls that must be made, all of them and no other, in any order; none asks for an answer without a call.
    pub accepted: Vec<AcceptedCall>,
}

/// One call with, for each argument, the values that are right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AcceptedCall {
    /// The function.
    pub name: String,
    /// Arguments and what they may be; an empty text among the values lets the argument be left out. The values of a
    /// dictionary are lists of accepted values again.
    pub arguments: Vec<(String, Vec<Value>)>,
}

impl CallRule {
    /// From functions and accepted calls in BFCL's form: `[{"name", "parameters": {"properties", "required"}}]` and
    /// `[{"FUNCTION": {"ARGUMENT": [VALUE, ...]}}]`.
    ///
    /// # Errors
    /// Another form, a type that is not known, a call of a function that is not described or without an argument that it needs.
    pub fn from_json(tools: &Value, calls: &Value) -> Result<Self> {
        let tools: Vec<Tool> =
            items(tools, "functions")?.iter().map(Tool::from_json).collect::<Result<_>>()?;
        let accepted = items(calls, "accepted calls")?.iter().map(AcceptedCall::from_json);
        Self { tools, accepted: accepted.collect::<Result<_>>()? }.checked()
    }

    /// Reads the checked values of `tools` and `calls`.
    pub(super) fn read(tools: &Field, calls: &Field) -> Result<Self> {
        const FORM: &str = "tools = [{ name = \"f\", parameters = { properties = { a = { type = \"integer\" } }, \
                            required = [\"a\"] } }] and calls = [{ f = { a = [1] } }]";
        let offered = tools.list()?.iter().map(|item| {
            Tool::check_keys(item)?;
            Tool::from_json(&item.json()?).map_err(|e| item.place(e).expected(FORM))
        });
        let offered = Self { tools: offered.collect::<Result<_>>()?, accepted: Vec::new() };
        offered.distinct().map_err(|e| tools.place(e).expected(FORM))?;
        let accepted = calls
            .list()?
            .iter()
            .map(|item| AcceptedCall::from_json(&item.json()?).map_err(|e| item.place(e).expected(FORM)));
        let rule = Self { accepted: accepted.collect::<Result<_>>()?, ..offered };
        rule.checked().and_then(Self::described).map_err(|e| calls.place(e).expected(FORM))
    }

    /// Each function once, each required parameter among its parameters.
    fn distinct(&self) -> Result<()> {
        for (i, tool) in self.tools.iter().enumerate() {
            if self.tools[..i].iter().any(|t| t.name == tool.name) {
                return Err(Error::input(format!("the function `{}` is described twice", tool.name)));
            }
            if let Some(unknown) = tool.undescribed().first() {
                let what = format!("`{}`: `{unknown}` is required, but no parameter", tool.name);
                return Err(
                    Error::input(what).known(unknown, tool.parameters.iter().map(|p| p.name.as_str()))
                );
            }
        }
        Ok(())
    }

    /// Every accepted argument is described, and every accepted dictionary holds lists of values: else no answer could be right.
    fn described(self) -> Result<Self> {
        for call in &self.accepted {
            let Some(tool) = self.tool(&call.name) else { continue };
            for (name, values) in &call.arguments {
                let Some(parameter) = tool.parameter(name) else {
                    return Err(Error::input(format!("`{}` has no parameter `{name}`", tool.name))
                        .known(name, tool.parameters.iter().map(|p| p.name.as_str())));
                };
                if let Some(value) = values.iter().find(|v| **v != "" && !parameter.kind.fits(v)) {
                    let what = format!(
                        "`{}`, `{name}`: {value} is no {}, so no answer could give it",
                        tool.name, parameter.kind
                    );
                    return Err(Error::input(what));
                }
                let maps = values.iter().filter_map(Value::as_object).filter(|_| parameter.kind == Kind::Map);
                if let Some((key, _)) = maps.flatten().find(|(_, v)| !v.is_array()) {
                    return Err(Error::input(format!(
                        "`{}`, `{name}`: `{key}` is no list of accepted values",
                        tool.name
                    )));
                }
            }
        }
        Ok(self)
    }

    fn checked(self) -> Result<Self> {
        for call in &self.accepted {
            let tool = self.tool(&call.name).ok_or_else(|| {
                Error::input(format!("the function `{}` is called but not described", call.name))
                    .known(&call.name, self.tools.iter().map(|t| t.name.as_str()))
            })?;
            let lacking = tool.parameters.iter().find(|p| p.required && call.values(&p.name).is_none());
            if let Some(lacking) = lacking {
                let what = format!("`{}` needs `{}`, which no accepted call gives", tool.name, lacking.name);
                return Err(Error::input(what));
            }
        }
        Ok(self)
    }

    /// The function of that name.
    pub fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|t| t.name == name)
    }
}

impl AcceptedCall {
    /// The values that an argument may take; none where it may not be given.
    pub fn values(&self, argument: &str) -> Option<&[Value]> {
        self.arguments.iter().find(|(name, _)| name == argument).map(|(_, values)| &values[..])
    }

    fn from_json(value: &Value) -> Result<Self> {
        let wrong = || Error::input("an accepted call is no table of one function with its arguments");
        let mut calls = value.as_object().ok_or_else(wrong)?.iter();
        let (Some((name, Value::Object(arguments))), None) = (calls.next(), calls.next()) else {
            return Err(wrong());
        };
        let listed = |(key, values): (&String, &Value)| match values {
            Value::Array(values) if !values.is_empty() => Ok((key.clone(), values.clone())),
            _ => Err(Error::input(format!("`{name}`, `{key}`: not a list of the values that are accepted"))),
        };
        Ok(Self { name: name.clone(), arguments: arguments.iter().map(listed).collect::<Result<_>>()? })
    }
}

/// As it would be written, with all that is accepted: `set_alarm(time="07:00"|"7:00", label=|"up")`.
impl fmt::Display for AcceptedCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = |v: &Value| if *v == "" { String::new() } else { v.to_string() };
        let argument = |(name, values): &(String, Vec<Value>)| {
            format!("{name}={}", values.iter().map(value).collect::<Vec<_>>().join("|"))
        };
        write!(f, "{}({})", self.name, self.arguments.iter().map(argument).collect::<Vec<_>>().join(", "))
    }
}

fn items<'a>(value: &'a Value, what: &str) -> Result<&'a [Value]> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| Error::input(format!("the {what} are no list")))
}

/// Whether a value lets its argument be left out.
pub fn may_be_left_out(values: &[Value]) -> bool {
    values.iter().any(|v| v == "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule(calls: Value) -> Result<CallRule> {
        let tools = json!([{"name": "set_alarm", "parameters": {"type": "dict", "properties": {
            "time": {"type": "string"}, "days": {"type": "array", "items": {"type": "integer"}}}, "required": ["time"]}}]);
        CallRule::from_json(&tools, &calls)
    }

    #[test]
    fn functions_and_accepted_calls_are_read() {
        let rule = rule(json!([{"set_alarm": {"time": ["7:00", "07:00"], "days": [[1, 2], ""]}}])).unwrap();
        let days = rule.tool("set_alarm").unwrap().parameter("days").unwrap();
        assert_eq!((days.kind, days.of, days.required), (Kind::List, Some(Kind::Integer), false));
        assert!(may_be_left_out(rule.accepted[0].values("days").unwrap()));
        assert!(rule.accepted[0].values("volume").is_none());
    }

    #[test]
    fn what_cannot_be_right_is_refused() {
        for (calls, wanted) in [
            (json!([{"set_alrm": {"time": ["7:00"]}}]), "did you mean: set_alarm?"),
            (json!([{"set_alarm": {"days": [[1]]}}]), "needs `time`"),
            (json!([{"set_alarm": {"time": "7:00"}}]), "not a list of the values"),
            (json!([{"set_alarm": {"time": []}}]), "not a list of the values"),
            (json!([{"a": {}, "b": {}}]), "one function"),
            (json!({}), "no list"),
        ] {
            let error = rule(calls).unwrap_err().to_string();
            assert!(error.contains(wanted), "{error}");
        }
        let unknown = json!([{"name": "f", "parameters": {"properties": {"a": {"type": "strnig"}}}}]);
        assert!(
            CallRule::from_json(&unknown, &json!([]))
                .unwrap_err()
                .to_string()
                .contains("did you mean: string?")
        );
    }
}
