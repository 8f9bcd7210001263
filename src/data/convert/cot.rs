//! CoT Collection: a task, the reasoning and the answer.

use serde_json::Value;

use super::conversation::Spoken;
use super::field::{Why, need_text};

/// `source` asks; `rationale` and then `target` answer.
pub(super) fn read(record: &Value) -> Why<Spoken> {
    let (rationale, target) = (need_text(record, "rationale")?, need_text(record, "target")?);
    Ok(Spoken {
        instruction: need_text(record, "source")?,
        output: format!("{}\n\nAnswer: {}", rationale.trim(), target.trim()),
        ..Spoken::default()
    })
}

#[cfg(test)]
mod tests {
    use super::super::format::testing::told_by;

    #[test]
    fn the_reasoning_comes_before_the_answer() {
        for (record, wanted) in [
            (
                r#"{"source": "Q", "target": "4", "rationale": "2 + 2.\n", "task": "t"}"#,
                "Q |  | 2 + 2.\n\nAnswer: 4",
            ),
            (r#"{"source": "Q", "target": "4", "rationale": ""}"#, "no: `rationale` is empty"),
            (r#"{"source": "Q", "target": "", "rationale": "r"}"#, "no: `target` is empty"),
            (r#"{"target": "4", "rationale": "r"}"#, "no: `source` is missing"),
        ] {
            assert_eq!(told_by("cot_collection", record), wanted);
        }
    }
}
