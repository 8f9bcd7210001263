//! What writes the candidates: the engine, or whatever answers in its place.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::blend::Blend;
use crate::error::Result;
use crate::generate::{ENGINE_VERSION, Engine, Event, Request};
use crate::model::Message;
use crate::persona::Sampling;
use crate::response::Finish;

/// One candidate to be written.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The conversation up to the answer, with the control tag.
    pub messages: Vec<Message>,
    /// What the persona speaks with.
    pub blend: Blend,
    /// How tokens are drawn.
    pub sampling: Sampling,
    /// Seed of the draw.
    pub seed: u64,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Spoken {
    /// An answer that ended by itself.
    Ended(String),
    /// One that the token limit ended.
    Cut(String),
    /// Prompt and answer do not fit into the model's context.
    NoRoom,
}

/// All that decides a speaker's texts besides what it is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The code that generates, its arithmetic and its device.
    pub engine: String,
    /// SHA-256 of the base model.
    pub base_sha256: String,
    /// SHA-256 of the adapters by name.
    pub adapters_sha256: BTreeMap<String, String>,
    /// SHA-256 of the tokenizer.
    pub tokenizer_sha256: String,
    /// SHA-256 of the chat template.
    pub template_sha256: String,
}

/// Writes answers. An answer must hang on what is asked alone, not on its neighbours.
pub trait Speaker {
    /// What decides its texts.
    fn stamp(&self) -> Stamp;

    /// Whether it can speak with a blend.
    ///
    /// # Errors
    /// Names the adapter that it does not have.
    fn can(&self, blend: &Blend) -> Result<()>;

    /// Answers all that is asked, at most `rows` at a time; `on` is told of each answer by its place, in any order.
    ///
    /// # Errors
    /// The engine fails, the user stops the work, or `on` fails.
    fn answer(
        &self,
        asked: &[Asked],
        rows: usize,
        on: &mut dyn FnMut(usize, Spoken) -> Result<()>,
    ) -> Result<()>;
}

impl Speaker for Engine {
    fn stamp(&self) -> Stamp {
        let adapters = self.adapters().iter().map(|(name, a)| (name.clone(), a.sha256.clone()));
        Stamp {
            engine: format!("persona-eval {ENGINE_VERSION}; {} on {}", self.arithmetic(), self.device_name()),
            base_sha256: self.base().sha256.clone(),
            adapters_sha256: adapters.collect(),
            tokenizer_sha256: self.base().tokenizer.sha256().to_owned(),
            template_sha256: self.base().template.sha256().to_owned(),
        }
    }

    fn can(&self, blend: &Blend) -> Result<()> {
        self.check(blend)
    }

    fn answer(
        &self,
        asked: &[Asked],
        rows: usize,
        on: &mut dyn FnMut(usize, Spoken) -> Result<()>,
    ) -> Result<()> {
        let room = self.base().decoder.config().max_positions;
        let (mut places, mut requests) = (Vec::new(), Vec::new());
        for (place, one) in asked.iter().enumerate() {
            let tokens = self.base().tokenizer.encode(&self.render(&one.messages)?)?;
            if tokens.len() + one.sampling.max_tokens > room {
                on(place, Spoken::NoRoom)?;
                continue;
            }
            places.push(place);
            requests.push(Request {
                tokens,
                shared: 0,
                blend: one.blend.clone(),
                sampling: one.sampling.clone(),
                seed: one.seed,
                to_length: false,
            });
        }
        self.generate(&requests, rows, &mut |event| {
            let Event::Done(request, made) = event else { return Ok(()) };
            let spoken = match made.finish {
                Finish::Stop => Spoken::Ended(made.text),
                Finish::Length => Spoken::Cut(made.text),
            };
            on(places[request], spoken)
        })
    }
}
