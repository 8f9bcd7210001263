//! What must hold between conditions, controls and the rest of their suite.

use super::condition::{Condition, Control, Lever, PLAIN};
use super::measure::Measure;
use super::suite::Suite;
use crate::document::Placed;
use crate::error::Result;

impl Suite {
    /// Conditions are held against the plain answers of the personas that are asked again.
    pub(super) fn check_asked_again(
        &self,
        conditions: &[Placed<Condition>],
        controls: &[Placed<Control>],
    ) -> Result<()> {
        let Some(first) = conditions.first() else { return Ok(()) };
        if !self.measures(Measure::Separability) {
            return Err(first
                .error("conditions are held against the plain answers, which this suite does not measure")
                .expected("measures = [\"separability\"], here or in an included file"));
        }
        for condition in conditions.iter().filter(|c| c.value.follow_up) {
            let without = self.prompts_of(&condition.value).iter().find(|p| p.follow_up.is_none());
            let Some(prompt) = without else { continue };
            return Err(condition
                .error(format!("the shared prompt `{}` is asked again and has no follow-up", prompt.id))
                .expected("prompts = [{ id = \"s01\", text = \"...\", follow_up = \"...\" }]")
                .help(match condition.value.prompts {
                    Some(_) => "or let the condition ask fewer of the first prompts: lower its `prompts`",
                    None => "or let conditions ask fewer of the first prompts: conditions = { prompts = N }",
                }));
        }
        for condition in conditions {
            if let Some(count) = condition.value.prompts.filter(|n| *n > self.prompts.len()) {
                return Err(condition
                    .error(format!("the condition asks {count} of {} shared prompts", self.prompts.len()))
                    .expected(format!("`prompts` from 2 to {}", self.prompts.len())));
            }
        }
        if self.condition_personas.len() < 2 {
            return Err(first
                .error(format!(
                    "conditions are asked of {} persona(s) of the suite, and one cannot be told from others",
                    self.condition_personas.len()
                ))
                .expected("conditions = { personas = [...] } with two or more of the suite's personas"));
        }
        controls.iter().try_for_each(|control| self.check_ends(control, conditions))
    }

    /// What the two ends of a control must have alike; an end that is no condition is `plain`.
    fn check_ends(&self, control: &Placed<Control>, conditions: &[Placed<Condition>]) -> Result<()> {
        let (less, more) = (&control.value.less, &control.value.more);
        let [a, b] = [less, more].map(|end| conditions.iter().find(|c| c.value.id == *end).map(|c| &c.value));
        if let (Some(a), Some(b)) = (a, b) {
            let (a, b) = (self.prompts_of(a).len(), self.prompts_of(b).len());
            if a != b {
                return Err(control
                    .error(format!("`{less}` asks {a} prompts and `{more}` {b}"))
                    .expected("the same `prompts` in both: answers are compared prompt by prompt"));
            }
        }
        let own = self.generation.sampling.max_tokens;
        let [a, b] = [a, b].map(|end| end.and_then(|c| c.max_new_tokens).unwrap_or(own));
        if control.value.lever == Lever::Length && a != b {
            return Err(control
                .error(format!("`{less}` may have {a} tokens and `{more}` {b}, whatever is asked for"))
                .expected(format!(
                    "the same `max_new_tokens` in both; without the key, and for `{PLAIN}`, it is {own}, that of `generation`"
                )));
        }
        Ok(())
    }
}

/// Ids are unique, and none is `plain`.
pub(super) fn check_conditions(conditions: &[Placed<Condition>], controls: &[Placed<Control>]) -> Result<()> {
    for (i, condition) in conditions.iter().enumerate() {
        let id = &condition.value.id;
        if id == PLAIN || conditions[..i].iter().any(|c| c.value.id == *id) {
            return Err(condition
                .error(format!("the id `{id}` is taken"))
                .expected("an id that no other condition has; `plain` is the shared prompts as they are"));
        }
    }
    for (i, control) in controls.iter().enumerate() {
        Control::check(control, conditions)?;
        if let Some(first) = controls[..i].iter().find(|c| c.value.lever == control.value.lever) {
            return Err(control
                .error(format!("the lever `{}` is tried twice", control.value.lever))
                .expected(format!("one [[control]] a lever; the first stands at {}", first.spot())));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::suite::ModelNames;
    use super::*;
    use crate::persona::Registry;

    const SUITE: &str = "name = \"a\"\npersonas = [\"poet\", \"historian\"]\nbase = \"m\"\nembedder = \"e\"\n\
        measures = [\"separability\"]\n\
        generation = { temperature = 0.7, top_p = 0.95, max_new_tokens = 48 }\n\
        prompts = [\n{ id = \"s1\", text = \"One?\" },\n{ id = \"s2\", text = \"Two?\" },\n]\n";

    fn load(text: &str) -> Result<Suite> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.toml");
        std::fs::write(&path, text).unwrap();
        let registry = Registry::load(concat!(env!("CARGO_MANIFEST_DIR"), "/suites/personas.toml"))?;
        let models = ModelNames { bases: vec!["m".into()], embedders: vec!["e".into()], data: Vec::new() };
        Suite::load(path, &registry, &models, &|_| unreachable!("no benchmark"))
    }

    fn refused(text: &str, wanted: &str) {
        let err = load(text).unwrap_err().to_string();
        for part in wanted.split('|') {
            assert!(err.contains(part), "should say `{part}`:\n{err}");
        }
    }

    #[test]
    fn conditions_must_fit_the_rest() {
        let with = |more: &str| format!("{}{more}", SUITE);
        let follow = "[[condition]]\nid = \"next\"\nfollow_up = true\n";
        refused(&with(follow), "a.toml:11 `condition.0`|`s1` is asked again and has no follow-up");
        let half = with(follow).replace("text = \"One?\"", "text = \"One?\", follow_up = \"And then?\"");
        refused(&half, "`s2` is asked again and has no follow-up");
        let both = half.replace("text = \"Two?\"", "text = \"Two?\", follow_up = \"Why?\"");
        let suite = load(&both).unwrap();
        assert_eq!(suite.conditions[0].text(&suite.prompts[0]), "And then?");
        // A condition's own number of prompts goes before the suite's.
        let few = "conditions = { prompts = 2 }\n".to_owned() + &half + "prompts = 3\n";
        let few = few.replace("]\n[[", "{ id = \"s3\", text = \"Three?\" }]\n[[");
        let few = few.replace("follow_up = true", "ask = \"By mail.\"");
        let suite = load(&few).unwrap();
        assert_eq!((suite.condition_prompts, suite.prompts_of(&suite.conditions[0]).len()), (2, 3));
        let control = "[[condition]]\nid = \"d\"\nask = \"y\"\n[[control]]\nlever = \"tone\"\n";
        let uneven = format!("{few}{control}less = \"next\"\nmore = \"d\"\n");
        refused(&uneven, "`next` asks 3 prompts and `d` 2|the same `prompts` in both");
        let own = half.replace("follow_up = true", "follow_up = true\nprompts = 2");
        refused(&own, "`s2` is asked again and has no follow-up|lower its `prompts`");
        let email = follow.replace("follow_up = true", "ask = \"By mail.\"");
        let suite = load(&with(&email)).unwrap();
        assert_eq!(suite.conditions[0].text(&suite.prompts[0]), "One? By mail.");
        for (more, wanted) in [
            ("id = \"c\"", "asks nothing else than the shared prompts do"),
            ("id = \"plain\"\nask = \"x\"", "the id `plain` is taken"),
            ("id = \"c\"\nturns = [\"Hi.\"]\nfollow_up = true", "goes on from the plain answer"),
            (
                "id = \"c\"\nask = \"x\"\n[[control]]\nlever = \"tone\"\nless = \"cc\"\nmore = \"plain\"",
                "did you mean: c?",
            ),
            (
                "id = \"c\"\nask = \"x\"\n[[control]]\nlever = \"tine\"\nless = \"c\"\nmore = \"plain\"",
                "did you mean: tone?",
            ),
            (
                "id = \"c\"\nask = \"x\"\n[[control]]\nlever = \"tone\"\nless = \"c\"\nmore = \"c\"",
                "both ends are the same",
            ),
            ("id = \"c\"\nask = \"x\"\nprompts = 1", "a whole number from 2 to 10000"),
            ("id = \"c\"\nask = \"x\"\nprompts = 3", "asks 3 of 2 shared prompts|from 2 to 2"),
            (
                "id = \"c\"\nask = \"x\"\nmax_new_tokens = 90\n\
                 [[control]]\nlever = \"length\"\nless = \"c\"\nmore = \"plain\"",
                "`c` may have 90 tokens and `plain` 48|the same `max_new_tokens` in both",
            ),
        ] {
            refused(&with(&format!("[[condition]]\n{more}\n")), wanted);
        }
        let style = with(&email).replace("[\"separability\"]", "[\"style\"]");
        refused(&style, "which this suite does not measure|measures = [\"separability\"]");
        let lone = format!("conditions = {{ personas = [\"poet\"] }}\n{}", with(&email));
        refused(&lone, "asked of 1 persona(s)");
    }
}
