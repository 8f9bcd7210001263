//! A record's label as words.

use serde_json::Value;

use super::field::{Why, need_text};

/// The words that stand for the value below `key`.
pub(super) fn words(record: &Value, key: &str, table: &[(&str, &'static str)]) -> Why<&'static str> {
    let label = need_text(record, key)?;
    let found = table.iter().find(|(value, _)| *value == label.trim());
    found.map(|(_, words)| *words).ok_or_else(|| {
        let known: Vec<&str> = table.iter().map(|(value, _)| *value).collect();
        format!("`{key}` has an unknown value: `{label}`, known are {}", known.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_texts_are_looked_up_and_others_are_told() {
        let of = |label: Value| {
            words(&serde_json::json!({"label": label}), "label", &[("0", "no"), ("yes", "yes!")])
        };
        assert_eq!(of(0.into()), Ok("no"));
        assert_eq!(of(" yes ".into()), Ok("yes!"));
        assert_eq!(of(2.into()).unwrap_err(), "`label` has an unknown value: `2`, known are 0, yes");
        assert_eq!(of(Value::Null).unwrap_err(), "`label` is missing");
        assert_eq!(of("".into()).unwrap_err(), "`label` is empty");
    }
}
