//! Conversations under conditions: scripted turns first, each answered by the persona itself, then the shared prompts.

use crate::blend::Blend;
use crate::error::{Error, Result};
use crate::evaluate::options::EvaluateOptions;
use crate::evaluate::plan::{Arm, Planned};
use crate::example::Turn;
use crate::generate::Engine;
use crate::model::Message;
use crate::persona::{Persona, Registry, Sampling};
use crate::response::{Place, Response, TURN};
use crate::seed::Seed;
use crate::suite::{Condition, Prompt, Suite};
use std::collections::BTreeMap;

/// Before a condition's id in the `arm` of its answers.
const ARM: &str = "condition ";

/// The condition's id, of an arm that is one.
pub(in crate::evaluate) fn condition_of(arm: &str) -> Option<&str> {
    arm.strip_prefix(ARM)
}

/// The `arm` of a condition's answers.
pub(in crate::evaluate) fn arm_of(condition: &str) -> String {
    format!("{ARM}{condition}")
}

/// A condition and the prompts that it asks.
#[derive(Debug, Clone)]
struct Asking {
    condition: Condition,
    prompts: Vec<Prompt>,
}

/// Who is asked what again.
#[derive(Debug, Clone)]
pub struct AskedAgain {
    conditions: Vec<Asking>,
    personas: Vec<(Persona, Blend)>,
    sampling: Sampling,
    root: Seed,
}

/// What was said before a prompt, by the places of condition, prompt and persona.
type Said = BTreeMap<(usize, usize, usize), Vec<Turn>>;

/// Answers the next part of the plan.
pub(in crate::evaluate) type Answer<'a> = dyn FnMut(&str, &[Planned]) -> Result<Vec<Response>> + 'a;

impl AskedAgain {
    /// Lays out a suite's conditions on the first of its prompts.
    ///
    /// # Errors
    /// An unknown persona.
    pub(in crate::evaluate) fn new(
        suite: &Suite,
        registry: &Registry,
        options: &EvaluateOptions,
        root: Seed,
    ) -> Result<Self> {
        let limit = options.limit.unwrap_or(usize::MAX);
        let asking = |c: &Condition| Asking {
            condition: c.clone(),
            prompts: suite.prompts_of(c).iter().take(limit).cloned().collect(),
        };
        let persona = |id: &String| {
            let persona = registry.persona(id)?.clone();
            let blend = options.blend.clone().unwrap_or_else(|| persona.blend.clone());
            Ok((persona, blend))
        };
        let asked = if suite.conditions.is_empty() { &[][..] } else { &suite.condition_personas[..] };
        Ok(Self {
            conditions: suite.conditions.iter().map(asking).collect(),
            personas: asked.iter().map(persona).collect::<Result<_>>()?,
            sampling: suite.generation.sampling.clone(),
            root,
        })
    }

    /// Where the answers to shared prompts and to scripted turns belong.
    pub fn places(&self) -> impl Iterator<Item = Place> {
        self.conditions.iter().flat_map(move |Asking { condition: c, prompts }| {
            let turns = |p: &Prompt| (0..c.turns.len()).map(|n| turn_id(&p.id, n)).collect::<Vec<_>>();
            let ids: Vec<String> =
                prompts.iter().flat_map(|p| turns(p).into_iter().chain([p.id.clone()])).collect();
            self.personas.iter().flat_map(move |(p, _)| {
                ids.clone().into_iter().map(move |id| (arm_of(&c.id), p.id.clone(), id, 0))
            })
        })
    }

    /// Answers of all personas under all conditions, the scripted turns first; in the suite's order, without those turns.
    /// Every prompt has a conversation of its own before it, so that prompts stay independent. `plain` are the answers that
    /// follow-ups go on from.
    ///
    /// # Errors
    /// What `answer` meets, or a template that fails.
    pub(in crate::evaluate) fn answer(
        &self,
        engine: &Engine,
        plain: &[Response],
        answer: &mut Answer<'_>,
    ) -> Result<Vec<Response>> {
        let said = self.conversations(engine, answer)?;
        let plain: BTreeMap<(&str, &str), &str> = {
            let first = plain.iter().filter(|r| r.sample == 0);
            first.map(|r| ((r.persona.as_str(), r.prompt_id.as_str()), r.text.as_str())).collect()
        };
        let mut planned = Vec::new();
        for (c, Asking { condition, prompts }) in self.conditions.iter().enumerate() {
            for (q, prompt) in prompts.iter().enumerate() {
                let text = condition.text(prompt);
                for (p, (persona, _)) in self.personas.iter().enumerate() {
                    let mut before = said.get(&(c, q, p)).cloned().unwrap_or_default();
                    if condition.follow_up {
                        let given =
                            plain.get(&(persona.id.as_str(), prompt.id.as_str())).ok_or_else(|| {
                                Error::cannot_run(format!(
                                    "`{}` has no plain answer: this is a bug",
                                    prompt.id
                                ))
                            })?;
                        before.push(Turn { user: prompt.text.clone(), assistant: (*given).to_owned() });
                    }
                    planned.push(self.planned(engine, (c, p), &before, &text, prompt.id.clone())?);
                }
            }
        }
        answer("conditions", &planned)
    }

    /// What was said before each prompt.
    fn conversations(&self, engine: &Engine, answer: &mut Answer<'_>) -> Result<Said> {
        let mut said = Said::new();
        let deepest = self.conditions.iter().map(|a| a.condition.turns.len()).max().unwrap_or(0);
        for depth in 0..deepest {
            let (mut owners, mut planned) = (Vec::new(), Vec::new());
            for (c, Asking { condition, prompts }) in self.conditions.iter().enumerate() {
                let Some(user) = condition.turns.get(depth) else { continue };
                for (q, prompt) in prompts.iter().enumerate() {
                    for p in 0..self.personas.len() {
                        let before = said.get(&(c, q, p)).map_or(&[][..], Vec::as_slice);
                        planned.push(self.planned(
                            engine,
                            (c, p),
                            before,
                            user,
                            turn_id(&prompt.id, depth),
                        )?);
                        owners.push(((c, q, p), user));
                    }
                }
            }
            let name = format!("conversations, turn {}", depth + 1);
            for ((place, user), response) in owners.into_iter().zip(answer(&name, &planned)?) {
                let turn = Turn { user: user.clone(), assistant: response.text };
                said.entry(place).or_default().push(turn);
            }
        }
        Ok(said)
    }

    fn sampling_of(&self, condition: &Condition) -> Sampling {
        let max_tokens = condition.max_new_tokens.unwrap_or(self.sampling.max_tokens);
        Sampling { max_tokens, ..self.sampling.clone() }
    }

    /// Most new tokens of all answers together.
    pub fn most_tokens(&self) -> usize {
        let of = |a: &Asking| {
            let answers = a.prompts.len() * (1 + a.condition.turns.len()) * self.personas.len();
            answers * self.sampling_of(&a.condition).max_tokens
        };
        self.conditions.iter().map(of).sum()
    }

    fn planned(
        &self,
        engine: &Engine,
        (c, p): (usize, usize),
        before: &[Turn],
        text: &str,
        prompt_id: String,
    ) -> Result<Planned> {
        let (condition, (persona, blend)) = (&self.conditions[c].condition, &self.personas[p]);
        let tag = if condition.tag { persona.tag() } else { String::new() };
        // The seed of the plain answer: what differs is the asking, not the draw.
        let seed = self.root.child(&format!("{}/{prompt_id}/0", persona.id)).0;
        Ok(Planned {
            arm: Arm::Condition(condition.id.clone()),
            persona: persona.id.clone(),
            prompt_id,
            sample: 0,
            prompt: engine.render(&Message::conversation(&tag, before, text))?,
            tag,
            blend: blend.clone(),
            sampling: self.sampling_of(condition),
            seed,
        })
    }
}

fn turn_id(prompt: &str, depth: usize) -> String {
    format!("{prompt}{TURN}{}", depth + 1)
}
