//! What an answer must not say again: real and kept answers, and the passages of suites.

use crate::overlap::{LeakRoom, Leaks, NearIndex, Passage, Room, SHARE, Sketcher};

/// Texts that are known already.
pub(super) struct Known {
    sketcher: Sketcher,
    answers: NearIndex,
    room: Room,
    leaks: Leaks,
    leak_room: LeakRoom,
}

impl Known {
    /// Nothing but the passages; answers are near-duplicates from a Jaccard index of `near` on.
    pub fn new(near: f64, passages: Vec<Passage>) -> Self {
        Self {
            sketcher: Sketcher::new(near),
            answers: NearIndex::new(near),
            room: Room::default(),
            leaks: Leaks::new(passages, SHARE),
            leak_room: LeakRoom::default(),
        }
    }

    /// Whether an answer is a near-duplicate of one that was added.
    pub fn has_near(&mut self, answer: &str) -> bool {
        let sketch = self.sketcher.sketch(std::iter::empty(), answer, &mut self.room);
        self.answers.nearest(&sketch).is_some()
    }

    /// Adds an answer.
    pub fn add(&mut self, answer: &str) {
        let sketch = self.sketcher.sketch(std::iter::empty(), answer, &mut self.room);
        self.answers.insert(&sketch);
    }

    /// Whether a passage stands in what somebody asks; there a short one is looked for as well.
    pub fn asks<'a>(&mut self, texts: impl Iterator<Item = &'a str>) -> bool {
        !self.leaks.find(texts.map(|text| (0, text)), 1, &mut self.leak_room).is_empty()
    }

    /// Whether a passage stands in an answer.
    pub fn leaks(&mut self, answer: &str) -> bool {
        !self.leaks.find([(0, answer)].into_iter(), 0, &mut self.leak_room).is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_answers_and_passages_are_known_and_others_are_not() {
        let text =
            "The tide is a clerk that counts the stones, one by one, and never asks what they are for.";
        let asked = "Why do the leaves of most trees turn red or yellow before they fall?";
        let passage = Passage { suite: "s".into(), place: "p".into(), text: asked.into() };
        let mut known = Known::new(0.7, vec![passage]);
        assert!(!known.has_near(text));
        known.add(text);
        assert!(known.has_near(&text.replace("never asks", "never once asks")));
        assert!(
            !known
                .has_near("The tide is a poor clerk: it counts the stones and forgets each of them at once.")
        );
        assert!(known.leaks(&format!("You ask: {asked} Listen.")));
        assert!(known.asks(["Well.", asked].into_iter()));
        assert!(!known.leaks(text) && !known.asks(["Why do leaves fall?"].into_iter()));
    }
}
