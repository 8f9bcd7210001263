//! Records with keys of their own.

use serde_json::Value;

use super::conversation::Spoken;
use super::field::{Why, misled, need_text, text_or_empty};
use crate::document::Field;
use crate::error::Result;

/// Which key holds what; dotted keys lead into objects and lists (`answers.0.text`, `steps.*.text` for all of them).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapping {
    /// The user's text.
    pub instruction: String,
    /// More material.
    pub input: Option<String>,
    /// The answer.
    pub output: String,
    /// The persona's id, where the records tell it.
    pub persona: Option<String>,
}

impl Mapping {
    /// From a recipe's `columns`.
    ///
    /// # Errors
    /// A key that is not known, or no `instruction` or `output`.
    pub(in crate::data) fn from_field(field: &Field) -> Result<Self> {
        let section = field.section(&["instruction", "input", "output", "persona"])?;
        let path = |field: &Field| -> Result<String> {
            let text = field.text()?;
            match misled(text) {
                None => Ok(text.to_owned()),
                Some(why) => Err(field
                    .error(format!("`{text}` leads to no text: {why}"))
                    .expected("keys with dots between them; `steps.*.text` takes `text` of every element")),
            }
        };
        let need = |key: &str| path(section.need(key, "the key of the records that holds it")?);
        let some = |key: &str| section.get(key).map(path).transpose();
        Ok(Self {
            instruction: need("instruction")?,
            input: some("input")?,
            output: need("output")?,
            persona: some("persona")?,
        })
    }

    pub(super) fn read(&self, record: &Value) -> Why<Spoken> {
        Ok(Spoken {
            instruction: need_text(record, &self.instruction)?,
            input: self.input.as_ref().map_or(Ok(String::new()), |path| text_or_empty(record, path))?,
            output: need_text(record, &self.output)?,
            persona: self.persona.as_ref().map(|path| need_text(record, path)).transpose()?,
            ..Spoken::default()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::{Format, testing::told};
    use super::*;

    #[test]
    fn a_persona_of_the_record_must_be_known() {
        let format = Format::Columns(Mapping {
            instruction: "q".into(),
            input: None,
            output: "a".into(),
            persona: Some("who".into()),
        });
        for (who, wanted) in [("poet", "Q |  | A"), ("poeet", "no: unknown persona: `poeet`")] {
            let record = format!("{{\"q\": \"Q\", \"a\": \"A\", \"who\": \"{who}\"}}");
            assert_eq!(told(&format, &record), wanted);
        }
    }

    #[test]
    fn paths_that_lead_nowhere_are_known() {
        for (path, leads) in [
            ("a", true),
            ("a.0.b", true),
            ("a.*", true),
            ("a.*.b.*.c", true),
            ("*", false),
            ("*.a", false),
            ("a.*_text", false),
            ("a.**", false),
            ("*_text", false),
            ("", false),
        ] {
            assert_eq!(misled(path).is_none(), leads, "{path}");
        }
    }

    #[test]
    fn keys_lead_into_objects_and_lists() {
        let mapping = Mapping {
            instruction: "q".into(),
            input: Some("a.b".into()),
            output: "answers.1.text".into(),
            persona: None,
        };
        let format = Format::Columns(mapping);
        for (record, wanted) in [
            (r#"{"q": "Q", "a.b": "dotted", "answers": [{}, {"text": "A"}]}"#, "Q | dotted | A"),
            (r#"{"q": "Q", "answers": [{}, {"text": true}]}"#, "Q |  | true"),
            (r#"{"q": "Q", "answers": [{}]}"#, "no: `answers.1.text` is missing"),
            (r#"{"q": {}, "answers": [{}, {"text": "A"}]}"#, "no: `q` is no text"),
        ] {
            assert_eq!(told(&format, record), wanted);
        }
        let every =
            Mapping { instruction: "q".into(), input: None, output: "steps.*.text".into(), persona: None };
        let format = Format::Columns(every);
        for (record, wanted) in [
            (r#"{"q": "Q", "steps": [{"text": "a"}, {"text": 2}]}"#, "Q |  | a\n2"),
            (r#"{"q": "Q", "steps": [{"text": "a"}, {"txet": "b"}]}"#, "no: `steps.1.text` is missing"),
            (r#"{"q": "Q", "steps": []}"#, "no: `steps.*.text` is empty"),
            (r#"{"q": "Q"}"#, "no: `steps.*.text` is missing"),
            (r#"{"q": "Q", "steps": {"text": "a"}}"#, "no: `steps.*.text` leads to no list"),
        ] {
            assert_eq!(told(&format, record), wanted);
        }
    }
}
