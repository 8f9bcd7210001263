//! Causal Reasoning (e-CARE): which of two hypotheses is the cause or the effect, and why.

use serde_json::Value;

use super::choices::Choices;
use super::conversation::Spoken;
use super::field::{Why, need_text};
use super::label::words;

/// `premise`, `ask-for`, two hypotheses, `label` as the right one's place, and a `conceptual_explanation`.
pub(super) fn read(record: &Value) -> Why<Spoken> {
    let asked = words(
        record,
        "ask-for",
        &[("cause", "What was the cause?"), ("effect", "What happened as a result?")],
    )?;
    let question = format!("{}\n{asked}", need_text(record, "premise")?.trim());
    let hypotheses = vec![need_text(record, "hypothesis1")?, need_text(record, "hypothesis2")?];
    let choices = Choices::lettered(hypotheses)?;
    let right = words(record, "label", &[("0", "A"), ("1", "B")])?;
    let why = need_text(record, "conceptual_explanation")?;
    Ok(Spoken {
        instruction: choices.ask(&question),
        output: format!("{} {}", choices.labelled(right)?, why.trim()),
        ..Spoken::default()
    })
}

#[cfg(test)]
mod tests {
    use super::super::format::testing::told_by;

    #[test]
    fn a_hypothesis_is_chosen_and_explained() {
        let whole = r#"{"index": "train-1", "premise": "P.", "ask-for": "effect", "hypothesis1": "X.", "hypothesis2": "Y.",
            "label": 1, "conceptual_explanation": "E."}"#;
        assert_eq!(
            told_by("causal_reasoning", whole),
            "P.\nWhat happened as a result?\n(A) X.\n(B) Y. |  | (B) Y. E."
        );
        for (from, to, wanted) in [
            ("\"label\": 1", "\"label\": 2", "no: `label` has an unknown value: `2`, known are 0, 1"),
            ("\"label\": 1", "\"lable\": 1", "no: `label` is missing"),
            ("effect", "reason", "no: `ask-for` has an unknown value: `reason`, known are cause, effect"),
            ("E.", " ", "no: `conceptual_explanation` is empty"),
        ] {
            assert_eq!(told_by("causal_reasoning", &whole.replace(from, to)), wanted);
        }
    }
}
