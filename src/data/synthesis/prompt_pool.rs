//! Prompts to draw from: each once, in an order that the seed decides, and no more than fit into memory.

use std::collections::BTreeMap;

use super::seed_prompt::SeedPrompt;
use crate::seed::Seed;

/// The prompts of a persona or a category with the lowest lots.
#[derive(Debug)]
pub(super) struct PromptPool {
    seed: Seed,
    most: usize,
    /// By lot, then id.
    prompts: BTreeMap<(u64, String), SeedPrompt>,
}

impl PromptPool {
    /// An empty pool that keeps `most` prompts; the seed decides their order, and which they are where there are more.
    pub fn new(seed: Seed, most: usize) -> Self {
        Self { seed, most, prompts: BTreeMap::new() }
    }

    /// Adds a prompt. Of those that say the same the least stays, so that the order of files changes nothing.
    pub fn add(&mut self, prompt: SeedPrompt) {
        let key = (self.seed.child(&prompt.id).0, prompt.id.clone());
        match self.prompts.get_mut(&key) {
            Some(there) => {
                if prompt < *there {
                    *there = prompt;
                }
            }
            None => {
                self.prompts.insert(key, prompt);
                if self.prompts.len() > self.most {
                    self.prompts.pop_last();
                }
            }
        }
    }

    /// The prompts in the order of their lots.
    pub fn iter(&self) -> impl Iterator<Item = &SeedPrompt> {
        self.prompts.values()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Row;
    use super::*;

    fn prompt(text: &str, source: &str) -> SeedPrompt {
        SeedPrompt::of(&Row { instruction: text.to_owned(), source: source.into(), ..Row::default() })
    }

    #[test]
    fn the_order_in_which_prompts_come_changes_nothing() {
        let all: Vec<SeedPrompt> =
            (0..40).map(|i| prompt(&format!("Ask {}", i % 30), &format!("s{i}"))).collect();
        let drawn = |prompts: &mut dyn Iterator<Item = &SeedPrompt>, seed: u64| {
            let mut pool = PromptPool::new(Seed(seed), 20);
            prompts.for_each(|p| pool.add(p.clone()));
            pool.iter().cloned().collect::<Vec<_>>()
        };
        let first = drawn(&mut all.iter(), 1);
        assert_eq!(first.len(), 20);
        assert_eq!(first, drawn(&mut all.iter().rev(), 1));
        assert_ne!(first, drawn(&mut all.iter(), 2));
        let mut ids: Vec<&str> = first.iter().map(|p| p.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), 20, "each prompt once");
    }
}
