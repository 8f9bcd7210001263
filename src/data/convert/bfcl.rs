//! Berkeley Function Calling: questions with functions, and the calls that answer them.

use serde_json::{Map, Value};

use super::conversation::{Said, Speaker, Spoken, spoken};
use super::field::{Why, at};
use super::sharegpt::{self, OPENAI};

/// One turn in `question`, the `function`s, and the `ground_truth` that the answer file has for its id.
pub(super) fn read(record: &Value) -> Why<Spoken> {
    let list = |key: &str| at(record, key).and_then(Value::as_array).filter(|list| !list.is_empty());
    let truth = list("ground_truth").ok_or("the answer has no `ground_truth`")?;
    let functions = list("function").ok_or("the question has no `function`")?;
    let turn = match &list("question").ok_or("`question` is no list")?[..] {
        [turn] => turn,
        turns => return Err(format!("more than one turn: {}", turns.len())),
    };
    let mut said = sharegpt::messages(turn, &OPENAI)?;
    if said.last().is_none_or(|last| last.who != Speaker::User) {
        return Err("the turn does not end with the user's words".to_owned());
    }
    let calls = truth.iter().map(|call| written(call, functions)).collect::<Why<Vec<String>>>()?;
    said.push(Said { who: Speaker::Assistant, text: calls.join("\n") });
    let mut spoken = spoken(said)?;
    let listed: Vec<String> = functions.iter().map(Value::to_string).collect();
    if !spoken.input.is_empty() {
        spoken.input.push('\n');
    }
    spoken.input.push_str(&listed.join("\n"));
    Ok(spoken)
}

/// `{name: {parameter: [accepted values]}}` as a call.
fn written(call: &Value, functions: &[Value]) -> Why<String> {
    let one = call.as_object().filter(|call| call.len() == 1).and_then(|call| call.iter().next());
    let (name, accepted) = one.ok_or("a part of `ground_truth` is no call")?;
    let accepted = accepted.as_object().ok_or("a part of `ground_truth` is no call")?;
    let function = functions.iter().find(|f| at(f, "name").and_then(Value::as_str) == Some(name));
    let function = function.ok_or_else(|| format!("the answer calls an unknown function: `{name}`"))?;
    let arguments = chosen(accepted, function.get("parameters"))?;
    Ok(sharegpt::call(name, &Value::Object(arguments)))
}

/// One of the accepted values for each parameter. An empty text among them says that the parameter may be left out; it
/// is, where the schema does not require it.
fn chosen(accepted: &Map<String, Value>, schema: Option<&Value>) -> Why<Map<String, Value>> {
    let required: Vec<&str> = schema
        .and_then(|s| s.get("required"))
        .and_then(Value::as_array)
        .map_or(Vec::new(), |list| list.iter().filter_map(Value::as_str).collect());
    if let Some(missing) = required.iter().find(|name| !accepted.contains_key(**name)) {
        return Err(no_value(missing));
    }
    let mut arguments = Map::with_capacity(accepted.len());
    for (name, values) in accepted {
        let below = schema.and_then(|s| s.get("properties")).and_then(|p| p.get(name));
        // Deep within objects, some records have a value itself in place of a list of accepted ones.
        let Some(values) = values.as_array() else {
            arguments.insert(name.clone(), plain(values, below)?);
            continue;
        };
        let needed = required.contains(&name.as_str());
        let optional = values.iter().any(|v| v.as_str() == Some(""));
        if optional && !needed {
            continue;
        }
        let value = values.iter().find(|v| v.as_str() != Some("")).ok_or_else(|| no_value(name))?;
        arguments.insert(name.clone(), plain(value, below)?);
    }
    Ok(arguments)
}

/// A value as a call has it: within objects, the accepted values stand once more in lists.
fn plain(value: &Value, schema: Option<&Value>) -> Why<Value> {
    Ok(match value {
        Value::Object(fields) => Value::Object(chosen(fields, schema)?),
        Value::Array(list) => {
            let below = schema.and_then(|s| s.get("items"));
            Value::Array(list.iter().map(|v| plain(v, below)).collect::<Why<_>>()?)
        }
        other => other.clone(),
    })
}

fn no_value(name: &str) -> String {
    format!("a required parameter has no value: `{name}`")
}

#[cfg(test)]
mod tests {
    use super::super::format::testing::told_by;

    const SCHEMA: &str = r#"{"name": "f", "parameters": {"type": "dict", "required": ["x"],
        "properties": {"x": {"type": "integer"}, "o": {"type": "dict", "required": ["k"]}}}}"#;

    fn record(truth: &str) -> String {
        format!(
            r#"{{"id": "i", "question": [[{{"role": "system", "content": "S"}}, {{"role": "user", "content": "Q"}}]],
                "function": [{SCHEMA}], "ground_truth": {truth}}}"#
        )
    }

    #[test]
    fn accepted_values_become_calls() {
        let input = serde_json::from_str::<serde_json::Value>(SCHEMA).unwrap().to_string();
        for (truth, wanted) in [
            (r#"[{"f": {"x": [3, 4], "u": ["", "m"]}}]"#, r#"{"x":3}"#),
            (r#"[{"f": {"x": ["", 3], "u": ["m"]}}]"#, r#"{"x":3,"u":"m"}"#),
            (
                r#"[{"f": {"x": [[1, 2]], "o": [{"k": ["", "a"], "l": ["", true]}]}}]"#,
                r#"{"x":[1,2],"o":{"k":"a"}}"#,
            ),
            (r#"[{"f": {"x": [[{"y": [1, 2]}]]}}]"#, r#"{"x":[{"y":1}]}"#),
            (r#"[{"f": {"x": [{"y": {"z": 10.5}}]}}]"#, r#"{"x":{"y":{"z":10.5}}}"#),
        ] {
            let wanted =
                format!("Q | S\n{input} | <tool_call>{{\"name\":\"f\",\"arguments\":{wanted}}}</tool_call>");
            assert_eq!(told_by("berkeley_function_calling", &record(truth)), wanted);
        }
    }

    #[test]
    fn what_no_call_answers_is_told() {
        for (truth, wanted) in [
            (r#"[{"f": {"x": [""]}}]"#, "no: a required parameter has no value: `x`"),
            (r#"[{"f": {"u": ["m"]}}]"#, "no: a required parameter has no value: `x`"),
            (r#"[{"g": {"x": [1]}}]"#, "no: the answer calls an unknown function: `g`"),
            (r#"["f(x=1)"]"#, "no: a part of `ground_truth` is no call"),
            ("[]", "no: the answer has no `ground_truth`"),
        ] {
            assert_eq!(told_by("berkeley_function_calling", &record(truth)), wanted);
        }
        let good = record(r#"[{"f": {"x": [1]}}]"#);
        for (from, to, wanted) in [
            ("\"function\"", "\"functions\"", "no: the question has no `function`"),
            ("]],", "], []],", "no: more than one turn: 2"),
            (
                r#""role": "user""#,
                r#""role": "assistant""#,
                "no: the turn does not end with the user's words",
            ),
        ] {
            assert_eq!(told_by("berkeley_function_calling", &good.replace(from, to)), wanted);
        }
    }
}
