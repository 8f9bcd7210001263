//! Conversations as lists of who says what: ShareGPT's and OpenAI's.

use serde_json::Value;

use super::conversation::{Said, Speaker, Spoken, spoken};
use super::field::{Why, at, text, text_or_empty};

/// Where such a record keeps what.
pub(super) struct Keys {
    /// The list, first found.
    lists: &'static [&'static str],
    who: &'static str,
    text: &'static str,
}

pub(super) const SHAREGPT: Keys =
    Keys { lists: &["conversations", "conversation", "items"], who: "from", text: "value" };
pub(super) const OPENAI: Keys = Keys { lists: &["messages"], who: "role", text: "content" };

/// Names of speakers as published sets have them. What a tool returns is told to the assistant, as a user's words are.
const SPEAKERS: [(&str, Speaker); 14] = [
    ("system", Speaker::System),
    ("developer", Speaker::System),
    ("human", Speaker::User),
    ("user", Speaker::User),
    ("tool", Speaker::User),
    ("function", Speaker::User),
    ("observation", Speaker::User),
    ("function_response", Speaker::User),
    ("gpt", Speaker::Assistant),
    ("assistant", Speaker::Assistant),
    ("chatgpt", Speaker::Assistant),
    ("bing", Speaker::Assistant),
    ("bard", Speaker::Assistant),
    ("model", Speaker::Assistant),
];

/// Reads the record's list; a conversation may also be the record itself.
pub(super) fn read(record: &Value, keys: &Keys) -> Why<Spoken> {
    let named = keys.lists.iter().find_map(|key| at(record, key));
    let list = named.unwrap_or(record);
    if !list.is_array() {
        return Err(format!("`{}` is no list", keys.lists[0]));
    }
    let mut said = messages(list, keys)?;
    let system = text_or_empty(record, "system")?;
    if !system.trim().is_empty() {
        said.insert(0, Said { who: Speaker::System, text: system });
    }
    let mut spoken = spoken(said)?;
    // Where the system text lists the tools itself (hermes), they are not told twice.
    if let Some(tools) = tools(record)?.filter(|_| !spoken.input.contains("<tools>")) {
        if !spoken.input.is_empty() {
            spoken.input.push('\n');
        }
        spoken.input.push_str(&format!("<tools>{tools}</tools>"));
    }
    Ok(spoken)
}

/// The tools that a record lists beside its messages, as JSON.
fn tools(record: &Value) -> Why<Option<Value>> {
    let Some((key, tools)) = ["tools", "functions"].iter().find_map(|key| at(record, key).map(|v| (key, v)))
    else {
        return Ok(None);
    };
    let list = match tools {
        // A list is written as JSON within a text where all columns must be plain.
        Value::String(json) if json.trim().is_empty() => return Ok(None),
        Value::String(json) => {
            serde_json::from_str(json).map_err(|_| format!("`{key}` is a text that is no JSON"))?
        }
        other => other.clone(),
    };
    match &list {
        Value::Array(all) if all.is_empty() => Ok(None),
        Value::Array(_) => Ok(Some(list)),
        _ => Err(format!("`{key}` is no list")),
    }
}

/// Every message of a list, blank ones too.
pub(super) fn messages(list: &Value, keys: &Keys) -> Why<Vec<Said>> {
    let list = list.as_array().ok_or("the messages are no list")?;
    let mut said = Vec::with_capacity(list.len());
    for message in list {
        let name = at(message, keys.who)
            .and_then(Value::as_str)
            .ok_or_else(|| format!("a message has no `{}`", keys.who))?;
        let known = SPEAKERS.iter().find(|(speaker, _)| name.eq_ignore_ascii_case(speaker));
        let who = known.ok_or_else(|| format!("unknown speaker: `{name}`"))?.1;
        said.push(Said { who, text: content(message, keys)? });
    }
    Ok(said)
}

/// A call as the text of an assistant, in one line.
pub(super) fn call(name: &str, arguments: &Value) -> String {
    format!("<tool_call>{}</tool_call>", serde_json::json!({"name": name, "arguments": arguments}))
}

/// What a message says; the calls that it makes follow as `<tool_call>` lines, one a call.
fn content(message: &Value, keys: &Keys) -> Why<String> {
    let mut all = match at(message, keys.text) {
        None => String::new(),
        // OpenAI's parts: only text has a place here.
        Some(Value::Array(parts)) => {
            let texts: Option<Vec<&str>> =
                parts.iter().map(|part| at(part, "text").and_then(Value::as_str)).collect();
            texts.ok_or("a message holds something else than text")?.join("\n")
        }
        Some(value) => {
            text(value).ok_or_else(|| format!("`{}` of a message is no text", keys.text))?.into_owned()
        }
    };
    let calls = match at(message, "tool_calls") {
        None => &[],
        Some(calls) => calls.as_array().ok_or("`tool_calls` of a message is no list")?.as_slice(),
    };
    // Before there were several, a message had one `function_call`.
    for made in at(message, "function_call").into_iter().chain(calls) {
        let function = at(made, "function").unwrap_or(made);
        let name = at(function, "name").and_then(Value::as_str).ok_or("a tool call has no name")?;
        // OpenAI writes the arguments as JSON within a text.
        let arguments = match at(function, "arguments") {
            Some(Value::String(json)) => serde_json::from_str(json)
                .map_err(|_| "the arguments of a tool call are no JSON".to_owned())?,
            Some(value) => value.clone(),
            None => Value::Object(Default::default()),
        };
        if !all.is_empty() {
            all.push('\n');
        }
        all.push_str(&call(name, &arguments));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::super::format::{Format, testing::told};

    #[test]
    fn speakers_are_put_in_turn() {
        for (record, wanted) in [
            (
                r#"{"id": "x", "conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}"#,
                "Hi |  | Hello",
            ),
            (
                r#"{"conversations": [{"from": "gpt", "value": "Ready."}, {"from": "human", "value": "a"},
                    {"from": "human", "value": "b"}, {"from": "gpt", "value": "c"}, {"from": "human", "value": "d"}]}"#,
                "a\nb |  | c (trimmed)",
            ),
            (
                r#"{"conversation": [{"from": "system", "value": "S"}, {"from": "user", "value": "a"}, {"from": "bing", "value": "b"},
                    {"from": "human", "value": "c"}, {"from": "chatgpt", "value": "d"}]}"#,
                "a > b || c | S | d",
            ),
            (r#"{"conversations": [{"from": "human", "value": "Hi"}]}"#, "no: nobody answers a user's words"),
            (r#"{"conversations": []}"#, "no: nobody answers a user's words"),
            (r#"{"conversations": [{"from": "owl", "value": "Hu"}]}"#, "no: unknown speaker: `owl`"),
            (r#"{"conversations": [{"value": "Hu"}]}"#, "no: a message has no `from`"),
            (r#"{"text": "x"}"#, "no: `conversations` is no list"),
        ] {
            assert_eq!(told(&Format::ShareGpt, record), wanted);
        }
    }

    #[test]
    fn a_system_text_and_tools_beside_the_list_are_told() {
        let record = |beside: &str| {
            format!(
                r#"{{"messages": [{{"role": "user", "content": "a"}}, {{"role": "assistant", "content": "b"}}], {beside}}}"#
            )
        };
        for (beside, wanted) in [
            (r#""system": "S", "tools": [{"name": "f"}]"#, "a | S\n<tools>[{\"name\":\"f\"}]</tools> | b"),
            (r#""tools": "[{\"name\": \"f\"}]""#, "a | <tools>[{\"name\":\"f\"}]</tools> | b"),
            (r#""functions": [{"name": "f"}]"#, "a | <tools>[{\"name\":\"f\"}]</tools> | b"),
            (r#""system": "<tools>f</tools>", "tools": [{"name": "f"}]"#, "a | <tools>f</tools> | b"),
            (r#""system": null, "tools": [], "functions": [1]"#, "a |  | b"),
            (r#""tools": " ""#, "a |  | b"),
            (r#""tools": "f()""#, "no: `tools` is a text that is no JSON"),
            (r#""tools": {"name": "f"}"#, "no: `tools` is no list"),
            (r#""system": ["S"]"#, "no: `system` is no text"),
        ] {
            assert_eq!(told(&Format::Messages, &record(beside)), wanted);
        }
    }

    #[test]
    fn messages_hold_parts_and_calls() {
        for (record, wanted) in [
            (
                r#"{"messages": [{"role": "developer", "content": "S"}, {"role": "user", "content": [{"type": "text", "text": "a"}]},
                    {"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f", "arguments": "{\"x\": 1}"}}]},
                    {"role": "tool", "content": "2"}, {"role": "assistant", "content": "It is 2."}]}"#,
                "a > <tool_call>{\"name\":\"f\",\"arguments\":{\"x\":1}}</tool_call> || 2 | S | It is 2.",
            ),
            (
                r#"{"messages": [{"role": "user", "content": "a"},
                    {"role": "assistant", "content": null, "function_call": {"name": "f", "arguments": "{}"}}]}"#,
                "a |  | <tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>",
            ),
            (
                r#"{"messages": [{"role": "assistant", "content": "b", "tool_calls": {"name": "f"}}]}"#,
                "no: `tool_calls` of a message is no list",
            ),
            (r#"[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]"#, "a |  | b"),
            (
                r#"{"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}"#,
                "no: a message holds something else than text",
            ),
            (
                r#"{"messages": [{"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}]}"#,
                "no: the arguments of a tool call are no JSON",
            ),
        ] {
            assert_eq!(told(&Format::Messages, record), wanted);
        }
    }
}
