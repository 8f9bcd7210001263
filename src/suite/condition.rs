//! Conditions: the shared prompts asked again in another way, and what an instruction should move.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::prompt::{Prompt, read_id};
use crate::document::{Field, Placed};
use crate::error::Result;

/// One way of asking the shared prompts again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// Its name.
    pub id: String,
    /// What is said after the prompt, in the same turn; empty for nothing.
    pub ask: String,
    /// What the user says before, each answered by the persona itself.
    pub turns: Vec<String>,
    /// Whether each prompt's own follow-up is asked, after the prompt and the persona's plain answer to it.
    #[serde(default)]
    pub follow_up: bool,
    /// Whether the control tag stands before the first turn.
    pub tag: bool,
    /// Longest answer, in new tokens; none leaves it to the suite.
    pub max_new_tokens: Option<usize>,
    /// How many of the shared prompts it asks again, from the first; none leaves it to the suite.
    #[serde(default)]
    pub prompts: Option<usize>,
}

impl Condition {
    /// Reads a checked `[[condition]]`.
    pub(super) fn read(item: &Field) -> Result<Self> {
        let section =
            item.section(&["id", "ask", "turns", "follow_up", "tag", "max_new_tokens", "prompts"])?;
        let read = Self {
            id: read_id(&section)?,
            ask: section.get("ask").map(Field::text).transpose()?.unwrap_or_default().to_owned(),
            turns: section.get("turns").map_or(Ok(Vec::new()), Field::texts)?,
            follow_up: section.get("follow_up").map_or(Ok(false), Field::flag)?,
            tag: section.get("tag").map_or(Ok(true), Field::flag)?,
            max_new_tokens: section.get("max_new_tokens").map(crate::persona::max_tokens).transpose()?,
            prompts: section.get("prompts").map(read_count).transpose()?,
        };
        if read.follow_up && (!read.turns.is_empty() || !read.tag) {
            return Err(section
                .error("a follow-up goes on from the plain answer, which has a tag and no turns before it")
                .expected("`follow_up = true` without `turns` and `tag`"));
        }
        if read.ask.is_empty() && read.turns.is_empty() && read.tag && !read.follow_up {
            return Err(section
                .error("the condition asks nothing else than the shared prompts do")
                .expected("`ask`, `turns`, `follow_up = true` or `tag = false`"));
        }
        Ok(read)
    }

    /// The user's text for a shared prompt; a condition that follows up is only asked with prompts that have a follow-up.
    pub fn text(&self, prompt: &Prompt) -> String {
        let follow_up = prompt.follow_up.as_ref().filter(|_| self.follow_up);
        let text = follow_up.unwrap_or(&prompt.text);
        if self.ask.is_empty() { text.to_owned() } else { format!("{text} {}", self.ask) }
    }
}

/// How many shared prompts are asked again: an interval over prompts needs two.
pub(super) fn read_count(field: &Field) -> Result<usize> {
    field.count_in(2..=MAX_PROMPTS)
}

/// Most shared prompts that conditions ask again.
const MAX_PROMPTS: usize = 10_000;

/// Something that an instruction should move.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lever {
    /// Words of an answer.
    Length,
    /// Formality of an answer.
    Tone,
    /// Declared traits that an answer shows.
    Traits,
}

impl Lever {
    /// All of them.
    pub const ALL: [Lever; 3] = [Lever::Length, Lever::Tone, Lever::Traits];

    /// The name in a suite, and of its metric after `control.`.
    pub fn id(self) -> &'static str {
        match self {
            Lever::Length => "length",
            Lever::Tone => "tone",
            Lever::Traits => "traits",
        }
    }
}

impl fmt::Display for Lever {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// Two conditions of which one should show more of something than the other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Control {
    /// What should move.
    pub lever: Lever,
    /// The condition with less of it; empty for the shared prompts as they are.
    pub less: String,
    /// The condition with more of it; empty for the shared prompts as they are.
    pub more: String,
}

/// The name under which a control means the shared prompts as they are.
pub const PLAIN: &str = "plain";

impl Control {
    /// Reads a checked `[[control]]`.
    pub(super) fn read(item: &Field) -> Result<Self> {
        let section = item.section(&["lever", "less", "more"])?;
        let field = section.need("lever", "what the instruction should move")?;
        let lever = field.one_of("lever", &Lever::ALL, Lever::id)?;
        let end = |key: &str| Ok(section.need(key, "the id of a condition, or `plain`")?.text()?.to_owned());
        Ok(Self { lever, less: end("less")?, more: end("more")? })
    }

    /// Both ends are conditions of the suite, and they differ.
    pub(super) fn check(item: &Placed<Self>, conditions: &[Placed<Condition>]) -> Result<()> {
        let control = &item.value;
        let known = || conditions.iter().map(|c| c.value.id.as_str()).chain([PLAIN]);
        for end in [&control.less, &control.more] {
            if !known().any(|id| id == end) {
                return Err(item
                    .error(format!("there is no condition `{end}`"))
                    .expected("the id of a [[condition]], or `plain` for the shared prompts as they are")
                    .known(end, known()));
            }
        }
        if control.less == control.more {
            return Err(item.error("both ends are the same condition"));
        }
        Ok(())
    }
}
