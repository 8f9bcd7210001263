//! A persona at work: its prompts, what its answers are held against, and how far it has come.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::checks::Uses;
use super::order::Place;
use super::reason::Reason;
use super::report::PersonaPlan;
use super::seed_prompt::SeedPrompt;
use super::speaker::Asked;
use crate::blend::Blend;
use crate::persona::{Persona, Sampling};
use crate::seed::Seed;

/// One persona of the demand.
pub(super) struct Person<'a> {
    pub persona: &'a Persona,
    pub blend: Blend,
    pub sampling: Sampling,
    /// Its own prompts, then those of its category.
    pub prompts: Vec<SeedPrompt>,
    /// How many words an answer may have.
    pub words: RangeInclusive<usize>,
    pub uses: Uses,
    /// What is wanted, for the report.
    pub plan: PersonaPlan,
    /// Candidates that were judged.
    pub judged: u64,
    pub kept: u64,
    pub refused: BTreeMap<Reason, u64>,
    /// Kept answers by prompt.
    pub kept_of: Vec<u32>,
}

impl Person<'_> {
    /// Whether it has all that is wanted.
    pub fn is_done(&self) -> bool {
        self.kept >= self.plan.wanted
    }

    /// Whether the candidate at a place would be judged: neither has the persona enough, nor the prompt.
    pub fn wants(&self, place: Place, answers: u32) -> bool {
        !self.is_done() && self.kept_of[place.prompt] < answers
    }

    /// Seed of a candidate: it hangs on persona, prompt and attempt, not on the order of the work.
    pub fn seed(&self, root: u64, place: Place) -> u64 {
        let name = format!("{}/{}/{}", self.persona.id, self.prompts[place.prompt].id, place.attempt);
        Seed(root).child("synthesise").child(&name).0
    }

    /// What the speaker is asked for at a place.
    pub fn asked(&self, root: u64, place: Place) -> Asked {
        Asked {
            messages: self.prompts[place.prompt].messages(&self.persona.tag()),
            blend: self.blend.clone(),
            sampling: self.sampling.clone(),
            seed: self.seed(root, place),
        }
    }

    /// Counts a verdict.
    pub fn count(&mut self, place: Place, verdict: Option<Reason>) {
        self.judged += 1;
        match verdict {
            Some(reason) => *self.refused.entry(reason).or_default() += 1,
            None => {
                self.kept += 1;
                self.kept_of[place.prompt] += 1;
            }
        }
    }
}
