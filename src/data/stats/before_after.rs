//! Two data sets side by side: how counts and shares changed.

use std::collections::BTreeSet;

use serde::Serialize;

use super::counts::Counts;
use crate::persona::{Category, Registry};

/// One row: a persona, a category, a trait or a source.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Its id; of a category that of the registry.
    pub id: String,
    /// Examples before.
    pub before: u64,
    /// Examples after.
    pub after: u64,
    /// Share before, 0 to 1.
    pub share_before: f64,
    /// Share after, 0 to 1.
    pub share_after: f64,
}

/// What changed between two data sets; what one of them did not count is left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Changes {
    /// Examples before and after.
    pub total: (u64, u64),
    /// Every category, in the order of the specification.
    pub categories: Vec<Change>,
    /// Every persona that has examples in one of them, in the order of the registry, then those that stand in no registry.
    pub personas: Vec<Change>,
    /// Every trait.
    pub traits: Vec<Change>,
    /// Every source.
    pub sources: Vec<Change>,
}

/// How `after` differs from `before`.
pub fn changes(before: &Counts, after: &Counts, registry: &Registry) -> Changes {
    let change = |id: &str, n: (u64, u64)| Change {
        id: id.to_owned(),
        before: n.0,
        after: n.1,
        share_before: before.share(n.0),
        share_after: after.share(n.1),
    };
    let category =
        |c: Category| change(c.id(), (before.of_category(c, registry), after.of_category(c, registry)));
    let others: BTreeSet<&str> =
        before.unregistered(registry).chain(after.unregistered(registry)).map(|(id, _)| id).collect();
    let personas = registry.ids().chain(others);
    let personas = personas.map(|id| change(id, (before.of_persona(id), after.of_persona(id))));
    let traits = both(before.traits.keys(), after.traits.keys());
    let of_trait = |c: &Counts, id: &str| c.traits.get(id).copied().unwrap_or_default();
    let sources = both(before.sources.keys(), after.sources.keys());
    let of_source = |c: &Counts, id: &str| c.sources.get(id).map_or(0, |s| s.examples);
    Changes {
        total: (before.total, after.total),
        categories: Category::ALL.into_iter().map(category).collect(),
        personas: personas.filter(|c| c.before + c.after > 0).collect(),
        traits: traits.iter().map(|id| change(id, (of_trait(before, id), of_trait(after, id)))).collect(),
        sources: sources.iter().map(|id| change(id, (of_source(before, id), of_source(after, id)))).collect(),
    }
}

/// All names, where both sides have some: an empty table was not counted.
fn both<'a>(
    before: impl Iterator<Item = &'a String>,
    after: impl Iterator<Item = &'a String>,
) -> BTreeSet<&'a str> {
    let (before, after): (BTreeSet<&str>, BTreeSet<&str>) =
        (before.map(String::as_str).collect(), after.map(String::as_str).collect());
    if before.is_empty() || after.is_empty() { BTreeSet::new() } else { &before | &after }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(personas: &[(&str, u64)], traits: &[(&str, u64)]) -> Counts {
        Counts {
            total: personas.iter().map(|(_, n)| n).sum(),
            personas: personas.iter().map(|(id, n)| ((*id).to_owned(), *n)).collect(),
            traits: traits.iter().map(|(id, n)| ((*id).to_owned(), *n)).collect(),
            ..Counts::default()
        }
    }

    #[test]
    fn who_came_and_who_went_stands_beside_who_stayed() {
        let before = counts(&[("code_expert", 6), ("bard", 2)], &[("brief", 4)]);
        let after = counts(&[("code_expert", 6), ("poet", 18)], &[("formal", 12)]);
        let found = changes(&before, &after, &Registry::built_in().unwrap());
        let row = |c: &Change| (c.id.clone(), c.before, c.after, c.share_before, c.share_after);
        assert_eq!(
            found.personas.iter().map(row).collect::<Vec<_>>(),
            [
                ("code_expert".to_owned(), 6, 6, 0.75, 0.25),
                ("poet".to_owned(), 0, 18, 0.0, 0.75),
                ("bard".to_owned(), 2, 0, 0.25, 0.0)
            ]
        );
        assert_eq!((found.total, found.categories[0].share_after), ((8, 24), 0.25));
        assert_eq!(row(&found.traits[0]), ("brief".to_owned(), 4, 0, 0.5, 0.0));
        let bare = changes(&before, &counts(&[], &[]), &Registry::built_in().unwrap());
        assert!(bare.traits.is_empty() && bare.sources.is_empty());
    }
}
