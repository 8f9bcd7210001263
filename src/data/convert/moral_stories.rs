//! Moral Stories: a norm, a situation, and two ways out of it.

use serde_json::Value;

use super::conversation::Spoken;
use super::field::{Why, need_text};

/// The situation asks; the norm, the right way and the other one with what comes of them answer.
pub(super) fn read(record: &Value) -> Why<Spoken> {
    let of = |key: &str| Ok::<_, String>(need_text(record, key)?.trim().to_owned());
    let (situation, intention) = (of("situation")?, of("intention")?);
    let (norm, right, then) = (of("norm")?, of("moral_action")?, of("moral_consequence")?);
    let (wrong, instead) = (of("immoral_action")?, of("immoral_consequence")?);
    Ok(Spoken {
        instruction: format!("{situation} {intention} What is the right thing to do, and why?"),
        output: format!("{norm} {right} {then} The other way: {wrong} {instead}"),
        ..Spoken::default()
    })
}

#[cfg(test)]
mod tests {
    use super::super::format::testing::told_by;

    #[test]
    fn both_ways_are_told() {
        let whole = r#"{"ID": "x", "norm": "N.", "situation": "S.", "intention": "I.", "moral_action": "A.",
            "moral_consequence": "B.", "immoral_action": "C.", "immoral_consequence": "D. "}"#;
        assert_eq!(
            told_by("moral_stories", whole),
            "S. I. What is the right thing to do, and why? |  | N. A. B. The other way: C. D."
        );
        let half = whole.replace("\"moral_action\": \"A.\",", "");
        assert_eq!(told_by("moral_stories", &half), "no: `moral_action` is missing");
    }
}
