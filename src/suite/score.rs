//! How an answer to a task item is scored.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::call::CallRule;
use super::choice::{Choice, Preference};
use super::pattern::regex;
use super::python_rule::PythonRule;
use super::schema::read_schema;
use crate::document::Field;
use crate::error::Result;

/// One rule that turns an answer into 0 or 1. An empty answer scores 0 under every rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Score {
    /// The answer is this text; white space and quotation marks around it, a closing full stop and case
    /// do not count.
    Exact(String),
    /// The answer matches this regular expression somewhere.
    Regex(String),
    /// The number that the answer gives is this one, give or take the tolerance: the one after `####` or in `\boxed{}`, else the
    /// last; with units, only numbers that have one of them count.
    Numeric {
        /// The right number.
        value: f64,
        /// Largest difference that still counts.
        tolerance: f64,
        /// Units by spelling, with what one of it is worth in the unit of `value`; an empty spelling lets a number stand without.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        units: Vec<(String, f64)>,
    },
    /// No text is generated: the right option is the likeliest after the prompt.
    Choice(Choice),
    /// No text is generated: against the plain base model without a tag, the persona shifts towards one reply and away from the
    /// other.
    Prefers(Preference),
    /// At least one of these occurs; case does not count, a word may go on (`breath` finds `breathe`).
    ContainsAny(Vec<String>),
    /// All of these occur, by the same rule.
    ContainsAll(Vec<String>),
    /// The number of words, split at white space, lies between the bounds, both included.
    Words {
        /// Fewest words; at least 1.
        min: usize,
        /// Most words.
        max: Option<usize>,
    },
    /// The whole answer is JSON that satisfies this schema.
    Schema(Value),
    /// The answer makes these function calls, judged by structure.
    Calls(CallRule),
    /// The answer's Python code passes tests.
    Python(PythonRule),
}

const KEYS: [&str; 20] = [
    "exact",
    "regex",
    "numeric",
    "tolerance",
    "units",
    "choice",
    "answer",
    "by",
    "prefers",
    "over",
    "contains_any",
    "contains_all",
    "words_min",
    "words_max",
    "schema",
    "calls",
    "tools",
    "python",
    "before",
    "seconds",
];

/// Most words that a length rule may ask for.
const MAX_WORDS: usize = 5000;

impl Score {
    /// Name of the rule, for reports.
    pub fn kind(&self) -> &'static str {
        match self {
            Score::Exact(_) => "exact",
            Score::Regex(_) => "regex",
            Score::Numeric { .. } => "numeric",
            Score::Choice(_) => "choice",
            Score::Prefers(_) => "prefers",
            Score::ContainsAny(_) => "contains_any",
            Score::ContainsAll(_) => "contains_all",
            Score::Words { .. } => "words",
            Score::Schema(_) => "schema",
            Score::Calls(_) => "calls",
            Score::Python(_) => "python",
        }
    }

    /// Whether likelihoods decide it and no text is generated.
    pub fn by_likelihood(&self) -> bool {
        matches!(self, Score::Choice(_) | Score::Prefers(_))
    }

    /// Reads a checked `score` table: exactly one rule.
    pub(super) fn read(field: &Field) -> Result<Self> {
        let section = field.section(&KEYS)?;
        let companion = |key: &str, of: &str| match (section.get(key), section.get(of)) {
            (Some(stray), None) => Err(stray.error(format!("`{key}` goes with `{of}`"))),
            _ => Ok(()),
        };
        companion("tolerance", "numeric")?;
        companion("units", "numeric")?;
        companion("answer", "choice")?;
        companion("by", "choice")?;
        companion("over", "prefers")?;
        companion("tools", "calls")?;
        companion("before", "python")?;
        companion("seconds", "python")?;
        let mut rules = Vec::new();
        if let Some(text) = section.get("exact") {
            rules.push(Score::Exact(text.text()?.to_owned()));
        }
        if let Some(pattern) = section.get("regex") {
            rules.push(Score::Regex(read_regex(pattern)?));
        }
        if let Some(value) = section.get("numeric") {
            let tolerance = section.get("tolerance").map_or(Ok(0.0), |f| f.number_in(0.0..=1e9))?;
            let units = section.get("units").map_or(Ok(Vec::new()), read_units)?;
            rules.push(Score::Numeric { value: value.number()?, tolerance, units });
        }
        if let Some(options) = section.get("choice") {
            rules.push(Score::Choice(Choice::read(options, &section)?));
        }
        if let Some(text) = section.get("prefers") {
            rules.push(Score::Prefers(Preference::read(text, &section)?));
        }
        if let Some(words) = section.get("contains_any") {
            rules.push(Score::ContainsAny(words.texts()?));
        }
        if let Some(words) = section.get("contains_all") {
            rules.push(Score::ContainsAll(words.texts()?));
        }
        if let Some(schema) = section.get("schema") {
            rules.push(Score::Schema(read_schema(schema)?));
        }
        if let Some(calls) = section.get("calls") {
            let tools = section.need("tools", "the functions that may be called")?;
            rules.push(Score::Calls(CallRule::read(tools, calls)?));
        }
        if let Some(tests) = section.get("python") {
            let (before, seconds) = (section.get("before"), section.get("seconds"));
            rules.push(Score::Python(PythonRule::read(tests, before, seconds)?));
        }
        let min = section.get("words_min").map(|f| f.count_in(1..=MAX_WORDS)).transpose()?;
        let max = section.get("words_max").map(|f| f.count_in(1..=MAX_WORDS)).transpose()?;
        if min.is_some() || max.is_some() {
            let min = min.unwrap_or(1);
            if max.is_some_and(|max| max < min) {
                return Err(field.error("`words_max` is less than `words_min`"));
            }
            rules.push(Score::Words { min, max });
        }
        match rules.len() {
            1 => Ok(rules.remove(0)),
            0 => Err(field.error("the score has no rule").expected(format!("one of {}", KEYS.join(", ")))),
            _ => Err(field.error("the score has more than one rule").expected("one rule a task")),
        }
    }
}

/// A regular expression that compiles and that an empty answer does not match.
pub(super) fn read_regex(field: &Field) -> Result<String> {
    let pattern = field.text()?;
    let regex = regex(pattern).map_err(|e| field.place(e))?;
    if regex.is_match("") {
        return Err(field
            .error("the pattern matches an empty answer")
            .expected("a pattern that asks for something"));
    }
    Ok(pattern.to_owned())
}

fn read_units(field: &Field) -> Result<Vec<(String, f64)>> {
    let unit = |(name, factor): (&str, &Field)| Ok((name.to_owned(), factor.number_in(1e-12..=1e12)?));
    let units: Vec<(String, f64)> = field.table()?.map(unit).collect::<Result<_>>()?;
    if units.is_empty() {
        return Err(field.error("the table is empty").expected("units = { km = 1, m = 0.001 }"));
    }
    Ok(units)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::choice::Normalisation;
    use super::*;
    use crate::document::parse;

    fn read(text: &str) -> Result<Score> {
        Score::read(&parse(Path::new("s.toml"), text).unwrap())
    }

    #[test]
    fn every_rule_reads() {
        assert_eq!(read("exact = 'Paris'").unwrap(), Score::Exact("Paris".into()));
        assert_eq!(read("regex = '^a+$'").unwrap(), Score::Regex("^a+$".into()));
        assert_eq!(
            read("numeric = 4").unwrap(),
            Score::Numeric { value: 4.0, tolerance: 0.0, units: vec![] }
        );
        let units = vec![("km".to_owned(), 1.0), ("m".to_owned(), 0.001)];
        let read_units = read("numeric = 4\nunits = { km = 1, m = 0.001 }").unwrap();
        assert_eq!(read_units, Score::Numeric { value: 4.0, tolerance: 0.0, units });
        let options = vec!["a".to_owned(), "b".to_owned()];
        let choice = |by| Score::Choice(Choice { options: options.clone(), answer: 1, by });
        assert_eq!(read("choice = ['a', 'b']\nanswer = 1").unwrap(), choice(Normalisation::Tokens));
        let summed = read("choice = ['a', 'b']\nanswer = 1\nby = 'sum'").unwrap();
        assert_eq!(summed, choice(Normalisation::Sum));
        let preference = Preference { text: "a".to_owned(), over: "b".to_owned() };
        assert_eq!(read("prefers = 'a'\nover = 'b'").unwrap(), Score::Prefers(preference));
        assert_eq!(read("contains_any = ['x']").unwrap().kind(), "contains_any");
        assert_eq!(read("contains_all = ['x']").unwrap().kind(), "contains_all");
        let call = read(
            "tools = [{ name = 'f', parameters = { properties = { a = { type = 'integer' } } } }]\n\
                         calls = [{ f = { a = [1, ''] } }]",
        );
        assert_eq!(call.unwrap().kind(), "calls");
        let python = PythonRule { tests: "assert f()".into(), before: String::new(), seconds: 3.0 };
        assert_eq!(read("python = 'assert f()'").unwrap(), Score::Python(python.clone()));
        let more = PythonRule { before: "import re\n".into(), seconds: 0.5, ..python };
        let text = "python = 'assert f()'\nbefore = \"import re\\n\"\nseconds = 0.5";
        assert_eq!(read(text).unwrap(), Score::Python(more));
        assert_eq!(read("words_max = 9").unwrap(), Score::Words { min: 1, max: Some(9) });
        assert_eq!(read("words_min = 9").unwrap(), Score::Words { min: 9, max: None });
    }

    #[test]
    fn bad_rules_are_refused() {
        for (bad, wanted) in [
            ("", "no rule"),
            ("exact = 'a'\nregex = 'b'", "more than one rule"),
            ("regexp = 'a'", "did you mean: regex?"),
            ("regex = '('", "not a regular expression"),
            ("regex = 'a*'", "matches an empty answer"),
            ("numeric = nan", "finite"),
            ("numeric = 1\ntolerance = -1", "out of range"),
            ("numeric = 1\nunits = { km = 0 }", "out of range"),
            ("numeric = 1\nunits = {}", "the table is empty"),
            ("tolerance = 1\nexact = 'a'", "`tolerance` goes with `numeric`"),
            ("choice = ['a', 'b']", "`answer` is missing"),
            ("choice = ['a', 'b']\nanswer = 2", "from 0 to 1"),
            ("choice = ['a', 'a']\nanswer = 0", "given twice"),
            ("choice = ['a']\nanswer = 0", "at least two"),
            ("choice = ['a', 'b']\nanswer = 0\nby = 'token'", "s.toml:3|did you mean: tokens?"),
            ("exact = 'a'\nby = 'sum'", "`by` goes with `choice`"),
            ("prefers = 'a'", "`over` is missing"),
            ("prefers = 'a'\nover = 'a'", "both replies are the same"),
            ("contains_any = []", "the list is empty"),
            ("words_min = 9\nwords_max = 8", "less than"),
            ("words_max = 0", "from 1 to"),
            ("schema = 'a'", "this is no schema"),
            ("schema = { type = 'strnig' }", "s.toml:1 `schema.type`|did you mean: string?"),
            ("schema = { maximum = 'a' }", "the JSON schema cannot be used"),
            ("schema = { '$ref' = 'urn:another' }", "s.toml:1|a reference leads out of the JSON schema"),
            ("schema = { pattern = '(?=a)b' }", "s.toml:1 `schema.pattern`|not a regular expression"),
            (
                "schema = { type = 'object', requird = ['a'] }",
                "s.toml:1 `schema.requird`|did you mean: required?",
            ),
            (
                "[schema.properties.a]\nminimun = 1",
                "s.toml:2 `schema.properties.a.minimun`|did you mean: minimum?",
            ),
            ("schema = { format = 'dat' }", "s.toml:1 `schema.format`|did you mean: date?"),
            ("schema = { '$ref' = '#' }", "s.toml:1 `schema`|asks itself without end"),
            (
                "schema = { '$schema' = 'http://example.com/draft-07/schema#' }",
                "s.toml:1 `schema.$schema`|another draft|2020-12",
            ),
            ("calls = []", "`tools` is missing"),
            ("tools = []\nexact = 'a'", "`tools` goes with `calls`"),
            (
                "tools = [{ name = 'f', parameters = { properties = { a = { type = 'object' } } } }]\ncalls = [{ f = { aa = [1] } }]",
                "s.toml:2|did you mean: a?",
            ),
            (
                "tools = [{ name = 'f', parameters = { properties = { a = { type = 'object' } } } }]\ncalls = [{ f = { a = [{ x = 1 }] } }]",
                "`x` is no list of accepted values",
            ),
            (
                "calls = []\ntools = [{ name = 'f', parameters = { required = ['a'] } }]",
                "s.toml:2|is required, but no parameter",
            ),
            ("calls = []\ntools = [{ name = 'f' }, { name = 'f' }]", "described twice"),
            ("tools = [{ name = 'f' }]\ncalls = [{ g = {} }]", "s.toml:2|known: f"),
            (
                "tools = [{ type = 'function', function = { name = 'f', parameters = { properties = { a = { type = 'integer' } } } } }]\n\
                 calls = [{ f = { a = ['7'] } }]",
                "s.toml:2|`f`, `a`: \"7\" is no integer",
            ),
            (
                "calls = []\ntools = [{ name = 'f', parametres = {} }]",
                "s.toml:2 `tools.0.parametres`|did you mean: parameters?",
            ),
            (
                "calls = []\ntools = [{ function = { nam = 'f' } }]",
                "s.toml:2 `tools.0.function.nam`|did you mean: name?",
            ),
            (
                "calls = []\ntools = [{ name = 'f', parameters = { properties = { a = { tpye = 'integer' } } } }]",
                "s.toml:2 `tools.0.parameters.properties.a.tpye`|did you mean: type?",
            ),
            (
                "calls = []\ntools = [{ name = 'f', parameters = { requird = ['a'] } }]",
                "s.toml:2 `tools.0.parameters.requird`|did you mean: required?",
            ),
            (
                "calls = []\ntools = [{ name = 'f', parameters = { properties = { a = { required = true } } } }]",
                "s.toml:2 `tools.0.parameters.properties.a.required`|beside `properties`",
            ),
            (
                "calls = []\ntools = [{ name = 'f', parameters = { properties = { a = 'integer' } } }]",
                "described by no table",
            ),
            (
                "calls = []\ntools = [{ name = 'f', parameters = { properties = { a = { type = ['integer'] } } } }]",
                "`a` has several types",
            ),
            ("tools = [{ name = 'f' }]\ncalls = [{ f = {} }, { f = 1 }]", "s.toml:2 `calls.1`|one function"),
            ("python = ' '", "the text is empty"),
            ("python = 'assert 1'\nseconds = 0", "out of range"),
            ("exact = 'a'\nbefore = 'b'", "`before` goes with `python`"),
            ("exact = 'a'\nseconds = 1", "`seconds` goes with `python`"),
        ] {
            let err = read(bad).unwrap_err().to_string();
            for part in wanted.split('|') {
                assert!(err.contains(part), "`{bad}` should say `{part}`:\n{err}");
            }
        }
    }
}
