//! Which records look how, and the examples in them.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use super::conversation::Spoken;
use super::{Answers, Mapping, Published, alpaca, chitchat, pairs, sharegpt};
use crate::data::Row;
use crate::data::read::Reading;

/// How a source's records look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Format {
    /// `instruction`, `input`, `output` (Stanford Alpaca), with `system` and `history` where they are.
    Alpaca,
    /// `conversations` (or `conversation`): a list of `from` and `value`.
    ShareGpt,
    /// `messages`: a list of `role` and `content`, with tool calls (OpenAI).
    Messages,
    /// Lists of what was said in turn, the user first (chatterbot-corpus).
    Pairs,
    /// chitchat-dataset's conversations of two people.
    Chitchat,
    /// Keys of its own, named in the recipe.
    Columns(Mapping),
    /// A set that is known by its name.
    Published(&'static Published),
}

/// What all examples of a source's file share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Name of the source.
    pub source: Arc<str>,
    /// Its licence.
    pub licence: Arc<str>,
    /// The persona that it is for.
    pub persona: Option<Arc<str>>,
    /// The personas that a record may name.
    pub personas: Arc<BTreeSet<String>>,
    /// What second files say about its records.
    pub answers: Option<Arc<Answers>>,
}

/// The examples of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Converted {
    /// One at least.
    pub rows: Vec<Row>,
    /// Whether something at an end of the conversation was left out: what the assistant opened with, or a user's last words
    /// that nobody answered.
    pub trimmed: bool,
}

impl Format {
    /// Formats that many sets share; columns have their own table in a recipe.
    pub const GENERAL: [Self; 5] =
        [Self::Alpaca, Self::ShareGpt, Self::Messages, Self::Pairs, Self::Chitchat];

    /// All that a recipe names: the general ones, then published sets.
    pub fn named() -> Vec<Self> {
        Self::GENERAL.into_iter().chain(Published::ALL.iter().map(Self::Published)).collect()
    }

    /// What is known of it as a published set.
    pub fn published(&self) -> Option<&'static Published> {
        match self {
            Self::Published(set) => Some(set),
            _ => None,
        }
    }

    /// How its files are read where the recipe says nothing.
    pub(in crate::data) fn reading(&self) -> Reading {
        self.published().map(Published::reading).unwrap_or_default()
    }

    /// The name in a recipe.
    pub fn id(&self) -> &'static str {
        match self {
            Self::Alpaca => "alpaca",
            Self::ShareGpt => "sharegpt",
            Self::Messages => "messages",
            Self::Pairs => "pairs",
            Self::Chitchat => "chitchat",
            Self::Columns(_) => "columns",
            Self::Published(set) => set.id,
        }
    }

    /// The examples of a record.
    ///
    /// # Errors
    /// Why it gives none, in a clause; what differs from record to record stands behind a colon.
    pub fn convert(&self, record: &Value, origin: &Origin) -> std::result::Result<Converted, String> {
        let joined = origin.answers.as_ref().map(|answers| answers.join(record)).transpose()?;
        let record = joined.as_ref().unwrap_or(record);
        let spoken = match self {
            Self::Alpaca => alpaca::read(record)?,
            Self::ShareGpt => sharegpt::read(record, &sharegpt::SHAREGPT)?,
            Self::Messages => sharegpt::read(record, &sharegpt::OPENAI)?,
            Self::Pairs => pairs::read(record)?,
            Self::Chitchat => chitchat::read(record)?,
            Self::Columns(mapping) => mapping.read(record)?,
            Self::Published(set) => set.read(record)?,
        };
        if let Some(unknown) = spoken.persona.as_ref().filter(|id| !origin.personas.contains(*id)) {
            return Err(format!("unknown persona: `{unknown}`"));
        }
        let trimmed = spoken.trimmed;
        Ok(Converted { rows: vec![row(spoken, origin)], trimmed })
    }
}

fn row(spoken: Spoken, origin: &Origin) -> Row {
    Row {
        instruction: spoken.instruction,
        input: spoken.input,
        output: spoken.output,
        persona: spoken.persona.map(Arc::from).or_else(|| origin.persona.clone()),
        traits: Vec::new(),
        prompt_id: None,
        turns: spoken.turns,
        source: Arc::clone(&origin.source),
        licence: Arc::clone(&origin.licence),
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;

    /// The same by a format's name.
    pub fn told_by(name: &str, record: &str) -> String {
        let format = Format::named().into_iter().find(|f| f.id() == name).expect("a known format");
        told(&format, record)
    }

    /// `instruction | input | output`, and before it the turns as `user > assistant`, or why there is none.
    pub fn told(format: &Format, record: &str) -> String {
        let origin = Origin {
            source: "s".into(),
            licence: "MIT".into(),
            persona: Some("poet".into()),
            personas: Arc::new(BTreeSet::from(["poet".to_owned()])),
            answers: None,
        };
        let record: Value = serde_json::from_str(record).expect("JSON");
        match format.convert(&record, &origin) {
            Err(why) => format!("no: {why}"),
            Ok(converted) => {
                let [row] = &converted.rows[..] else { panic!("{converted:?}") };
                let turns: Vec<String> =
                    row.turns.iter().map(|t| format!("{} > {} || ", t.user, t.assistant)).collect();
                let trimmed = if converted.trimmed { " (trimmed)" } else { "" };
                format!("{}{} | {} | {}{trimmed}", turns.concat(), row.instruction, row.input, row.output)
            }
        }
    }
}
