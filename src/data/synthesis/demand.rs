//! For whom examples are wanted, and how many.

use std::collections::BTreeMap;

use crate::curriculum::Config;
use crate::error::{Error, Result};
use crate::persona::Registry;

/// How many examples of one persona are wanted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Wanted {
    /// As many as make this many times the real ones, together with the synthetic ones that are there.
    Factor(f64),
    /// This many new ones.
    Number(u64),
}

impl Wanted {
    /// How many are to be written where there are `real` and `synthetic` ones.
    pub fn missing(self, real: u64, synthetic: u64) -> u64 {
        match self {
            Self::Number(number) => number,
            Self::Factor(factor) => {
                // The factor is at most 100: the cast cuts nothing off.
                let grown = (real as f64 * factor).ceil() as u64;
                grown.saturating_sub(real + synthetic)
            }
        }
    }
}

/// Personas with what is wanted of each; one at least.
#[derive(Debug, Clone, PartialEq)]
pub struct Demand(BTreeMap<String, Wanted>);

impl Demand {
    /// The personas of a configuration's `synthetic_upsampling`, or those of them that are named.
    ///
    /// # Errors
    /// The configuration has no factor above 1, or none for a named persona.
    pub fn of_config(config: &Config, personas: &[String]) -> Result<Self> {
        let factors = &config.synthetic_upsampling;
        if let Some(id) = personas.iter().find(|id| !factors.contains_key(*id)) {
            return Err(Error::input(format!("the configuration has no upsampling factor for `{id}`"))
                .key("synthetic_upsampling")
                .known(id, factors.keys())
                .help("say how many examples it should have: --per-persona N"));
        }
        let named = |id: &String| personas.is_empty() || personas.contains(id);
        let wanted: BTreeMap<String, Wanted> = factors
            .iter()
            .filter(|(id, factor)| named(id) && **factor > 1.0)
            .map(|(id, factor)| (id.clone(), Wanted::Factor(*factor)))
            .collect();
        if wanted.is_empty() {
            return Err(Error::input("the configuration wants synthetic examples of nobody")
                .key("synthetic_upsampling")
                .expected("a persona with a factor above 1, as `esoteric_scholar: 2.0x`")
                .help("or name personas and a number: --persona ID --per-persona N"));
        }
        Ok(Self(wanted))
    }

    /// So many examples of each of these personas.
    ///
    /// # Errors
    /// The registry does not have one of them, or none is named.
    pub fn of_number(personas: &[String], number: u64, registry: &Registry) -> Result<Self> {
        if personas.is_empty() {
            return Err(Error::input("no persona is named").expected("one at least: --persona ID"));
        }
        let wanted = |id: &String| Ok((registry.persona(id)?.id.clone(), Wanted::Number(number)));
        Ok(Self(personas.iter().map(wanted).collect::<Result<_>>()?))
    }

    /// Ids with what is wanted, in the order of the ids.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Wanted)> {
        self.0.iter().map(|(id, wanted)| (id.as_str(), *wanted))
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_factor_counts_what_is_there_and_a_number_does_not() {
        assert_eq!(Wanted::Factor(2.0).missing(10, 0), 10);
        assert_eq!(Wanted::Factor(1.5).missing(11, 2), 4);
        assert_eq!(Wanted::Factor(1.5).missing(10, 7), 0);
        assert_eq!(Wanted::Factor(2.0).missing(0, 0), 0);
        assert_eq!(Wanted::Number(3).missing(10, 7), 3);
    }

    #[test]
    fn nobody_wanted_and_nobody_known_are_errors() {
        let registry = Registry::built_in().unwrap();
        let config = |factors: &str| {
            let text = format!(
                "total: 10\nseed: 1\n{factors}phases:\n  - {{name: a, personas: all, learning_rate: 1e-5, share: 1}}\n"
            );
            Config::parse(Path::new("c.yaml"), &text, &registry).unwrap()
        };
        let of = |factors: &str, ids: &[&str]| {
            let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
            Demand::of_config(&config(factors), &ids).map_err(|e| e.to_string())
        };
        let factors = "synthetic_upsampling:\n  poet: 2x\n  songwriter: 1.0\n";
        assert_eq!(of(factors, &[]).unwrap().iter().collect::<Vec<_>>(), [("poet", Wanted::Factor(2.0))]);
        assert!(of(factors, &["historian"]).unwrap_err().contains("no upsampling factor for `historian`"));
        assert!(of(factors, &["songwriter"]).unwrap_err().contains("of nobody"));
        assert!(of("", &[]).unwrap_err().contains("of nobody"));
        let told = Demand::of_number(&["poeet".to_owned()], 3, &registry).unwrap_err().to_string();
        assert!(told.contains("did you mean: poet?"), "{told}");
        assert!(Demand::of_number(&[], 3, &registry).is_err());
    }
}
