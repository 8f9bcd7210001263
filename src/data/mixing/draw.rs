//! Which examples a phase takes, and in which order: by the seed and what they say, not by where they stand.

use std::collections::BTreeMap;

use super::gather::Key;
use crate::curriculum::Cell;
use crate::splitmix::mixed;

/// One example in a phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Drawn {
    /// Which phase, from 0.
    pub phase: u32,
    /// Examples of a phase stand in ascending order of it.
    pub order: u64,
    /// Which one it is.
    pub key: Key,
}

/// Takes `wanted` examples of each cell.
///
/// Each phase draws anew, so that an example may be in several phases, but never twice in one.
pub(super) fn draw(
    cells: &BTreeMap<Cell, Vec<Key>>,
    wanted: &BTreeMap<Cell, u64>,
    seed: u64,
    phase: u32,
) -> Vec<Drawn> {
    let salt = mixed(seed ^ mixed(u64::from(phase) + 1));
    let mut drawn = Vec::new();
    for (cell, count) in wanted {
        let Some(contents) = cells.get(cell) else { continue };
        let count = usize::try_from(*count).unwrap_or(usize::MAX).min(contents.len());
        let mut lots: Vec<(u64, Key)> =
            contents.iter().map(|key| (mixed(key.content ^ salt), *key)).collect();
        if count < lots.len() {
            lots.select_nth_unstable(count);
            lots.truncate(count);
        }
        // Another lot for the place: the first one is small for all that were drawn of a large cell.
        drawn.extend(lots.iter().map(|(lot, key)| Drawn { phase, order: mixed(lot ^ !salt), key: *key }));
    }
    drawn.sort_unstable();
    drawn
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_as_wanted_are_drawn_without_regard_to_where_they_stand() {
        let cell = |persona: &str| Cell { persona: persona.into(), traits: 0 };
        let keys = |range: std::ops::Range<u64>| range.map(|content| Key { content, copy: 1 }).collect();
        let mut cells: BTreeMap<Cell, Vec<Key>> =
            [(cell("a"), keys(0..1000)), (cell("b"), keys(5000..5010))].into();
        let wanted: BTreeMap<Cell, u64> = [(cell("a"), 100), (cell("b"), 99), (cell("c"), 5)].into();
        let first = draw(&cells, &wanted, 7, 0);
        assert_eq!(first.len(), 110, "no more than there are");
        assert_eq!(first.iter().filter(|d| d.key.content >= 5000).count(), 10);
        cells.values_mut().for_each(|contents| contents.reverse());
        assert_eq!(first, draw(&cells, &wanted, 7, 0));
        for other in [draw(&cells, &wanted, 8, 0), draw(&cells, &wanted, 7, 1)] {
            let shared = other.iter().filter(|d| first.iter().any(|f| f.key == d.key)).count();
            // 10 of b, and of a's hundred about ten by chance; 30 is seven standard deviations off.
            assert!((10..40).contains(&shared), "{shared}");
        }
        // Small contents do not come first.
        let half: u64 = first[..55].iter().filter(|d| d.key.content < 500).count() as u64;
        assert!((10..45).contains(&half), "{half}");
    }
}
