//! The eight categories of personas and the five adapter groups that they train.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The five adapter groups, in the order of the dataset specification.
pub const GROUPS: [&str; 5] = ["tech_expert", "analytic", "emotive", "creative", "esoteric"];

/// What kind of persona it is; decides which adapter group its examples train.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Code, debugging, systems.
    Technical,
    /// Feelings and support.
    Empathetic,
    /// Reasoning, debate, mathematics.
    Analytical,
    /// Stories, poems, scripts.
    Creative,
    /// Chat and dialogue.
    Conversational,
    /// Calls of tools, interfaces and queries.
    ToolApi,
    /// Facts and answers.
    Factual,
    /// Esoteric, archetypal, safety.
    Specialized,
}

impl Category {
    /// All categories, in the order of the dataset specification.
    pub const ALL: [Category; 8] = [
        Category::Technical,
        Category::Empathetic,
        Category::Analytical,
        Category::Creative,
        Category::Conversational,
        Category::ToolApi,
        Category::Factual,
        Category::Specialized,
    ];

    /// The name in the registry.
    pub fn id(self) -> &'static str {
        match self {
            Category::Technical => "technical",
            Category::Empathetic => "empathetic",
            Category::Analytical => "analytical",
            Category::Creative => "creative",
            Category::Conversational => "conversational",
            Category::ToolApi => "tool_api",
            Category::Factual => "factual",
            Category::Specialized => "specialized",
        }
    }

    /// The name for people.
    pub fn label(self) -> &'static str {
        match self {
            Category::Technical => "Technical",
            Category::Empathetic => "Empathetic",
            Category::Analytical => "Analytical",
            Category::Creative => "Creative",
            Category::Conversational => "Conversational",
            Category::ToolApi => "Tool/API",
            Category::Factual => "Factual",
            Category::Specialized => "Specialized",
        }
    }

    /// The adapter group that personas of this category train: one of [`GROUPS`].
    pub fn group(self) -> &'static str {
        match self {
            Category::Technical | Category::ToolApi => "tech_expert",
            Category::Analytical | Category::Factual => "analytic",
            Category::Empathetic | Category::Conversational => "emotive",
            Category::Creative => "creative",
            Category::Specialized => "esoteric",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Category {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Category::ALL.into_iter().find(|c| c.id() == text).ok_or_else(|| {
            Error::input(format!("unknown category `{text}`"))
                .expected("one of the eight categories")
                .known(text, Category::ALL.map(Category::id))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_reads_back_and_trains_one_of_the_groups() {
        for category in Category::ALL {
            assert_eq!(category.id().parse::<Category>().unwrap(), category);
            assert_eq!(serde_json::to_string(&category).unwrap(), format!("\"{category}\""));
            assert!(GROUPS.contains(&category.group()));
        }
        for group in GROUPS {
            assert!(Category::ALL.iter().any(|c| c.group() == group), "{group}");
        }
        assert!("tecnical".parse::<Category>().unwrap_err().to_string().contains("did you mean: technical?"));
    }
}
