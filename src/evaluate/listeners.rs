//! Who hears whose text: the sampled, balanced design of the likelihood matrix.

use std::collections::BTreeSet;

/// Personas on a ring and the steps along it: text number t of a persona is heard by those so many steps ahead.
///
/// A step takes every persona to another one, so that all hear the same number of texts where all have the same
/// number. Neighbours by the registry stand side by side on the ring; of all steps half (where they are needed) are
/// those that lead from most personas to their nearest neighbour, the rest are spread evenly. No seed decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listeners {
    /// Personas in the order of the ring.
    ring: Vec<usize>,
    /// Each persona's place on it.
    place: Vec<usize>,
    /// By turn, the steps to those who hear.
    turns: Vec<Vec<usize>>,
}

impl Listeners {
    /// For personas with `texts` texts each, of which each is to be heard by `others` others (at most all).
    /// `nearest[i]` is the nearest neighbour of persona i, where it takes part.
    pub(super) fn new(nearest: &[Option<usize>], texts: usize, others: usize) -> Self {
        let ring = ring(nearest);
        let mut place = vec![0; ring.len()];
        ring.iter().enumerate().for_each(|(at, persona)| place[*persona] = at);
        let most = ring.len().saturating_sub(1);
        let (texts, others) = (texts.max(1), others.min(most));
        let steps = steps(nearest, &place, (texts * others).min(most));
        // Where there are fewer steps than places for them, they are used again in the same order.
        let turn = |t: usize| (0..others).map(|k| steps[(t * others + k) % steps.len()]).collect();
        Self { ring, place, turns: (0..texts).map(turn).collect() }
    }

    /// Who hears text number `text` of a persona besides itself.
    ///
    /// Personas begin with different turns: on one prompt all steps are used, and prompts can be compared.
    pub(super) fn of(&self, persona: usize, text: usize) -> Vec<usize> {
        let at = self.place[persona];
        let turn = &self.turns[(text + at) % self.turns.len()];
        turn.iter().map(|step| self.ring[(at + step) % self.ring.len()]).collect()
    }
}

/// All personas, those that are tied by nearness one after the other, else in their order.
fn ring(nearest: &[Option<usize>]) -> Vec<usize> {
    let mut ring = Vec::with_capacity(nearest.len());
    let mut placed = vec![false; nearest.len()];
    for start in 0..nearest.len() {
        let mut waiting = vec![start];
        while let Some(persona) = waiting.pop() {
            if std::mem::replace(&mut placed[persona], true) {
                continue;
            }
            ring.push(persona);
            // The last to wait comes first: those who name this persona before the one that it names itself.
            waiting.extend(nearest[persona]);
            waiting.extend((0..nearest.len()).rev().filter(|i| nearest[*i] == Some(persona)));
        }
    }
    ring
}

/// So many different steps, those towards neighbours and those far away in turn.
fn steps(nearest: &[Option<usize>], place: &[usize], wanted: usize) -> Vec<usize> {
    let n = place.len();
    let mut leads = vec![0usize; n];
    for (persona, near) in nearest.iter().enumerate() {
        if let Some(near) = near.filter(|near| *near != persona) {
            leads[(place[near] + n - place[persona]) % n] += 1;
        }
    }
    let mut near: Vec<usize> = (1..n).filter(|step| leads[*step] > 0).collect();
    near.sort_by_key(|step| (usize::MAX - leads[*step], *step));
    near.truncate(wanted.div_ceil(2));
    let rest: Vec<usize> = (1..n).filter(|step| !near.contains(step)).collect();
    let far = wanted - near.len();
    let far: Vec<usize> = (0..far).map(|i| rest[(2 * i + 1) * rest.len() / (2 * far)]).collect();
    let longer = near.len().max(far.len());
    (0..longer).flat_map(|i| [near.get(i), far.get(i)]).flatten().copied().collect()
}

/// How many personas have a nearest neighbour that takes part, and how many of these are among the pairs
/// `(whose text, who heard it)`.
pub(super) fn nearest_heard(nearest: &[Option<usize>], pairs: &BTreeSet<(usize, usize)>) -> (usize, usize) {
    let wanted: Vec<(usize, usize)> =
        nearest.iter().enumerate().filter_map(|(i, near)| near.map(|near| (i, near))).collect();
    (wanted.iter().filter(|pair| pairs.contains(pair)).count(), wanted.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persona::Registry;

    fn registry() -> Vec<Option<usize>> {
        let registry = Registry::load(concat!(env!("CARGO_MANIFEST_DIR"), "/suites/personas.toml")).unwrap();
        let ids: Vec<&str> = registry.ids().collect();
        let near = |id: &&str| &registry.get(id).unwrap().nearest.persona;
        ids.iter().map(|id| ids.iter().position(|other| other == near(id))).collect()
    }

    /// How often each pair is scored, a text's own persona left out.
    fn table(nearest: &[Option<usize>], texts: usize, others: usize) -> Vec<Vec<usize>> {
        let listeners = Listeners::new(nearest, texts, others);
        let mut table = vec![vec![0; nearest.len()]; nearest.len()];
        for (persona, row) in table.iter_mut().enumerate() {
            for text in 0..texts {
                let heard = listeners.of(persona, text);
                let different: BTreeSet<usize> = heard.iter().copied().collect();
                assert_eq!(different.len(), others.min(nearest.len() - 1), "{heard:?}");
                assert!(!different.contains(&persona));
                heard.into_iter().for_each(|j| row[j] += 1);
            }
        }
        table
    }

    #[test]
    fn every_persona_hears_the_same_number_of_texts_and_its_text_is_heard_as_often() {
        for (texts, others) in [(6, 3), (6, 1), (2, 4), (6, 56), (5, 100)] {
            let table = table(&registry(), texts, others);
            let each = texts * others.min(56);
            for i in 0..57 {
                assert_eq!(table[i].iter().sum::<usize>(), each);
                assert_eq!(table.iter().map(|row| row[i]).sum::<usize>(), each, "{texts} × {others}");
            }
        }
        for few in 2..12 {
            let table =
                table(&registry()[..few].iter().map(|n| n.filter(|n| *n < few)).collect::<Vec<_>>(), 6, 3);
            let heard = |i: usize| table.iter().map(|row| row[i]).sum::<usize>();
            assert!((1..few).all(|i| heard(i) == heard(0)), "{few} personas");
        }
    }

    #[test]
    fn pairs_differ_as_long_as_there_are_any_and_hold_the_nearest_neighbours() {
        let nearest = registry();
        let scored = |others: usize| -> BTreeSet<(usize, usize)> {
            let table = table(&nearest, 6, others);
            let pairs = (0..57).flat_map(|i| (0..57).map(move |j| (i, j)));
            pairs.filter(|(i, j)| table[*i][*j] > 0).collect()
        };
        assert_eq!(scored(3).len(), 57 * 18);
        assert_eq!(nearest_heard(&nearest, &scored(3)), (57, 57));
        let (heard, all) = nearest_heard(&nearest, &scored(1));
        assert!(all == 57 && heard > 40, "{heard} of {all}");
        assert_eq!(scored(56).len(), 57 * 56);
    }

    #[test]
    fn on_one_prompt_all_turns_are_used() {
        let listeners = Listeners::new(&registry(), 6, 3);
        let steps: BTreeSet<usize> = (0..57)
            .flat_map(|i| {
                let at = listeners.place[i];
                listeners.of(i, 0).into_iter().map(move |j| (i, at, j))
            })
            .map(|(_, at, j)| (listeners.place[j] + 57 - at) % 57)
            .collect();
        assert_eq!(steps.len(), 18);
    }
}
