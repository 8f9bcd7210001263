//! The order of candidates: the personas take turns, and a persona's prompts are all asked before one is asked again.

/// Where a candidate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Place of the persona.
    pub person: usize,
    /// Place of the prompt among the persona's.
    pub prompt: usize,
    /// Which attempt at it, from 0.
    pub attempt: u32,
}

/// All places, one after the other.
#[derive(Debug, Clone)]
pub(super) struct Order {
    /// Prompts of each persona.
    prompts: Vec<usize>,
    attempts: u32,
    /// How often all personas had their turn, and whose turn it is.
    step: usize,
    person: usize,
}

impl Order {
    /// The order for personas with so many prompts each.
    pub fn new(prompts: Vec<usize>, attempts: u32) -> Self {
        Self { prompts, attempts, step: 0, person: 0 }
    }
}

impl Iterator for Order {
    type Item = Place;

    fn next(&mut self) -> Option<Place> {
        let most = self.prompts.iter().max().copied().unwrap_or(0) * self.attempts as usize;
        while self.step < most {
            if self.person == self.prompts.len() {
                (self.step, self.person) = (self.step + 1, 0);
                continue;
            }
            let (person, prompts) = (self.person, self.prompts[self.person]);
            self.person += 1;
            if prompts > 0 && self.step < prompts * self.attempts as usize {
                let attempt = u32::try_from(self.step / prompts).unwrap_or(u32::MAX);
                return Some(Place { person, prompt: self.step % prompts, attempt });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn personas_take_turns_and_prompts_are_asked_again_when_all_were_asked() {
        let places: Vec<(usize, usize, u32)> =
            Order::new(vec![2, 0, 1], 2).map(|p| (p.person, p.prompt, p.attempt)).collect();
        assert_eq!(places, [(0, 0, 0), (2, 0, 0), (0, 1, 0), (2, 0, 1), (0, 0, 1), (0, 1, 1)]);
        assert_eq!(Order::new(vec![], 3).count(), 0);
        assert_eq!(Order::new(vec![5, 7], 3).count(), 36);
    }
}
