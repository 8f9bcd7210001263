//! WizardLM: evolved instructions, in both forms that were published.

use serde_json::Value;

use super::conversation::Spoken;
use super::field::{Why, at};
use super::{alpaca, sharegpt};

/// V2 has `conversations`, the set of 70,000 `instruction` and `output`.
pub(super) fn read(record: &Value) -> Why<Spoken> {
    match at(record, "conversations") {
        Some(_) => sharegpt::read(record, &sharegpt::SHAREGPT),
        None => alpaca::read(record),
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::testing::told_by;

    #[test]
    fn both_forms_are_read() {
        for (record, wanted) in [
            (
                r#"{"idx": "x", "conversations": [{"from": "human", "value": "a"}, {"from": "gpt", "value": "b"}]}"#,
                "a |  | b",
            ),
            (r#"{"instruction": "a", "output": "b"}"#, "a |  | b"),
            (r#"{"instruction": "a", "output": ""}"#, "no: `output` is empty"),
            (r#"{"idx": "x"}"#, "no: `instruction` is missing"),
        ] {
            assert_eq!(told_by("wizardlm", record), wanted);
        }
    }
}
