//! Counts of two parts as the counts of the whole.

use std::collections::BTreeMap;

use super::counts::Counts;
use crate::error::{Error, Result};

impl Counts {
    /// The counts of both together.
    ///
    /// What was not counted in one part is not known of the whole. How many of the examples are unique is not either: the same
    /// one may stand in both parts.
    ///
    /// # Errors
    /// More examples than there are numbers.
    pub fn merge(self, other: Self) -> Result<Self> {
        if self.total == 0 {
            return Ok(other);
        }
        if other.total == 0 {
            return Ok(self);
        }
        let total = self
            .total
            .checked_add(other.total)
            .ok_or_else(|| Error::input("the two parts have more examples than can be counted"))?;
        let sourced = both(&self.sources, &other.sources);
        let mut sources = if sourced { self.sources } else { BTreeMap::new() };
        for (name, more) in other.sources.into_iter().filter(|_| sourced) {
            let Some(known) = sources.get_mut(&name) else {
                sources.insert(name, more);
                continue;
            };
            known.add_licence(&more.licence);
            known.examples += more.examples;
        }
        let about = match (self.about, other.about) {
            (Some(a), Some(b)) if a != b => Some(format!("{a}; {b}")),
            (a, b) => a.or(b),
        };
        let persona_traits = match both(&self.persona_traits, &other.persona_traits) {
            true => {
                let mut all = self.persona_traits;
                for (persona, traits) in other.persona_traits {
                    let known = all.remove(&persona).unwrap_or_default();
                    all.insert(persona, added(known, traits));
                }
                all
            }
            false => BTreeMap::new(),
        };
        Ok(Self {
            version: Self::VERSION,
            about,
            total,
            unique: None,
            multi_turn: self.multi_turn.zip(other.multi_turn).map(|(a, b)| a + b),
            personas: added(self.personas, other.personas),
            categories: added(self.categories, other.categories),
            unassigned: self.unassigned + other.unassigned,
            traits: known_of_both(self.traits, other.traits),
            sources,
            turns: known_of_both(self.turns, other.turns),
            lengths: known_of_both(self.lengths, other.lengths),
            persona_traits,
        })
    }
}

fn both<K, V>(a: &BTreeMap<K, V>, b: &BTreeMap<K, V>) -> bool {
    !a.is_empty() && !b.is_empty()
}

fn known_of_both<K: Ord>(a: BTreeMap<K, u64>, b: BTreeMap<K, u64>) -> BTreeMap<K, u64> {
    if both(&a, &b) { added(a, b) } else { BTreeMap::new() }
}

fn added<K: Ord>(mut a: BTreeMap<K, u64>, b: BTreeMap<K, u64>) -> BTreeMap<K, u64> {
    for (key, n) in b {
        *a.entry(key).or_default() += n;
    }
    a
}

#[cfg(test)]
mod tests {
    use super::super::SourceCount;
    use super::*;

    fn part(persona: &str, n: u64, licence: &str) -> Counts {
        Counts {
            total: n + 1,
            unique: Some(n),
            multi_turn: Some(1),
            personas: [(persona.to_owned(), n)].into(),
            unassigned: 1,
            sources: [("s".to_owned(), SourceCount { licence: licence.to_owned(), examples: n + 1 })].into(),
            turns: [(1, n), (2, 1)].into(),
            ..Counts::default()
        }
    }

    #[test]
    fn parts_add_up_and_what_one_does_not_know_is_not_known() {
        let whole = part("poet", 3, "MIT").merge(part("bard", 5, "MIT")).unwrap();
        whole.check().unwrap();
        assert_eq!((whole.total, whole.unassigned, whole.unique, whole.multi_turn), (10, 2, None, Some(2)));
        assert_eq!((whole.turns[&1], whole.sources["s"].examples), (8, 10));
        let bare = Counts { total: 1, unassigned: 1, ..Counts::default() };
        let whole = part("poet", 3, "MIT").merge(bare).unwrap();
        whole.check().unwrap();
        assert!(whole.turns.is_empty() && whole.sources.is_empty() && whole.multi_turn.is_none());
        assert_eq!(Counts::default().merge(part("poet", 3, "MIT")).unwrap(), part("poet", 3, "MIT"));
    }

    #[test]
    fn a_source_has_the_licences_of_both_parts() {
        let whole = part("poet", 3, "MIT").merge(part("poet", 3, "BSD")).unwrap();
        assert_eq!(whole.sources["s"].licence, "BSD; MIT");
        let again = whole.merge(part("poet", 1, "MIT")).unwrap();
        assert_eq!((again.sources["s"].licence.as_str(), again.sources["s"].examples), ("BSD; MIT", 10));
    }
}
