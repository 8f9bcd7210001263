//! Every response that a run will make, before the first is made.

use super::conditions::{AskedAgain, arm_of};
use super::options::EvaluateOptions;
use super::sweeps;
use crate::blend::Blend;
use crate::error::Result;
use crate::generate::{ENGINE_VERSION, Engine, Request};
use crate::model::Message;
use crate::persona::{Persona, Registry, Sampling};
use crate::response::{Place, Response};
use crate::seed::Seed;
use crate::suite::{Measure, Suite, Task};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Which side of the comparison a response belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arm {
    /// The persona's blend of adapters.
    Trained,
    /// The base with the control tag alone.
    Floor,
    /// The persona's blend, asked under this condition.
    Condition(String),
    /// A blend of a sweep.
    Sweep,
}

impl Arm {
    /// Its name in the journal.
    pub fn id(&self) -> Cow<'static, str> {
        match self {
            Arm::Trained => "trained".into(),
            Arm::Floor => "floor".into(),
            Arm::Condition(id) => arm_of(id).into(),
            Arm::Sweep => "sweep".into(),
        }
    }
}

/// A response to be made.
#[derive(Debug, Clone)]
pub struct Planned {
    /// Which side it belongs to.
    pub arm: Arm,
    /// The persona's id; empty for the plain base model.
    pub persona: String,
    /// The prompt's or task's id.
    pub prompt_id: String,
    /// Which sample, from 0.
    pub sample: usize,
    /// The control tag in the prompt; empty for the plain base model.
    pub tag: String,
    /// The rendered prompt.
    pub prompt: String,
    /// What speaks.
    pub blend: Blend,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// Seed of this response.
    pub seed: u64,
}

/// All responses of a run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Answers to the shared prompts by the trained personas.
    pub trained: Vec<Planned>,
    /// The same by the base with the tag.
    pub floor: Vec<Planned>,
    /// Answers to tasks.
    pub tasks: Vec<Planned>,
    /// Answers of the sweeps' blends.
    pub sweeps: Vec<Planned>,
    /// The prompts' ids that are asked, in the suite's order.
    pub prompts: Vec<String>,
    /// The tasks that are asked.
    pub asked: Vec<Task>,
    /// The shared prompts asked again in other ways.
    pub again: AskedAgain,
    /// Who hears held-out text and with what, where likelihoods are measured.
    pub listeners: Vec<(String, Blend)>,
}

impl Plan {
    /// Lays out a run of the suite.
    ///
    /// # Errors
    /// When a persona's blend names an adapter that is not loaded, or the chat template fails.
    pub fn new(
        suite: &Suite,
        registry: &Registry,
        engine: &Engine,
        options: &EvaluateOptions,
    ) -> Result<Self> {
        let limit = options.limit.unwrap_or(usize::MAX);
        let prompts: Vec<_> =
            suite.prompts.iter().take(if suite.asks_prompts() { limit } else { 0 }).collect();
        let root = Seed(options.seed).child("responses");
        let (mut trained, mut floor) = (Vec::new(), Vec::new());
        for prompt in &prompts {
            for id in &suite.personas {
                let persona = registry.persona(id)?;
                let blend = options.blend.as_ref().unwrap_or(&persona.blend);
                engine.check(blend)?;
                let rendered =
                    engine.render(&[Message::user(format!("{}{}", persona.tag(), prompt.text))])?;
                for sample in 0..suite.generation.samples {
                    let one = |arm: Arm, blend: Blend| Planned {
                        arm,
                        persona: id.clone(),
                        prompt_id: prompt.id.clone(),
                        sample,
                        tag: persona.tag(),
                        prompt: rendered.clone(),
                        blend,
                        sampling: suite.generation.sampling.clone(),
                        // Both arms share the seed: their difference is the adapters', not the draw's.
                        seed: root.child(&format!("{id}/{}/{sample}", prompt.id)).0,
                    };
                    trained.push(one(Arm::Trained, blend.clone()));
                    if options.floor {
                        floor.push(one(Arm::Floor, Blend::base()));
                    }
                }
            }
        }
        let asked: Vec<Task> = suite.tasks.iter().take(limit).cloned().collect();
        let tasks = asked
            .iter()
            .filter(|t| t.generates())
            .map(|task| {
                let persona = task.persona.as_deref().map(|id| registry.persona(id)).transpose()?;
                Ok(Planned {
                    arm: Arm::Trained,
                    persona: task.persona.clone().unwrap_or_default(),
                    prompt_id: task.id.clone(),
                    sample: 0,
                    tag: persona.map(Persona::tag).unwrap_or_default(),
                    prompt: engine.render(&task_messages(task, persona))?,
                    blend: task_blend(persona, options),
                    sampling: task.sampling(registry, suite.task_max_new_tokens),
                    seed: root.child(&task.id).0,
                })
            })
            .collect::<Result<_>>()?;
        let sweeps = sweeps::plan(suite, registry, engine, limit, root.child("sweeps"))?;
        let mut listeners = Vec::new();
        if suite.measures(Measure::Likelihood) {
            for id in &suite.personas {
                let blend = options.blend.as_ref().unwrap_or(&registry.persona(id)?.blend);
                engine.check(blend)?;
                listeners.push((id.clone(), blend.clone()));
            }
        }
        let prompts = prompts.iter().map(|p| p.id.clone()).collect();
        let again = AskedAgain::new(suite, registry, options, root)?;
        Ok(Self { trained, floor, tasks, sweeps, prompts, asked, listeners, again })
    }
}

impl Plan {
    /// The adapters that anybody speaks with.
    pub fn adapters(&self) -> BTreeSet<&str> {
        self.voices().flat_map(|(_, blend)| blend.adapters()).collect()
    }

    /// Who speaks or hears, and with what.
    pub(super) fn voices(&self) -> impl Iterator<Item = (&str, &Blend)> {
        let answers = self
            .trained
            .iter()
            .chain(&self.tasks)
            .chain(&self.sweeps)
            .map(|p| (p.persona.as_str(), &p.blend));
        answers.chain(self.listeners.iter().map(|(id, blend)| (id.as_str(), blend)))
    }
}

/// What answers a task: the persona's blend, or the base where no persona is asked.
pub(super) fn task_blend(persona: Option<&Persona>, options: &EvaluateOptions) -> Blend {
    persona.map_or_else(Blend::base, |p| options.blend.clone().unwrap_or_else(|| p.blend.clone()))
}

/// A task's conversation.
pub(super) fn task_messages(task: &Task, persona: Option<&Persona>) -> Vec<Message> {
    let tag = persona.map(Persona::tag).unwrap_or_default();
    Message::conversation(&tag, &task.turns, &task.prompt)
}

impl Planned {
    /// Where its response belongs in the run.
    pub fn place(&self) -> Place {
        (self.arm.id().into_owned(), self.persona.clone(), self.prompt_id.clone(), self.sample)
    }

    /// What the engine is asked; what all prompts of a persona begin with is marked as shared.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn request(&self, engine: &Engine) -> Result<Request> {
        let tokens = engine.base().tokenizer.encode(&self.prompt)?;
        Ok(Request {
            shared: self.shared_tokens(engine, &tokens)?,
            tokens,
            blend: self.blend.clone(),
            sampling: self.sampling.clone(),
            seed: self.seed,
            to_length: false,
        })
    }

    /// Leading tokens up to the end of the control tag.
    fn shared_tokens(&self, engine: &Engine, tokens: &[u32]) -> Result<usize> {
        let tag = &self.tag;
        let Some(at) = self.prompt.find(tag).filter(|_| !tag.is_empty()) else { return Ok(0) };
        let prefix = engine.base().tokenizer.encode(&self.prompt[..at + tag.len()])?;
        // The tag's end and the text's beginning could be one token; then nothing is shared.
        Ok(if prefix.len() < tokens.len() && tokens.starts_with(&prefix) { prefix.len() } else { 0 })
    }

    /// The response's line in the journal, once its text is there.
    pub fn response(
        &self,
        engine: &Engine,
        text: String,
        tokens: usize,
        finish: crate::response::Finish,
    ) -> Response {
        Response {
            text,
            seed: self.seed,
            sampling: Some(self.sampling.clone()),
            finish: Some(finish),
            tokens,
            ..asked_line(engine, self.place(), &self.blend, self.prompt.clone())
        }
    }

    /// Whether a journal's line is the answer to exactly this: same prompt, blend, seed, sampling, model and engine.
    pub fn made(&self, engine: &Engine, line: &Response) -> bool {
        let want = self.response(engine, String::new(), 0, crate::response::Finish::Stop);
        asked_alike(&want, line) && want.seed == line.seed && want.sampling == line.sampling
    }
}

/// A line that says what was asked of what, and holds no answer yet.
pub(super) fn asked_line(engine: &Engine, place: Place, blend: &Blend, prompt: String) -> Response {
    let (arm, persona, prompt_id, sample) = place;
    let adapters: BTreeMap<String, String> = blend
        .adapters()
        .filter_map(|name| Some((name.to_owned(), engine.adapters().get(name)?.sha256.clone())))
        .collect();
    Response {
        persona,
        prompt_id,
        sample,
        text: String::new(),
        arm,
        blend: blend.to_string(),
        seed: 0,
        sampling: None,
        prompt,
        finish: None,
        tokens: 0,
        model: engine.base().sha256.clone(),
        adapters,
        engine: engine_text(engine),
        likelihoods: None,
    }
}

/// Whether two lines asked the same of the same model, adapters and engine.
pub(super) fn asked_alike(a: &Response, b: &Response) -> bool {
    (a.prompt == b.prompt && a.blend == b.blend && a.engine == b.engine)
        && (a.model == b.model && a.adapters == b.adapters)
}

/// Where the answer to a task belongs.
pub(super) fn task_place(task: &Task) -> Place {
    (Arm::Trained.id().into_owned(), task.persona.clone().unwrap_or_default(), task.id.clone(), 0)
}

/// What decides a text besides the line's own keys.
fn engine_text(engine: &Engine) -> String {
    format!(
        "persona-eval {ENGINE_VERSION}; {} on {}; tokenizer {}",
        engine.arithmetic(),
        engine.device_name(),
        &engine.base().tokenizer.sha256()[..12]
    )
}
