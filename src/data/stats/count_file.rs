//! A count file: JSON, read back and checked.

use std::path::Path;

use super::counts::Counts;
use crate::atomic;
use crate::document;
use crate::error::{Error, Result};
use crate::persona::Category;

/// The keys of a count file.
const KEYS: [&str; 13] = [
    "version",
    "about",
    "total",
    "unique",
    "multi_turn",
    "personas",
    "categories",
    "unassigned",
    "traits",
    "sources",
    "turns",
    "lengths",
    "persona_traits",
];

impl Counts {
    /// Reads a count file.
    ///
    /// # Errors
    /// It cannot be read, is of another version, has an unknown key or a value that is no count, or its sums do not fit: with
    /// file, line where one is known, and key.
    pub fn load(path: &Path) -> Result<Self> {
        let text = document::read_text(path)?;
        let any: serde_json::Value = serde_json::from_str(&text).map_err(|e| broken(&e, path))?;
        match any.get("version") {
            None if any.is_object() => {
                return Err(Error::input("the key `version` is missing")
                    .in_file(path)
                    .expected(format!("\"version\": {}", Self::VERSION)));
            }
            Some(version) if *version != serde_json::json!(Self::VERSION) => {
                return Err(Error::input(format!("the count file has version {version}"))
                    .in_file(path)
                    .key("version")
                    .expected(format!("version {}", Self::VERSION))
                    .help("count the data set again with this program"));
            }
            _ => {}
        }
        let counts: Self = serde_json::from_str(&text).map_err(|e| broken(&e, path))?;
        counts.check().map_err(|e| {
            let key = e.place().map(|p| p.key.clone()).unwrap_or_default();
            e.in_file(path).key(key)
        })?;
        Ok(counts)
    }

    /// Writes a count file.
    ///
    /// # Errors
    /// The disk is full or the folder is gone.
    pub fn write(&self, path: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)
            .map_err(|e| Error::cannot_run("the counts cannot be written").because(e))?;
        atomic::write(path, format!("{text}\n").as_bytes())
    }

    /// Whether all that was counted adds up.
    ///
    /// # Errors
    /// A sum is not what it must be: with the key and both numbers.
    pub fn check(&self) -> Result<()> {
        let of_personas = sum(self.personas.values()) + sum(self.categories.values());
        let assigned = of_personas + u128::from(self.unassigned);
        self.adds_up("personas", "`personas`, `categories` and `unassigned`", assigned)?;
        if !self.sources.is_empty() {
            let all = self.sources.values().map(|s| &s.examples);
            self.adds_up("sources", "the examples of `sources`", sum(all))?;
        }
        if !self.turns.is_empty() {
            self.adds_up("turns", "`turns`", sum(self.turns.values()))?;
            if self.turns.contains_key(&0) {
                return Err(wrong("turns", "an example of 0 turns".to_owned())
                    .expected("1 for a question with its answer"));
            }
            let more = sum(self.turns.iter().filter(|(turns, _)| **turns > 1).map(|(_, n)| n));
            if let Some(told) = self.multi_turn.filter(|told| u128::from(*told) != more) {
                let what = format!("`multi_turn` is {told}, `turns` holds {more} of more than one turn");
                return Err(wrong("multi_turn", what).expected("the same number in both"));
            }
        }
        if !self.lengths.is_empty() {
            self.adds_up("lengths", "`lengths`", sum(self.lengths.values()))?;
        }
        let traits = self.traits.iter().map(|(id, n)| (format!("traits.{id}"), *n));
        let parts = [("unique", self.unique), ("multi_turn", self.multi_turn)];
        let parts = parts.into_iter().filter_map(|(key, n)| Some((key.to_owned(), n?)));
        for (key, n) in parts.chain(traits) {
            if n > self.total {
                let what = format!("`{key}` is {n}, more than the {} examples of `total`", self.total);
                return Err(wrong(&key, what));
            }
        }
        if self.unique == Some(0) && self.total > 0 {
            return Err(wrong("unique", format!("`unique` is 0 of {} examples", self.total)));
        }
        self.check_persona_traits()
    }

    fn adds_up(&self, key: &str, what: &str, sum: u128) -> Result<()> {
        if sum == u128::from(self.total) {
            return Ok(());
        }
        Err(wrong(key, format!("{what} add up to {sum}, `total` is {}", self.total))
            .expected("the same number in both")
            .help("count what no persona is known of as `unassigned`"))
    }

    fn check_persona_traits(&self) -> Result<()> {
        for (persona, traits) in &self.persona_traits {
            let all = self.of_persona(persona);
            if let Some((id, n)) = traits.iter().find(|(_, n)| **n > all) {
                let key = format!("persona_traits.{persona}.{id}");
                let what = format!("{n} examples of `{persona}` have the trait `{id}`, of {all} in all");
                return Err(wrong(&key, what));
            }
        }
        if self.persona_traits.is_empty() || self.traits.is_empty() {
            return Ok(());
        }
        for (id, n) in &self.traits {
            let known = sum(self.persona_traits.values().filter_map(|t| t.get(id)));
            // Examples without a persona have traits too.
            if known > u128::from(*n) {
                let what =
                    format!("the personas have {known} examples of the trait `{id}`, `traits` has {n}");
                return Err(wrong(&format!("traits.{id}"), what));
            }
        }
        let unknown =
            self.persona_traits.values().flat_map(|t| t.keys()).find(|t| !self.traits.contains_key(*t));
        match unknown {
            Some(id) => {
                let what = format!("the trait `{id}` stands in `persona_traits` alone");
                Err(wrong("persona_traits", what).known(id, self.traits.keys()))
            }
            None => Ok(()),
        }
    }
}

/// Sums that no hostile file brings to overflow.
fn sum<'a>(counts: impl Iterator<Item = &'a u64>) -> u128 {
    counts.map(|n| u128::from(*n)).sum()
}

fn wrong(key: &str, what: String) -> Error {
    Error::input(what).key(key)
}

fn broken(e: &serde_json::Error, path: &Path) -> Error {
    let message = e.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
    // serde names what it does not know between backticks; it is only used for the hint.
    let name = |start: &str| message.strip_prefix(start).and_then(|rest| rest.split('`').next());
    if let Some(key) = name("unknown field `") {
        let known = KEYS.iter().copied().chain(["licence", "examples"]);
        return Error::input(format!("unknown key `{key}`")).at(path, e.line()).known(key, known);
    }
    if let Some(id) = name("unknown variant `") {
        let bins = super::LengthBin::ALL.map(super::LengthBin::id);
        let known = Category::ALL.map(Category::id).into_iter().chain(bins);
        return Error::input(format!("unknown category or length `{id}`"))
            .at(path, e.line())
            .known(id, known);
    }
    Error::input(format!("not a count file: {message}")).at(path, e.line()).expected(
        "a JSON object with version, total, personas and whatever else was counted, in whole numbers from 0",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"{
  "version": 1, "about": "a few", "total": 10, "unique": 9, "multi_turn": 3,
  "personas": {"poet": 4, "bard": 2}, "categories": {"creative": 1}, "unassigned": 3,
  "traits": {"brief": 5, "formal": 2},
  "sources": {"a": {"licence": "MIT", "examples": 6}, "b": {"licence": "CC0-1.0", "examples": 4}},
  "turns": {"1": 7, "2": 2, "12": 1},
  "lengths": {"0": 1, "1-9": 4, "500+": 5},
  "persona_traits": {"poet": {"brief": 4}}
}"#;

    fn load(text: &str) -> Result<Counts> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("counts.json");
        std::fs::write(&path, text).unwrap();
        Counts::load(&path)
    }

    #[test]
    fn a_count_file_reads_back_as_it_was_written() {
        let counts = load(GOOD).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("again.json");
        counts.write(&path).unwrap();
        assert_eq!(Counts::load(&path).unwrap(), counts);
        assert!(load(r#"{"version": 1, "total": 0}"#).is_ok());
    }

    #[test]
    fn every_mistake_names_its_place() {
        for (from, to, wanted) in [
            ("\"unique\"", "\"uniqe\"", "counts.json:2|unknown key `uniqe`|did you mean: unique?"),
            ("\"licence\": \"MIT\"", "\"license\": \"MIT\"", "counts.json:5|did you mean: licence?"),
            ("\"version\": 1", "\"version\": 2", "has version 2|version 1"),
            ("\"version\": 1, ", "", "`version` is missing"),
            ("\"poet\": 4,", "\"poet\": -4,", "counts.json:3|invalid value: integer `-4`"),
            ("\"poet\": 4,", "\"poet\": 4.5,", "not a count file"),
            ("\"poet\": 4,", "\"poet\": 5,", "add up to 11, `total` is 10|`personas`|unassigned"),
            ("\"creative\"", "\"creativ\"", "unknown category or length `creativ`|did you mean: creative?"),
            ("\"1-9\"", "\"1-8\"", "unknown category or length `1-8`"),
            ("\"examples\": 6", "\"examples\": 5", "`sources` add up to 9"),
            ("\"2\": 2", "\"2\": 1", "`turns` add up to 9"),
            ("\"1\": 7, \"2\": 2", "\"0\": 7, \"2\": 2", "0 turns"),
            ("\"multi_turn\": 3", "\"multi_turn\": 4", "`multi_turn` is 4, `turns` holds 3"),
            ("\"unique\": 9", "\"unique\": 11", "`unique` is 11, more than the 10"),
            ("\"unique\": 9", "\"unique\": 0", "`unique` is 0"),
            (
                "\"brief\": 5",
                "\"brief\": 3",
                "the personas have 4 examples of the trait `brief`, `traits` has 3",
            ),
            ("\"poet\": {\"brief\": 4}", "\"poet\": {\"brief\": 5}", "5 examples of `poet`|of 4 in all"),
            ("\"poet\": {\"brief\": 4}", "\"poet\": {\"breif\": 4}", "did you mean: brief?"),
            ("\"total\": 10", "\"total\": 10 x", "not a count file|counts.json:2"),
            ("\"poet\": 4,", "\"poet\": 18446744073709551615,", "add up to 18446744073709551621"),
        ] {
            let bad = GOOD.replacen(from, to, 1);
            assert_ne!(bad, GOOD, "{from}");
            let told = load(&bad).unwrap_err().to_string();
            for part in wanted.split('|') {
                assert!(told.contains(part), "`{to}` should say `{part}`:\n{told}");
            }
        }
        assert!(load("[]").unwrap_err().to_string().contains("not a count file"));
    }
}
