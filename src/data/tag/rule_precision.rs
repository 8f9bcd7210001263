//! How often each rule is right, on labelled examples.

use serde::Serialize;

use super::input::TagInput;
use super::rules::Rules;
use super::samples::Samples;
use crate::persona::Registry;

/// What came of a rule where it was the first that met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RulePrecision {
    /// The rule.
    pub name: String,
    /// Examples that it decided.
    pub met: usize,
    /// Those whose category is the category of its persona.
    pub right: usize,
    /// Those whose persona it is, of the sources that tell personas apart.
    pub same_persona: usize,
}

/// A line a rule, in their order.
pub fn rule_precisions(rules: &Rules, samples: &Samples<'_>, registry: &Registry) -> Vec<RulePrecision> {
    let fresh = |name: &str| RulePrecision { name: name.to_owned(), met: 0, right: 0, same_persona: 0 };
    let mut lines: Vec<RulePrecision> = rules.list().iter().map(|rule| fresh(&rule.name)).collect();
    for sample in &samples.list {
        let Some(place) = rules.first(&TagInput::of(sample.row)) else { continue };
        let said = &rules.list()[place].persona;
        let (id, _) = &samples.personas[sample.persona];
        let category = |id: &str| registry.get(id).map(|p| p.category);
        lines[place].met += 1;
        lines[place].right += usize::from(category(said) == category(id));
        lines[place].same_persona += usize::from(said == id);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::super::samples::testing::row;
    use super::super::{TrainOptions, samples_of};
    use super::*;

    #[test]
    fn a_rule_is_counted_where_it_decides() {
        let registry = Registry::built_in().unwrap();
        let rows = [
            row("a", "poet", "Write", "Once upon a time"),
            row("a", "creative_storyteller", "Tell", "Once upon a time, a king"),
            row("a", "historian", "When", "once upon a time it was 1850"),
            row("a", "historian", "When", "In 1850"),
        ];
        let samples = samples_of(&rows, &registry, &TrainOptions::default()).unwrap();
        let rules = Rules::built_in(&registry).unwrap();
        let lines = rule_precisions(&rules, &samples, &registry);
        let line = lines.iter().find(|l| l.name == "once upon a time").unwrap();
        assert_eq!((line.met, line.right, line.same_persona), (3, 2, 1));
    }
}
