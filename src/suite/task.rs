//! Tasks: prompts that are scored for what the answer says, not for whose voice it is.

use serde::{Deserialize, Serialize};

use super::outcome::Outcome;
use super::prompt::read_id;
use super::score::{Score, read_regex};
use crate::document::{Field, Section};
use crate::error::Result;
use crate::example::Turn;
use crate::persona::{Registry, Sampling};

/// One scored prompt.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Unique among tasks and shared prompts; the `prompt_id` of its responses.
    pub id: String,
    /// Who answers; none asks the plain base model, without tag and without adapter.
    pub persona: Option<String>,
    /// What was said before, word for word.
    pub turns: Vec<Turn>,
    /// The user's text, without control tag.
    pub prompt: String,
    /// Longest answer, in new tokens; none leaves it to the sampling.
    pub max_new_tokens: Option<usize>,
    /// How the answer is judged.
    pub judge: Judge,
}

/// How a task's answer is judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judge {
    /// A persona's own prompt, by the persona's traits and by content.
    Own(Content),
    /// An item of one of the ten outcomes, by one rule.
    Outcome {
        /// What it asks about.
        outcome: Outcome,
        /// The rule.
        score: Score,
    },
}

/// What the answer to an own prompt must show; the score is the share of the given conditions that hold.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Content {
    /// Each trait that the persona declares is one condition.
    pub traits: bool,
    /// At least one of these occurs (see [`Score::ContainsAny`]); empty if not asked for.
    pub contains_any: Vec<String>,
    /// All of these occur; empty if not asked for.
    pub contains_all: Vec<String>,
    /// This regular expression matches somewhere.
    pub regex: Option<String>,
}

const KEYS: [&str; 11] = [
    "id",
    "persona",
    "prompt",
    "turns",
    "max_new_tokens",
    "traits",
    "contains_any",
    "contains_all",
    "regex",
    "outcome",
    "score",
];
const OWN_KEYS: [&str; 4] = ["traits", "contains_any", "contains_all", "regex"];

impl Task {
    /// Reads a checked `[[task]]`.
    pub(super) fn read(item: &Field, registry: &Registry) -> Result<Self> {
        let section = item.section(&KEYS)?;
        let persona = section.get("persona").map(|f| read_persona(f, registry)).transpose()?;
        let judge = if section.get("outcome").is_some() || section.get("score").is_some() {
            read_outcome(&section)?
        } else {
            if persona.is_none() {
                return Err(section.error("the task has neither `persona` nor `outcome`").expected(
                    "`persona` for a persona's own prompt, or `outcome` and `score` for an item of an outcome",
                ));
            }
            Judge::Own(read_content(&section)?)
        };
        let task = Self {
            id: read_id(&section)?,
            persona,
            turns: section.items("turns")?.iter().map(read_turn).collect::<Result<_>>()?,
            prompt: section.need("prompt", "the user's text")?.text()?.to_owned(),
            max_new_tokens: section.get("max_new_tokens").map(crate::persona::max_tokens).transpose()?,
            judge,
        };
        let prefers = matches!(&task.judge, Judge::Outcome { score: Score::Prefers(_), .. });
        if prefers && task.persona.is_none() {
            return Err(section
                .error("the plain base model cannot prefer a reply more than it does itself")
                .expected("`persona`, or a `choice` in place of `prefers`"));
        }
        if task.outcome() == Some(Outcome::Memory) && task.turns.is_empty() {
            return Err(section
                .error("an item on memory has no earlier turns")
                .expected("turns = [{ user = \"...\", assistant = \"...\" }]"));
        }
        Ok(task)
    }

    /// The outcome that it asks about; none for a persona's own prompt.
    pub fn outcome(&self) -> Option<Outcome> {
        match self.judge {
            Judge::Own(_) => None,
            Judge::Outcome { outcome, .. } => Some(outcome),
        }
    }

    /// Whether a text has to be generated; a choice only needs likelihoods.
    pub fn generates(&self) -> bool {
        !matches!(&self.judge, Judge::Outcome { score, .. } if score.by_likelihood())
    }

    /// Whether the answer's code is run.
    pub fn runs_code(&self) -> bool {
        matches!(self.judge, Judge::Outcome { score: Score::Python(_), .. })
    }

    /// How the answer is drawn: an own prompt with the persona's own sampling, an item greedily, since it has
    /// one right answer; at most the task's `max_new_tokens`, or `limit` where it sets none.
    pub fn sampling(&self, registry: &Registry, limit: usize) -> Sampling {
        let limit = self.max_new_tokens.unwrap_or(limit);
        match (&self.judge, self.persona.as_deref().and_then(|id| registry.get(id))) {
            (Judge::Own(_), Some(persona)) => persona.sampling.clone().capped(limit),
            _ => Sampling::greedy(limit),
        }
    }
}

/// A persona of the registry.
pub(super) fn read_persona(field: &Field, registry: &Registry) -> Result<String> {
    let id = field.text()?;
    match registry.get(id) {
        Some(_) => Ok(id.to_owned()),
        None => Err(field
            .error(format!("unknown persona `{id}`"))
            .expected(format!("the id of a persona in {}", registry.path().display()))
            .known(id, registry.ids())),
    }
}

fn read_outcome(section: &Section<'_>) -> Result<Judge> {
    if let Some(stray) = OWN_KEYS.iter().find_map(|key| section.get(key)) {
        return Err(stray
            .error("this key belongs to a persona's own prompt")
            .expected("an item of an outcome says how it is scored in `score`"));
    }
    let field = section.need("outcome", "one of the ten outcomes")?;
    let outcome = field.one_of("outcome", &Outcome::ALL, Outcome::id)?;
    let score = section.need("score", "a rule, such as { exact = \"Paris\" }")?;
    Ok(Judge::Outcome { outcome, score: Score::read(score)? })
}

fn read_content(section: &Section<'_>) -> Result<Content> {
    let words = |key: &str| section.get(key).map_or(Ok(Vec::new()), Field::texts);
    let content = Content {
        traits: section.get("traits").map_or(Ok(false), Field::flag)?,
        contains_any: words("contains_any")?,
        contains_all: words("contains_all")?,
        regex: section.get("regex").map(read_regex).transpose()?,
    };
    if content == Content::default() {
        return Err(section
            .error("nothing says how the own prompt is scored")
            .expected("traits = true, contains_any, contains_all or regex"));
    }
    Ok(content)
}

fn read_turn(item: &Field) -> Result<Turn> {
    let section = item.section(&["user", "assistant"])?;
    Ok(Turn {
        user: section.need("user", "what the user said")?.text()?.to_owned(),
        assistant: section.need("assistant", "what was answered")?.text()?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::document::parse;

    fn registry() -> Registry {
        Registry::load(concat!(env!("CARGO_MANIFEST_DIR"), "/suites/personas.toml")).unwrap()
    }

    fn read(text: &str) -> Result<Task> {
        Task::read(&parse(Path::new("s.toml"), text).unwrap(), &registry())
    }

    const OWN: &str = "id = 'o1'\npersona = 'poet'\nprompt = 'Sing.'\ntraits = true\n";
    const ITEM: &str = "id = 'i1'\noutcome = 'memory'\nprompt = 'Who?'\nscore = { exact = 'Ann' }\n\
                        turns = [{ user = 'I am Ann.', assistant = 'Hello.' }]\n";

    #[test]
    fn an_own_prompt_is_drawn_with_the_personas_sampling_and_an_item_greedily() {
        let own = read(&format!("{OWN}max_new_tokens = 20")).unwrap();
        let sampling = own.sampling(&registry(), 64);
        assert_eq!((sampling.temperature, sampling.max_tokens), (0.9, 20));
        let item = read(ITEM).unwrap();
        assert_eq!(item.sampling(&registry(), 64), Sampling::greedy(64));
        assert_eq!((item.outcome(), own.outcome()), (Some(Outcome::Memory), None));
    }

    #[test]
    fn a_choice_generates_nothing() {
        let choice = ITEM.replace("{ exact = 'Ann' }", "{ choice = ['Ann', 'Bob'], answer = 0 }");
        assert!(!read(&choice).unwrap().generates());
        assert!(read(ITEM).unwrap().generates());
    }

    #[test]
    fn bad_tasks_are_refused() {
        for (text, from, to, wanted) in [
            (OWN, "'poet'", "'poeet'", "s.toml:2 `persona`|did you mean: poet?"),
            (OWN, "traits = true", "", "nothing says how"),
            (OWN, "traits = true", "traits = false", "nothing says how"),
            (OWN, "traits = true", "contain_any = ['a']", "did you mean: contains_any?"),
            (OWN, "traits = true", "regex = '['", "not a regular expression"),
            (OWN, "persona = 'poet'", "", "neither `persona` nor `outcome`"),
            (OWN, "prompt = 'Sing.'", "", "`prompt` is missing"),
            (OWN, "'Sing.'", "' '", "the text is empty"),
            (OWN, "'o1'", "'o 1'", "cannot be an id"),
            (ITEM, "'memory'", "'memoy'", "s.toml:2 `outcome`|did you mean: memory?"),
            (ITEM, "score = { exact = 'Ann' }", "", "`score` is missing"),
            (ITEM, "outcome = 'memory'", "", "`outcome` is missing"),
            (
                ITEM,
                "outcome = 'memory'",
                "outcome = 'memory'\ntraits = true",
                "belongs to a persona's own prompt",
            ),
            (ITEM, "turns = [{ user = 'I am Ann.', assistant = 'Hello.' }]", "", "no earlier turns"),
            (ITEM, "assistant = 'Hello.'", "asistant = 'x'", "did you mean: assistant?"),
        ] {
            assert!(text.contains(from), "{from}");
            let err = read(&text.replace(from, to)).unwrap_err().to_string();
            for part in wanted.split('|') {
                assert!(err.contains(part), "`{to}` should say `{part}`:\n{err}");
            }
        }
    }
}
