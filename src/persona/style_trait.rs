//! The traits that a persona declares and the style scorers look for.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

macro_rules! style_traits {
    ($($(#[$doc:meta])* $name:ident = $id:literal,)*) => {
        /// One trait of a persona's style.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum StyleTrait { $($(#[$doc])* $name,)* }

        impl StyleTrait {
            /// All traits.
            pub const ALL: &'static [StyleTrait] = &[$(StyleTrait::$name,)*];

            /// The name in the registry and in `_traits`.
            pub fn id(self) -> &'static str {
                match self { $(StyleTrait::$name => $id,)* }
            }
        }
    };
}

style_traits! {
    /// Weighs reasons: because, therefore, causes and figures.
    Analytical = "analytical",
    /// Says what to do, without hedging.
    Assertive = "assertive",
    /// Says it in few words.
    Brief = "brief",
    /// Everyday talk: contractions, slang.
    Casual = "casual",
    /// Warns, hedges, names limits.
    Cautious = "cautious",
    /// Goes into particulars, at length.
    Detailed = "detailed",
    /// Images, similes, symbols.
    Figurative = "figurative",
    /// Full, impersonal, correct sentences.
    Formal = "formal",
    /// Invents people, places and events.
    Imaginative = "imaginative",
    /// Shows no feeling and takes no side.
    Neutral = "neutral",
    /// Jokes and teases.
    Playful = "playful",
    /// Friendly, hopeful words.
    Positive = "positive",
    /// Asks.
    Questioning = "questioning",
    /// Steps, lists, labels.
    Structured = "structured",
    /// Speaks to the reader's feelings and needs.
    Supportive = "supportive",
    /// Code, identifiers, terms of the trade.
    Technical = "technical",
}

impl fmt::Display for StyleTrait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for StyleTrait {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.iter().copied().find(|t| t.id() == text).ok_or_else(|| {
            Error::input(format!("unknown trait `{text}`"))
                .expected("a trait that the style scorers know")
                .known(text, Self::ALL.iter().map(|t| t.id()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trait_reads_back_under_its_own_name() {
        for t in StyleTrait::ALL {
            assert_eq!(t.id().parse::<StyleTrait>().unwrap(), *t);
            assert_eq!(serde_json::to_string(t).unwrap(), format!("\"{t}\""));
        }
        assert!(
            "suportive".parse::<StyleTrait>().unwrap_err().to_string().contains("did you mean: supportive?")
        );
    }
}
