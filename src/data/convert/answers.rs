//! Second files of a source: what they say about a record is found by its id.

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

use super::field::{Why, need_text};
use crate::data::read::{Reading, walk};
use crate::error::{Error, Result};

/// Records by their `id`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers(HashMap<String, Map<String, Value>>);

impl Answers {
    /// Reads files of JSON lines, or any other container; all of it is held in memory.
    ///
    /// # Errors
    /// A file cannot be read, or a record has no `id` of its own.
    pub(in crate::data) fn load(paths: &[PathBuf], how: &Reading) -> Result<Self> {
        let mut all = HashMap::new();
        for path in paths {
            let told = |number: u64, line: Option<u64>, what: String| match line
                .and_then(|line| usize::try_from(line).ok())
            {
                Some(line) => Error::input(what).at(path, line),
                None => Error::input(format!("record {number}: {what}")).in_file(path),
            };
            walk(path, how, &|_| (), &mut |record| {
                let (number, at) = (record.number, record.line);
                let value = record.content.value().map_err(|why| told(number, at, why))?;
                let id = need_text(&value, "id").map_err(|why| told(number, at, why))?;
                let Value::Object(fields) = value else {
                    return Err(told(number, at, "the answer is no object".to_owned()));
                };
                match all.insert(id.clone(), fields) {
                    Some(_) => Err(told(number, at, format!("two answers have the id `{id}`"))),
                    None => Ok(()),
                }
            })?;
        }
        Ok(Self(all))
    }

    /// The record with what its answer says; where both have a key, the record's own stays.
    pub(super) fn join(&self, record: &Value) -> Why<Value> {
        let id = need_text(record, "id")?;
        let answer = self.0.get(&id).ok_or_else(|| format!("no answer has the id: `{id}`"))?;
        let mut joined = answer.clone();
        let fields = record.as_object().ok_or("the record is no object")?;
        joined.extend(fields.iter().map(|(key, value)| (key.clone(), value.clone())));
        Ok(Value::Object(joined))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Answers> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.json");
        std::fs::write(&path, text).expect("written");
        Answers::load(&[path], &Reading::default())
    }

    #[test]
    fn records_meet_their_answers() {
        let answers = load("{\"id\": \"x\", \"truth\": [1]}\n{\"id\": 2, \"truth\": []}").expect("answers");
        let joined = answers.join(&serde_json::json!({"id": "x", "q": "Q"}));
        assert_eq!(joined, Ok(serde_json::json!({"id": "x", "truth": [1], "q": "Q"})));
        assert!(answers.join(&serde_json::json!({"id": "2"})).is_ok());
        assert_eq!(answers.join(&serde_json::json!({"id": "y"})).unwrap_err(), "no answer has the id: `y`");
        assert_eq!(answers.join(&serde_json::json!({"q": "Q"})).unwrap_err(), "`id` is missing");
    }

    #[test]
    fn broken_answer_files_name_the_place() {
        for (text, wanted) in [
            ("{\"id\": \"x\"}\n{\"id\": \"x\"}\n", "a.json:2|two answers have the id `x`"),
            ("{\"id\": \"x\"}\n{\"name\": \"x\"}\n", "a.json:2|`id` is missing"),
            ("{\"id\": \"x\"}\n{\"id\n", "a.json:2|not JSON"),
        ] {
            let told = load(text).expect_err("an error").to_string();
            assert!(wanted.split('|').all(|part| told.contains(part)), "{told}");
        }
    }
}
