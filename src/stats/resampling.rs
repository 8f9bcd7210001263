//! How much resampling an estimate gets.

use serde::{Deserialize, Serialize};

use super::Bootstrap;
use crate::error::{Error, Result};
use crate::seed::Seed;

/// Numbers of resamples and permutations, the interval's level and the root seed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Resampling {
    /// Label permutations for p-values; the smallest possible p is 1/(permutations + 1).
    pub permutations: usize,
    /// Bootstrap resamples for intervals.
    pub resamples: usize,
    /// Nominal coverage of intervals, in (0, 1).
    pub level: f64,
    /// Root of every named generator.
    pub seed: u64,
}

impl Default for Resampling {
    /// 999 permutations, 10,000 resamples, 95 % intervals, seed 0.
    fn default() -> Self {
        Self { permutations: 999, resamples: 10_000, level: 0.95, seed: 0 }
    }
}

impl Resampling {
    /// The seed of the generator named `name`.
    pub fn seed(&self, name: &str) -> Seed {
        Seed(self.seed).child(name)
    }

    /// A bootstrap with these settings, drawing from the generator named `name`.
    pub fn bootstrap(&self, name: &str) -> Bootstrap {
        Bootstrap { resamples: self.resamples, level: self.level, range: None, seed: self.seed(name) }
    }

    /// Checks the ranges.
    ///
    /// # Errors
    /// A level outside (0, 1), or zero permutations or resamples.
    pub fn check(&self) -> Result<()> {
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(Error::input(format!("the interval's level is {}", self.level))
                .expected("a number between 0 and 1, for instance 0.95"));
        }
        if self.permutations == 0 || self.resamples == 0 {
            return Err(Error::input(format!(
                "{} permutations and {} resamples were asked for",
                self.permutations, self.resamples
            ))
            .expected("at least one of each; 999 and 10000 are usual"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_outside_their_range_are_refused() {
        assert!(Resampling::default().check().is_ok());
        assert!(Resampling { level: 95.0, ..Resampling::default() }.check().is_err());
        assert!(Resampling { level: f64::NAN, ..Resampling::default() }.check().is_err());
        assert!(Resampling { permutations: 0, ..Resampling::default() }.check().is_err());
    }
}
