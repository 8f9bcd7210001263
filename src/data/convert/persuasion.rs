//! Persuasion: arguments for a claim, each rated by several people.

use serde_json::Value;

use super::conversation::Spoken;
use super::field::{Why, need_text, text_or_empty};

/// `claim` and `argument`. A row is one rating, so an argument comes again with each of its rows; removing duplicates is a
/// step of its own. Control arguments speak against a plain fact, so they are none for the claim.
pub(super) fn read(record: &Value) -> Why<Spoken> {
    if text_or_empty(record, "source")?.trim() == "Control"
        || text_or_empty(record, "prompt_type")?.trim() == "Control Prompt"
    {
        return Err("a control argument does not argue for its claim".to_owned());
    }
    Ok(Spoken {
        instruction: format!("Argue for this claim: {}", need_text(record, "claim")?.trim()),
        output: need_text(record, "argument")?.trim().to_owned(),
        ..Spoken::default()
    })
}

#[cfg(test)]
mod tests {
    use super::super::format::testing::told_by;

    #[test]
    fn a_claim_is_argued_for() {
        for (record, wanted) in [
            (
                r#"{"claim": "C.", "argument": "A,\n\nB.", "source": "Human", "prompt_type": "N/A"}"#,
                "Argue for this claim: C. |  | A,\n\nB.",
            ),
            (
                r#"{"claim": "C.", "argument": "A.", "source": "Control", "prompt_type": "Control Prompt"}"#,
                "no: a control argument does not argue for its claim",
            ),
            (r#"{"claim": "C.", "argument": "", "source": "Claude 2"}"#, "no: `argument` is empty"),
            (r#"{"argument": "A."}"#, "no: `claim` is missing"),
        ] {
            assert_eq!(told_by("persuasion", record), wanted);
        }
    }
}
