//! The counts of a data set: by persona, trait, source, turns and length.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::length::LengthBin;
use crate::persona::{Category, Registry};

/// Turns from which they are counted together.
const MANY_TURNS: u32 = 8;

/// How many examples a data set has, and of what.
///
/// A table that is empty was not counted. What was counted must add up: `personas`, `categories` and `unassigned` to
/// `total`, and so must `sources`, `turns` and `lengths`; an example may have several traits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Version of this file's layout: [`Counts::VERSION`].
    pub version: u32,
    /// What was counted, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Examples.
    pub total: u64,
    /// Examples that differ in user's text, input, turns before or answer; none where not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique: Option<u64>,
    /// Examples of more than one turn; none where not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multi_turn: Option<u64>,
    /// By the persona's id, those that no registry knows too.
    #[serde(default)]
    pub personas: BTreeMap<String, u64>,
    /// Examples of which no more than the category is known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub categories: BTreeMap<Category, u64>,
    /// Examples of which no persona and no category is known.
    #[serde(default)]
    pub unassigned: u64,
    /// By trait.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub traits: BTreeMap<String, u64>,
    /// By source.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, SourceCount>,
    /// By number of turns, the last one among them: 1 is a question with its answer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub turns: BTreeMap<u32, u64>,
    /// By words of the answer.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lengths: BTreeMap<LengthBin, u64>,
    /// By persona, then by trait.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub persona_traits: BTreeMap<String, BTreeMap<String, u64>>,
}

/// The examples of one source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceCount {
    /// Its licence; several with `; ` between them.
    pub licence: String,
    /// Its examples.
    pub examples: u64,
}

impl SourceCount {
    /// Adds a licence that its examples have, or several, if it is not among them.
    pub(super) fn add_licence(&mut self, more: &str) {
        if self.licence != more {
            let all: BTreeSet<&str> = self.licence.split("; ").chain(more.split("; ")).collect();
            self.licence = all.into_iter().collect::<Vec<_>>().join("; ");
        }
    }
}

impl Default for Counts {
    fn default() -> Self {
        Self {
            version: Self::VERSION,
            about: None,
            total: 0,
            unique: None,
            multi_turn: None,
            personas: BTreeMap::new(),
            categories: BTreeMap::new(),
            unassigned: 0,
            traits: BTreeMap::new(),
            sources: BTreeMap::new(),
            turns: BTreeMap::new(),
            lengths: BTreeMap::new(),
            persona_traits: BTreeMap::new(),
        }
    }
}

impl Counts {
    /// The version of a count file's layout.
    pub const VERSION: u32 = 1;

    /// Examples of a persona.
    pub fn of_persona(&self, id: &str) -> u64 {
        self.personas.get(id).copied().unwrap_or_default()
    }

    /// Examples of a category: those of its personas in the registry, and those of which no more is known.
    pub fn of_category(&self, category: Category, registry: &Registry) -> u64 {
        let of_personas = registry.personas().iter().filter(|p| p.category == category);
        let sum: u64 = of_personas.map(|p| self.of_persona(&p.id)).sum();
        sum + self.categories.get(&category).copied().unwrap_or_default()
    }

    /// Personas that have examples and stand in no registry, with their counts.
    pub fn unregistered<'a>(&'a self, registry: &'a Registry) -> impl Iterator<Item = (&'a str, u64)> {
        let all = self.personas.iter().filter(|(id, n)| **n > 0 && registry.get(id).is_none());
        all.map(|(id, n)| (id.as_str(), *n))
    }

    /// Personas of the registry that have examples.
    pub fn seen(&self, registry: &Registry) -> usize {
        registry.ids().filter(|id| self.of_persona(id) > 0).count()
    }

    /// Numbers of turns with their examples, many turns together; none where they were not counted.
    pub fn by_turns(&self) -> Vec<(String, u64)> {
        if self.turns.is_empty() {
            return Vec::new();
        }
        let few = (1..MANY_TURNS).map(|n| (n.to_string(), self.turns.get(&n).copied().unwrap_or_default()));
        let many = self.turns.range(MANY_TURNS..).map(|(_, n)| n).sum();
        few.chain([(format!("{MANY_TURNS}+"), many)]).collect()
    }

    /// The share of `n` examples; 0 of none.
    #[allow(clippy::cast_precision_loss)]
    pub fn share(&self, n: u64) -> f64 {
        if self.total == 0 { 0.0 } else { n as f64 / self.total as f64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_follow_from_the_registry_and_unknown_personas_are_kept() {
        let registry = Registry::built_in().unwrap();
        let personas = [("poet", 3), ("songwriter", 2), ("bard", 4), ("code_expert", 0)];
        let counts = Counts {
            total: 10,
            personas: personas.map(|(id, n)| (id.to_owned(), n)).into(),
            categories: [(Category::Creative, 1)].into(),
            ..Counts::default()
        };
        assert_eq!(counts.of_category(Category::Creative, &registry), 6);
        assert_eq!(counts.unregistered(&registry).collect::<Vec<_>>(), [("bard", 4)]);
        assert_eq!((counts.seen(&registry), counts.share(4)), (2, 0.4));
        assert_eq!(Counts::default().share(0), 0.0);
    }
}
