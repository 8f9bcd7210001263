//! Questions of examinations with choices: MMLU and ARC.

use serde_json::Value;

use super::choices::Choices;
use super::conversation::Spoken;
use super::field::{Why, at, need_text, text};

/// MMLU: `question`, `choices`, `answer` as a place from 0 (a letter in some copies); or lm-eval's worked samples, which have
/// `question` and `target`.
pub(super) fn mmlu(record: &Value) -> Why<Spoken> {
    // The hub's config of the training split has the whole row below one column.
    let record = at(record, "train").unwrap_or(record);
    let question = need_text(record, "question")?;
    if at(record, "target").is_some() {
        let output = need_text(record, "target")?;
        return Ok(Spoken { instruction: question, output, ..Spoken::default() });
    }
    let choices = Choices::lettered(texts(record, "choices")?)?;
    let output = choices.at(&need_text(record, "answer")?)?;
    Ok(Spoken { instruction: choices.ask(&question), output, ..Spoken::default() })
}

/// ARC: `question`, `choices` as two lists `label` and `text`, `answerKey` as one of the labels, which may be digits.
pub(super) fn arc(record: &Value) -> Why<Spoken> {
    let question = need_text(record, "question")?;
    let choices = Choices::new(texts(record, "choices.label")?, texts(record, "choices.text")?)?;
    let output = choices.labelled(&need_text(record, "answerKey")?)?;
    Ok(Spoken { instruction: choices.ask(&question), output, ..Spoken::default() })
}

fn texts(record: &Value, path: &str) -> Why<Vec<String>> {
    let list = at(record, path).ok_or_else(|| format!("`{path}` is missing"))?;
    let list =
        list.as_array().filter(|l| !l.is_empty()).ok_or_else(|| format!("`{path}` is no list of texts"))?;
    let all = list.iter().map(|value| text(value).map(|t| t.into_owned())).collect::<Option<_>>();
    all.ok_or_else(|| format!("`{path}` is no list of texts"))
}

#[cfg(test)]
mod tests {
    use super::super::format::testing::told_by;

    #[test]
    fn mmlu_counts_its_choices() {
        for (record, wanted) in [
            (
                r#"{"question": "Q?", "subject": "", "choices": ["w", "x", "y", "z"], "answer": 2}"#,
                "Q?\n(A) w\n(B) x\n(C) y\n(D) z |  | (C) y",
            ),
            (
                r#"{"train": {"question": "Q?", "choices": ["w", "x"], "answer": "B"}}"#,
                "Q?\n(A) w\n(B) x |  | (B) x",
            ),
            (r#"{"question": "Q?\n(A) w (B) x", "target": "It is (B)."}"#, "Q?\n(A) w (B) x |  | It is (B)."),
            (
                r#"{"question": "Q?", "choices": ["w", "x"], "answer": -1}"#,
                "no: the answer is no choice: `-1`, known are A, B",
            ),
            (r#"{"question": "", "choices": ["w"], "answer": 0}"#, "no: `question` is empty"),
            (r#"{"question": "Q?", "choices": [], "answer": 0}"#, "no: `choices` is no list of texts"),
            (r#"{"question": "Q?", "answer": 0}"#, "no: `choices` is missing"),
        ] {
            assert_eq!(told_by("mmlu", record), wanted);
        }
    }

    #[test]
    fn arc_names_its_choices() {
        for (record, wanted) in [
            (
                r#"{"question": "Q?", "choices": {"text": ["x", "y"], "label": ["1", "2"]}, "answerKey": "2"}"#,
                "Q?\n(1) x\n(2) y |  | (2) y",
            ),
            (
                r#"{"question": "Q?", "choices": {"text": ["x", "y"], "label": ["A", "B"]}, "answerKey": ""}"#,
                "no: `answerKey` is empty",
            ),
            (
                r#"{"question": "Q?", "choices": {"text": ["x", "y"], "label": ["A", "B"]}, "answerKey": "1"}"#,
                "no: the answer is no choice: `1`, known are A, B",
            ),
            (
                r#"{"question": "Q?", "choices": {"text": ["x", "y"], "label": ["A"]}, "answerKey": "A"}"#,
                "no: the choices do not fit: 1 labels, 2 texts",
            ),
            (r#"{"question": "Q?", "choices": ["x"], "answerKey": "A"}"#, "no: `choices.label` is missing"),
        ] {
            assert_eq!(told_by("arc_challenge", record), wanted);
        }
    }
}
