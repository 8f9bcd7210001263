//! Which answers of two runs belong together.

use crate::record::{Item, Record};
use std::collections::BTreeMap;

/// Persona, prompt and sample: where an answer stands in any run of the same suite.
pub type Place = (String, String, usize);

/// The answers that two runs have in common, and those that they do not.
#[derive(Debug, Default)]
pub struct Matched<'a> {
    /// Before and after, in the order of their places.
    pub pairs: Vec<(&'a Item, &'a Item)>,
    /// Places of the first run that the second lacks.
    pub only_before: Vec<Place>,
    /// Places of the second run that the first lacks.
    pub only_after: Vec<Place>,
}

impl<'a> Matched<'a> {
    /// Matches by persona, prompt and sample.
    pub fn new(before: &'a Record, after: &'a Record) -> Self {
        let by_place = |record: &'a Record| -> BTreeMap<Place, &'a Item> {
            record.items.iter().map(|i| ((i.persona.clone(), i.prompt_id.clone(), i.sample), i)).collect()
        };
        let (old, new) = (by_place(before), by_place(after));
        let lacking = |from: &BTreeMap<Place, &Item>, other: &BTreeMap<Place, &Item>| {
            from.keys().filter(|place| !other.contains_key(*place)).cloned().collect()
        };
        Self {
            pairs: old.iter().filter_map(|(place, item)| Some((*item, *new.get(place)?))).collect(),
            only_before: lacking(&old, &new),
            only_after: lacking(&new, &old),
        }
    }

    /// The pairs of each persona, by its id.
    pub fn by_persona(&self) -> BTreeMap<&'a str, Self> {
        let mut personas: BTreeMap<&'a str, Self> = BTreeMap::new();
        for pair in &self.pairs {
            personas.entry(&pair.0.persona).or_default().pairs.push(*pair);
        }
        personas
    }

    /// Mean score of each prompt before and after, by prompt; a group counts as much as any other where `group` tells
    /// them apart. Pairs that one side did not score are left out of both.
    pub fn by_prompt(
        &self,
        score: fn(&Item) -> Option<f64>,
        group: impl Fn(&'a str) -> Option<&'a str>,
    ) -> Vec<(f64, f64)> {
        type Sums = (f64, f64, f64);
        let mut prompts: BTreeMap<&str, BTreeMap<&str, Sums>> = BTreeMap::new();
        for (before, after) in &self.pairs {
            let (Some(a), Some(b)) = (score(before), score(after)) else { continue };
            let group = group(&before.persona).unwrap_or(&before.persona);
            let sums = prompts.entry(&before.prompt_id).or_default().entry(group).or_default();
            *sums = (sums.0 + a, sums.1 + b, sums.2 + 1.0);
        }
        let mean = |groups: &BTreeMap<&str, Sums>, side: fn(&Sums) -> f64| {
            groups.values().map(|s| side(s) / s.2).sum::<f64>() / groups.len() as f64
        };
        prompts.values().map(|groups| (mean(groups, |s| s.0), mean(groups, |s| s.1))).collect()
    }
}
