//! Given replies that a model's likelihoods choose between: options of a choice, and a pair of which one is preferred.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::document::{Field, Section};
use crate::error::Result;

/// Options of which one is right; no text is generated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The options, at least two.
    pub options: Vec<String>,
    /// Index of the right one.
    pub answer: usize,
    /// By which score the option is chosen.
    #[serde(default, skip_serializing_if = "Normalisation::is_default")]
    pub by: Normalisation,
}

/// Two replies, of which the persona should find one likelier than the plain base model does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Preference {
    /// The reply that fits the persona.
    pub text: String,
    /// The one that does not.
    pub over: String,
}

/// What the log-likelihood of an option is divided by, or compared with, before options are held against each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Normalisation {
    /// log p(option | prompt): favours short options (lm-eval's `acc`).
    Sum,
    /// The same a token.
    #[default]
    Tokens,
    /// The same a character (lm-eval's `acc_norm`): another tokenizer does not change what is divided by.
    Characters,
    /// log p(option | prompt) − log p(option), the latter by the plain base model that was asked nothing: what an option owes
    /// to its own words cancels (Brown et al. 2020, §2.4; lm-eval's `acc_mutual_info` has it under the same model).
    Unconditional,
}

impl Normalisation {
    /// All of them.
    pub const ALL: [Normalisation; 4] = [Self::Sum, Self::Tokens, Self::Characters, Self::Unconditional];

    /// The name in a suite.
    pub fn id(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Tokens => "tokens",
            Self::Characters => "characters",
            Self::Unconditional => "unconditional",
        }
    }

    fn is_default(&self) -> bool {
        *self == Self::default()
    }

    fn read(field: &Field) -> Result<Self> {
        field.one_of("normalisation", &Self::ALL, Self::id)
    }
}

impl fmt::Display for Normalisation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl Choice {
    /// Reads the keys `choice`, `answer` and `by`.
    pub(super) fn read(options: &Field, score: &Section) -> Result<Self> {
        let texts = options.texts()?;
        if texts.len() < 2 {
            return Err(options.error("a choice needs at least two options"));
        }
        let answer =
            score.need("answer", "index of the right option, from 0")?.count_in(0..=texts.len() - 1)?;
        let by = score.get("by").map_or(Ok(Normalisation::default()), Normalisation::read)?;
        Ok(Self { answer, options: texts, by })
    }
}

impl Preference {
    /// Reads the keys `prefers` and `over`.
    pub(super) fn read(text: &Field, score: &Section) -> Result<Self> {
        let over = score.need("over", "the reply that fits the persona less")?;
        let read = Self { text: text.text()?.to_owned(), over: over.text()?.to_owned() };
        if read.text == read.over {
            return Err(over.error("both replies are the same"));
        }
        Ok(read)
    }
}
