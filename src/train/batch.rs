//! Texts to token pairs.

use crate::error::{Error, Result};
use crate::model::{BaseModel, Message};

/// A conversation and the answer to learn, with the adapter that learns it.
#[derive(Debug, Clone)]
pub struct TextPair {
    /// What stands before the answer: control tag, earlier turns, the user's last text. None of it is learned.
    pub messages: Vec<Message>,
    /// What the persona answers.
    pub completion: String,
    /// The adapter's place in the training's list.
    pub adapter: usize,
    /// The persona's place in whatever list the caller has.
    pub persona: usize,
    /// The file that it stands in.
    pub file: String,
    /// Its line there, from 1.
    pub line: usize,
}

impl TextPair {
    /// Where it stands: file and line.
    pub fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// A tokenized pair: loss is taken on the tokens from `prompt` on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPair {
    /// Conversation and completion, as the chat template renders them.
    pub tokens: Vec<u32>,
    /// Tokens before the completion, earlier answers included.
    pub prompt: usize,
    /// The adapter's place.
    pub adapter: usize,
    /// The persona's place.
    pub persona: usize,
}

impl TokenPair {
    /// Renders the pair with the model's chat template; the completion ends with the template's end of turn.
    ///
    /// # Errors
    /// When the completion is empty, or the template rewrites the prompt once an answer follows.
    pub fn new(base: &BaseModel, pair: &TextPair) -> Result<Self> {
        let fail = |what: String| Error::input(what).key(pair.place());
        if pair.completion.trim().is_empty() {
            return Err(fail("an example has an empty completion".into()));
        }
        let asked = base.template.render(&pair.messages, true)?;
        let mut messages = pair.messages.clone();
        messages.push(Message::assistant(&pair.completion));
        let whole = base.template.render(&messages, false)?;
        let Some(completion) = whole.strip_prefix(&asked) else {
            return Err(fail("the chat template changes the prompt once an answer follows".into()));
        };
        let mut tokens = base.tokenizer.encode(&asked)?;
        let prompt = tokens.len();
        tokens.extend(base.tokenizer.encode(completion.trim_end_matches('\n'))?);
        Ok(Self { tokens, prompt, adapter: pair.adapter, persona: pair.persona })
    }

    /// Tokens that are learned.
    pub fn learned(&self) -> usize {
        self.tokens.len() - self.prompt
    }
}
