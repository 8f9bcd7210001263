//! The judge's answer, read strictly.

use super::rubric::Criterion;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;

/// Which of two replies is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Choice {
    /// The one that was read first.
    #[serde(rename = "Reply 1")]
    First,
    /// The one that was read second.
    #[serde(rename = "Reply 2")]
    Second,
    /// Neither.
    #[serde(rename = "tie")]
    Tie,
}

impl Choice {
    /// All choices.
    pub const ALL: [Choice; 3] = [Choice::First, Choice::Second, Choice::Tie];

    /// How the judge writes it.
    pub fn id(self) -> &'static str {
        match self {
            Choice::First => "Reply 1",
            Choice::Second => "Reply 2",
            Choice::Tie => "tie",
        }
    }

    /// The same verdict where the replies had stood in the other order.
    #[must_use]
    pub fn swapped(self) -> Self {
        match self {
            Choice::First => Choice::Second,
            Choice::Second => Choice::First,
            Choice::Tie => Choice::Tie,
        }
    }
}

/// What the judge thinks of one pair in one order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// One choice a criterion, in the rubric's order.
    pub choices: Vec<Choice>,
    /// Its own short reason.
    pub reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    verdicts: Verdicts,
    reason: String,
}

/// Names and choices as they stand, so that a name given twice is seen.
struct Verdicts(Vec<(String, Choice)>);

impl<'de> Deserialize<'de> for Verdicts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Verdicts;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of criteria and choices")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Verdicts, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Verdicts(pairs))
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

impl Opinion {
    /// Reads the judge's text; none where it is not exactly the demanded object, with each criterion once. A block of code
    /// around the whole of it is taken off; nothing else is mended.
    pub fn read(text: &str, criteria: &[Criterion]) -> Option<Self> {
        let form: Form = serde_json::from_str(unfenced(text.trim())).ok()?;
        let given = form.verdicts.0;
        if given.len() != criteria.len() {
            return None;
        }
        let one = |c: &Criterion| {
            let mut named = given.iter().filter(|(name, _)| *name == c.name);
            named.next().map(|(_, choice)| *choice)
        };
        let choices = criteria.iter().map(one).collect::<Option<_>>()?;
        Some(Self { choices, reason: form.reason })
    }
}

/// The inside of a block of code that is the whole text, else the text.
fn unfenced(text: &str) -> &str {
    let inside = text.strip_prefix("```").and_then(|t| t.strip_suffix("```"));
    inside.map_or(text, |t| t.strip_prefix("json").unwrap_or(t).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Opinion> {
        let one = |name: &str| Criterion { name: name.into(), ask: "Which?".into(), weight: 1.0 };
        Opinion::read(text, &[one("voice"), one("sense")])
    }

    #[test]
    fn only_the_whole_demanded_form_is_read() {
        let good = r#"{"verdicts": {"sense": "tie", "voice": "Reply 2"}, "reason": "shorter"}"#;
        let opinion = read(good).expect("reads");
        assert_eq!(opinion.choices, [Choice::Second, Choice::Tie]);
        assert_eq!(opinion.reason, "shorter");
        assert_eq!(read(&format!(" ```json\n{good}\n```\n")), Some(opinion.clone()));
        assert_eq!(read(&format!("\n{good} ")), Some(opinion));
        for (from, to) in [
            ("\"tie\"", "\"Tie\""),
            ("\"tie\"", "1"),
            ("\"Reply 2\"", "\"Reply 3\""),
            ("\"sense\": \"tie\", ", ""),
            ("\"sense\"", "\"voice\""),
            ("\"sense\"", "\"tone\""),
            ("\"sense\": \"tie\", ", "\"sense\": \"tie\", \"sense\": \"Reply 1\", "),
            (", \"reason\": \"shorter\"", ""),
            ("\"shorter\"", "null"),
            ("\"reason\"", "\"score\": 3, \"reason\""),
            ("{\"verdicts\"", "Sure! {\"verdicts\""),
            ("\"}", "\"} I hope this helps."),
            ("\"}", "\""),
        ] {
            let bad = good.replacen(from, to, 1);
            assert_ne!(bad, good);
            assert_eq!(read(&bad), None, "{bad}");
        }
        assert_eq!(read(""), None);
    }

    #[test]
    fn swapping_twice_changes_nothing() {
        for choice in Choice::ALL {
            assert_eq!(choice.swapped().swapped(), choice);
        }
    }
}
