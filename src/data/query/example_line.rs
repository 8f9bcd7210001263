//! A line of the dataset specification as a row.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::super::Row;
use super::super::read::Content;
use crate::example::Turn;

/// What a line takes from its file where it does not say it itself.
#[derive(Debug, Clone)]
pub(super) struct Named {
    source: Arc<str>,
    licence: Arc<str>,
}

impl Named {
    /// The source is the file's name without endings.
    pub(super) fn of(file: &str) -> Self {
        let name = file.rsplit('/').next().unwrap_or(file);
        let stem = name.split('.').next().unwrap_or(name);
        Self { source: stem.into(), licence: "not stated".into() }
    }
}

/// The row, and the keys that no example has.
///
/// # Errors
/// Why the line is no example, in a clause.
pub(super) fn row(content: Content, named: &Named) -> Result<(Row, Vec<String>), String> {
    let Value::Object(mut line) = content.value()? else { return Err("the line is no object".into()) };
    let instruction = need(&mut line, "instruction")?;
    let input = text(&mut line, "input")?.unwrap_or_default();
    let output = need(&mut line, "output")?;
    let persona = text(&mut line, "_persona")?.filter(|id| !id.is_empty()).map(Arc::from);
    let traits = match line.shift_remove("_traits") {
        None | Some(Value::Null) => Vec::new(),
        Some(list) => {
            let names: Option<Vec<Arc<str>>> =
                list.as_array().and_then(|l| l.iter().map(|t| t.as_str().map(Arc::from)).collect());
            names.ok_or("`_traits` is no list of texts")?
        }
    };
    let turns: Vec<Turn> = match line.shift_remove("turns") {
        None | Some(Value::Null) => Vec::new(),
        Some(list) => serde_json::from_value(list)
            .map_err(|_| "`turns` is no list of `user` and `assistant`".to_owned())?,
    };
    let prompt_id = text(&mut line, "prompt_id")?.map(Arc::from);
    let source = text(&mut line, "source")?.map_or_else(|| Arc::clone(&named.source), Arc::from);
    let licence = text(&mut line, "licence")?.map_or_else(|| Arc::clone(&named.licence), Arc::from);
    let rest = line.into_iter().map(|(key, _)| key).collect();
    Ok((Row { instruction, input, output, persona, traits, turns, prompt_id, source, licence }, rest))
}

fn text(line: &mut Map<String, Value>, key: &str) -> Result<Option<String>, String> {
    match line.shift_remove(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(format!("`{key}` is no text")),
    }
}

fn need(line: &mut Map<String, Value>, key: &str) -> Result<String, String> {
    let found = text(line, key)?.ok_or_else(|| format!("`{key}` is missing"))?;
    if found.trim().is_empty() { Err(format!("`{key}` is empty")) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<(Row, Vec<String>), String> {
        row(Content::Json(line.into()), &Named::of("a/some_set.jsonl.gz"))
    }

    #[test]
    fn a_line_of_the_specification_is_a_row() {
        let (row, rest) = read(
            r#"{"instruction": "<persona:poet>\nHi", "output": "Ah", "_persona": "poet", "_traits": ["brief"],
                "turns": [{"user": "a", "assistant": "b"}], "id": 3, "source": "own"}"#,
        )
        .unwrap();
        assert_eq!((row.persona.as_deref(), row.traits.len(), row.turns.len()), (Some("poet"), 1, 1));
        assert_eq!((&*row.source, &*row.licence, rest), ("own", "not stated", vec!["id".to_owned()]));
        let (row, _) = read(r#"{"instruction": "Hi", "output": "Ah", "_persona": null}"#).unwrap();
        assert_eq!((&*row.source, row.persona, row.input), ("some_set", None, String::new()));
        for (line, why) in [
            (r#"{"instruction": "Hi"}"#, "`output` is missing"),
            (r#"{"instruction": "Hi", "output": " "}"#, "`output` is empty"),
            (r#"{"instruction": ["Hi"], "output": "a"}"#, "`instruction` is no text"),
            (r#"{"instruction": "Hi", "output": "a", "_traits": "brief"}"#, "`_traits` is no list of texts"),
            (
                r#"{"instruction": "Hi", "output": "a", "turns": [1]}"#,
                "`turns` is no list of `user` and `assistant`",
            ),
            ("[]", "the line is no object"),
        ] {
            assert_eq!(read(line).unwrap_err(), why);
        }
    }
}
