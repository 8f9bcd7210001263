//! Markers that are near-certain: patterns that give a persona before the classifier is asked.

use std::path::Path;

use super::input::TagInput;
use super::patterns::{Patterns, check};
use crate::document::{self, Field};
use crate::error::{Error, Result};
use crate::persona::Registry;

/// The rules that are built in.
const BUILT_IN: &str = include_str!("rules.toml");
/// A rule that is right less often is dropped.
pub const LEAST_PRECISION: f64 = 0.9;

/// A marker, and the persona that it stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What it looks for.
    pub name: String,
    /// Id of the persona.
    pub persona: String,
    /// Share of the examples that it met whose category was right, as measured.
    pub precision: f64,
    /// How many examples it met.
    pub met: usize,
    asks: bool,
    answers: bool,
}

impl Rule {
    /// How sure it is: (right + 1) / (met + 2), Laplace's rule of succession, for a few right cases make no certainty.
    pub fn confidence(&self) -> f64 {
        (self.precision * self.met as f64 + 1.0) / (self.met as f64 + 2.0)
    }
}

/// Rules in the order in which they are tried.
///
/// All patterns of a side are looked for at once. Cost: one pass over each text.
#[derive(Debug, Clone)]
pub struct Rules {
    rules: Vec<Rule>,
    asked: Patterns,
    output: Patterns,
    source: String,
}

impl Rules {
    /// The rules that are built in, whose personas the registry must know.
    ///
    /// # Errors
    /// The registry lacks a persona.
    pub fn built_in(registry: &Registry) -> Result<Self> {
        Self::parse(Path::new("the built-in rules.toml"), BUILT_IN, registry)
    }

    /// Rules given as TOML; errors name `path`.
    ///
    /// # Errors
    /// A key or a persona is not known, a pattern is none, a rule has no pattern or too low a precision.
    pub fn parse(path: &Path, text: &str, registry: &Registry) -> Result<Self> {
        let root = document::parse(path, text)?;
        let root = root.section(&["rule"])?;
        root.need("rule", "one [[rule]] entry for each rule")?;
        let (mut rules, mut asked, mut output) = (Vec::new(), Vec::new(), Vec::new());
        for item in root.items("rule")? {
            let section = item.section(&["name", "persona", "asked", "output", "precision", "met"])?;
            let name = section.need("name", "what it looks for")?.text()?.to_owned();
            let id = section.need("persona", "the persona that it stands for")?;
            let persona = id.text()?;
            if registry.get(persona).is_none() {
                return Err(id.error(format!("unknown persona `{persona}`")).known(persona, registry.ids()));
            }
            let side = |key: &str, into: &mut Vec<String>| -> Result<bool> {
                let pattern = section.get(key).map(pattern).transpose()?;
                let given = pattern.is_some();
                // A pattern that meets nothing keeps the place of a side that is not asked for.
                into.push(pattern.unwrap_or_else(|| r"[^\s\S]".to_owned()));
                Ok(given)
            };
            let (asks, answers) = (side("asked", &mut asked)?, side("output", &mut output)?);
            if !asks && !answers {
                return Err(section.error("the rule has no pattern").expected("`asked`, `output`, or both"));
            }
            let precision = section.need("precision", "the measured share, e.g. 0.97")?;
            let met = section.need("met", "how many examples it met")?.count_in(1..=usize::MAX)?;
            let share = precision.number_in(0.0..=1.0)?;
            if share < LEAST_PRECISION {
                return Err(precision
                    .error(format!("the rule `{name}` is right in {share} of the cases"))
                    .expected(format!("{LEAST_PRECISION} or more"))
                    .help("make its pattern narrower, or leave it out"));
            }
            rules.push(Rule { name, persona: persona.to_owned(), precision: share, met, asks, answers });
        }
        let set = |patterns: Vec<String>| {
            Patterns::new(&patterns)
                .map_err(|e| Error::input("the rules are too large").in_file(path).because(e))
        };
        Ok(Self { rules, asked: set(asked)?, output: set(output)?, source: text.to_owned() })
    }

    /// The TOML that they come from.
    pub(super) fn source(&self) -> &str {
        &self.source
    }

    /// The rules, in their order.
    pub fn list(&self) -> &[Rule] {
        &self.rules
    }

    /// Place of the first rule that meets.
    pub fn first(&self, example: &TagInput<'_>) -> Option<usize> {
        let output = self.output.met(example.output);
        let asked = self.asked.met(example.instruction);
        let input = (!example.input.is_empty()).then(|| self.asked.met(example.input));
        let asks = |i: usize| asked.has(i) || input.as_ref().is_some_and(|found| found.has(i));
        let meets = |(i, rule): (usize, &Rule)| (!rule.answers || output.has(i)) && (!rule.asks || asks(i));
        self.rules.iter().enumerate().position(meets)
    }
}

fn pattern(field: &Field) -> Result<String> {
    let text = field.text()?;
    check(text).map_err(|e| field.error("the pattern cannot be read").because(e))?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Rules> {
        Rules::parse(Path::new("rules.toml"), text, &Registry::built_in().unwrap())
    }

    #[test]
    fn markers_give_their_persona_and_plain_talk_none() {
        let rules = Rules::built_in(&Registry::built_in().unwrap()).unwrap();
        let of = |instruction: &str, output: &str| {
            let example = TagInput { instruction, output, ..TagInput::default() };
            rules.first(&example).map(|i| rules.list()[i].persona.clone())
        };
        for (asked, output, persona) in [
            ("Set an alarm", r#"{"name": "set_alarm", "arguments": {"time": "6"}}"#, "function_caller"),
            ("def f(x):\n    \"\"\" Doubles. \"\"\"", "    return 2 * x", "code_expert"),
            ("a story", "Once upon a time there was a pea.", "creative_storyteller"),
            ("best customers", "SELECT id FROM customers;", "data_query_agent"),
        ] {
            assert_eq!(of(asked, output).as_deref(), Some(persona), "{output}");
        }
        assert_eq!(of("How are you?", "Fine, and you?"), None);
    }

    #[test]
    fn every_mistake_names_its_place() {
        let good = "[[rule]]\nname = 'x'\npersona = 'poet'\noutput = 'rose'\nprecision = 0.95\nmet = 20\n";
        assert_eq!(parse(good).unwrap().list().len(), 1);
        for (from, to, wanted) in [
            ("'poet'", "'poeet'", "did you mean: poet?"),
            ("output = 'rose'", "", "no pattern"),
            ("'rose'", "'('", "rules.toml:4"),
            ("0.95", "0.8", "0.9 or more"),
            ("output", "outputs", "unknown key"),
        ] {
            let told = parse(&good.replace(from, to)).unwrap_err().to_string();
            assert!(told.contains(wanted), "`{to}` should say `{wanted}`:\n{told}");
        }
    }
}
