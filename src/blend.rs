//! A blend: which adapters speak, and how strongly.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// What [`Blend::base`] is written as.
const BASE: &str = "base";

/// Adapter → weight. The empty blend is the base model, exactly.
///
/// Blends that mean the same are equal: adapters are kept in order of their names and a weight of 0 is no
/// entry at all. Written `analytic=0.2,tech_expert=0.8`, or `base` when empty; in JSON and TOML a table.
#[derive(Debug, Clone, PartialEq, PartialOrd, Default, Serialize, Deserialize)]
#[serde(into = "BTreeMap<String, f32>", try_from = "BTreeMap<String, f32>")]
pub struct Blend(BTreeMap<String, f32>);

impl Blend {
    /// The base model alone.
    pub fn base() -> Self {
        Self::default()
    }

    /// One adapter at weight 1.
    ///
    /// # Errors
    /// The name is not one that [`Blend::new`] takes.
    pub fn single(adapter: impl Into<String>) -> Result<Self> {
        Self::new([(adapter.into(), 1.0)])
    }

    /// A blend of named weights; weights of 0 are dropped, negative ones are allowed.
    ///
    /// # Errors
    /// A weight that is not finite, a name given twice, or a name with other characters than letters,
    /// digits, `_`, `-`, `.` and `/`.
    pub fn new(weights: impl IntoIterator<Item = (String, f32)>) -> Result<Self> {
        let mut blend = BTreeMap::new();
        for (adapter, weight) in weights {
            check_name(&adapter)?;
            if !weight.is_finite() {
                return Err(Error::input(format!("the weight of `{adapter}` is {weight}"))
                    .expected("a finite number, such as 0.7"));
            }
            if blend.insert(adapter.clone(), weight).is_some() {
                return Err(
                    Error::input(format!("the blend names `{adapter}` twice")).expected("each adapter once")
                );
            }
        }
        blend.retain(|_, weight| *weight != 0.0);
        Ok(Self(blend))
    }

    /// Whether this is the base model alone.
    pub fn is_base(&self) -> bool {
        self.0.is_empty()
    }

    /// Adapters and weights, in order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f32)> {
        self.0.iter().map(|(adapter, weight)| (adapter.as_str(), *weight))
    }

    /// Names of the adapters, in order.
    pub fn adapters(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Weight of an adapter; 0 if it is not in the blend.
    pub fn weight(&self, adapter: &str) -> f32 {
        self.0.get(adapter).copied().unwrap_or(0.0)
    }

    /// Number of adapters.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no adapter speaks; the same as [`Blend::is_base`].
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

fn check_name(adapter: &str) -> Result<()> {
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    if adapter.is_empty() || adapter == BASE || !adapter.chars().all(fits) {
        return Err(Error::input(format!("`{adapter}` cannot name an adapter")).expected(
            "letters, digits, `_`, `-`, `.` and `/`, and not `base`, which is the model without adapters",
        ));
    }
    Ok(())
}

impl FromStr for Blend {
    type Err = Error;

    /// Reads `tech_expert=0.7,emotive=0.3`; an adapter without weight has weight 1; nothing, or `base`, is
    /// the base model.
    fn from_str(text: &str) -> Result<Self> {
        const FORM: &str = "ADAPTER=WEIGHT,..., for instance tech_expert=0.7,emotive=0.3";
        let text = text.trim();
        if text.is_empty() || text == BASE {
            return Ok(Self::base());
        }
        let mut weights = Vec::new();
        for part in text.split(',') {
            let (adapter, weight) = part.split_once('=').unwrap_or((part, "1"));
            let (adapter, weight) = (adapter.trim(), weight.trim());
            if adapter.is_empty() {
                return Err(Error::input(format!("`{text}` has a part without adapter")).expected(FORM));
            }
            let weight = weight.parse().map_err(|e: std::num::ParseFloatError| {
                Error::input(format!("`{weight}` is no weight for `{adapter}`")).expected(FORM).because(e)
            })?;
            weights.push((adapter.to_owned(), weight));
        }
        Self::new(weights)
    }
}

impl fmt::Display for Blend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_base() {
            return f.write_str(BASE);
        }
        for (i, (adapter, weight)) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{adapter}={weight}")?;
        }
        Ok(())
    }
}

impl From<Blend> for BTreeMap<String, f32> {
    fn from(blend: Blend) -> Self {
        blend.0
    }
}

impl TryFrom<BTreeMap<String, f32>> for Blend {
    type Error = Error;

    fn try_from(weights: BTreeMap<String, f32>) -> Result<Self> {
        Self::new(weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blend_is_written_in_one_way_and_reads_back() {
        let blend: Blend = " tech_expert = 0.7, emotive=.3 ".parse().unwrap();
        assert_eq!(blend.to_string(), "emotive=0.3,tech_expert=0.7");
        assert_eq!(blend.to_string().parse::<Blend>().unwrap(), blend);
        assert_eq!(serde_json::to_string(&blend).unwrap(), r#"{"emotive":0.3,"tech_expert":0.7}"#);
        assert_eq!(serde_json::from_str::<Blend>(r#"{"tech_expert":0.7,"emotive":0.3}"#).unwrap(), blend);
    }

    #[test]
    fn the_empty_blend_is_the_base_model_and_zero_weights_do_not_count() {
        for text in ["", "  ", "base", "emotive=0", "emotive=-0.0"] {
            let blend: Blend = text.parse().unwrap();
            assert!(blend.is_base(), "{text}");
            assert_eq!(blend.to_string(), "base");
        }
        assert_eq!("a".parse::<Blend>().unwrap(), Blend::single("a").unwrap());
        assert_eq!("a=1,b=0".parse::<Blend>().unwrap(), Blend::single("a").unwrap());
    }

    #[test]
    fn bad_blends_are_refused() {
        for text in
            ["a=x", "a=", "=1", "a=1,,b=1", "a=1,", "a=nan", "a=inf", "a=1e99", "a=1,a=0", "a b=1", "base=1"]
        {
            let err = text.parse::<Blend>().unwrap_err().to_string();
            assert!(err.contains("expected:"), "{text}: {err}");
        }
        assert!(serde_json::from_str::<Blend>(r#"{"a b":1}"#).is_err());
        assert!(Blend::new([("a".into(), f32::NAN)]).is_err());
    }

    #[test]
    fn a_weight_that_is_absent_is_zero() {
        let blend: Blend = "a=0.5,b=-0.25".parse().unwrap();
        assert_eq!((blend.weight("a"), blend.weight("b"), blend.weight("c")), (0.5, -0.25, 0.0));
        assert_eq!(blend.adapters().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(blend.len(), 2);
    }
}
