//! Who was taken for whom, before and after.

use crate::record::{Item, Taken};
use std::collections::BTreeMap;

/// Counts of the matched answers by the persona that gave them and the persona that was named.
///
/// An answer that was named right counts for its own persona, any other for the nearest of the others; answers of which a
/// side does not tell are left out on both.
pub(super) fn taken(items: &[(&Item, &Item)]) -> Vec<Taken> {
    let mut counts: BTreeMap<(&str, &str), [usize; 2]> = BTreeMap::new();
    for (old, new) in items {
        let (Some(before), Some(after)) = (named(old), named(new)) else { continue };
        counts.entry((&old.persona, before)).or_default()[0] += 1;
        counts.entry((&new.persona, after)).or_default()[1] += 1;
    }
    let row = |((persona, named), [before, after]): ((&str, &str), [usize; 2])| Taken {
        persona: persona.to_owned(),
        named: named.to_owned(),
        before,
        after,
    };
    counts.into_iter().map(row).collect()
}

fn named(item: &Item) -> Option<&str> {
    match item.named? {
        right if right > 0.5 => Some(&item.persona),
        _ => item.nearest.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_counts_for_itself_or_for_the_nearest_other() {
        let item = |named: Option<f64>, nearest: &str| Item {
            persona: "a".into(),
            prompt_id: "s1".into(),
            sample: 0,
            named,
            group_named: None,
            margin: None,
            fidelity: None,
            nearest: Some(nearest.into()),
            traits: None,
            length: None,
        };
        let (right, wrong, untold) = (item(Some(1.0), "b"), item(Some(0.0), "c"), item(None, "b"));
        let row =
            |named: &str, before, after| Taken { persona: "a".into(), named: named.into(), before, after };
        let found = taken(&[(&right, &wrong), (&right, &right), (&untold, &wrong)]);
        assert_eq!(found, [row("a", 2, 1), row("c", 0, 1)]);
    }
}
