//! What there is to draw from: examples counted by persona and by the required traits that they show.

use std::collections::BTreeMap;

use crate::error::{Error, Result};

/// Most required traits: one bit each in a [`Cell`].
pub const MOST_TRAITS: usize = 32;

/// Examples that the mixture cannot tell apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// Id of the persona.
    pub persona: String,
    /// Bit `i` is set where the examples show the `i`-th required trait.
    pub traits: u32,
}

/// The cells of one persona, by their traits.
pub(super) type Kinds = BTreeMap<u32, u64>;

/// Counts by persona, then by traits; cells without examples are left out.
#[derive(Debug, Clone, Default)]
pub(super) struct Supply {
    kinds: BTreeMap<String, Kinds>,
    /// Examples of a persona that were written by a machine.
    synthetic: BTreeMap<String, u64>,
}

impl Supply {
    /// Checked counts; `traits` is the number of required traits, `synthetic` says how many of a persona's examples were written
    /// by a machine.
    ///
    /// # Errors
    /// Too many traits are required, a cell has one that is not, or the counts do not fit into a `u64`.
    pub fn new(
        counts: &BTreeMap<Cell, u64>,
        traits: usize,
        synthetic: &BTreeMap<String, u64>,
    ) -> Result<Self> {
        if traits > MOST_TRAITS {
            return Err(Error::input(format!("{traits} traits are required"))
                .expected(format!("{MOST_TRAITS} at most")));
        }
        let mut supply = Self { synthetic: synthetic.clone(), ..Self::default() };
        let mut sum = 0u64;
        for (cell, count) in counts {
            if u64::from(cell.traits) >> traits != 0 {
                return Err(Error::input(format!(
                    "the counts of `{}` have traits {:#b}, but {traits} are required",
                    cell.persona, cell.traits
                )));
            }
            sum = sum.checked_add(*count).ok_or_else(|| Error::input("more examples than can be counted"))?;
            if *count > 0 {
                supply.kinds.entry(cell.persona.clone()).or_default().insert(cell.traits, *count);
            }
        }
        Ok(supply)
    }

    /// The cells of a persona; none where it has no examples.
    pub fn kinds(&self, persona: &str) -> Option<&Kinds> {
        self.kinds.get(persona)
    }

    /// How many examples a persona has.
    pub fn of(&self, persona: &str) -> u64 {
        self.kinds(persona).map_or(0, |kinds| kinds.values().sum())
    }

    /// How many examples a persona may have with synthetic ones: its real ones times the factor, and never fewer than it has.
    pub fn grown(&self, persona: &str, factor: f64) -> f64 {
        let all = self.of(persona);
        let real = all.saturating_sub(self.synthetic.get(persona).copied().unwrap_or(0));
        (real as f64 * factor).max(all as f64)
    }

    /// Ids of the personas that have examples, sorted.
    pub fn personas(&self) -> impl Iterator<Item = &str> {
        self.kinds.keys().map(String::as_str)
    }
}
