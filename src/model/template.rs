//! Chat templates: the model's own Jinja, rendered by minijinja.

use crate::error::{Error, Result};
use crate::example::Turn;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, ErrorKind, context};
use minijinja_contrib::pycompat::unknown_method_callback;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::PathBuf;

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// `system`, `user` or `assistant`.
    pub role: String,
    /// The text.
    pub content: String,
}

impl Message {
    /// A user's turn.
    pub fn user(content: impl Into<String>) -> Self {
        Self { role: "user".into(), content: content.into() }
    }

    /// The model's turn.
    pub fn assistant(content: impl Into<String>) -> Self {
        Self { role: "assistant".into(), content: content.into() }
    }

    /// What was said before an answer: the earlier turns and the user's text. The control tag (or nothing) stands
    /// before the first user text, in training as in evaluation.
    pub fn conversation(tag: &str, turns: &[Turn], text: &str) -> Vec<Self> {
        let mut messages: Vec<Self> =
            turns.iter().flat_map(|t| [Self::user(&t.user), Self::assistant(&t.assistant)]).collect();
        messages.push(Self::user(text));
        messages[0].content.insert_str(0, tag);
        messages
    }
}

/// A compiled chat template.
pub struct ChatTemplate {
    environment: Environment<'static>,
    bos: String,
    eos: String,
    sha256: String,
    path: PathBuf,
}

impl ChatTemplate {
    /// Compiles the template; `bos` and `eos` are the texts of the special tokens, `path` names its file in errors.
    ///
    /// # Errors
    /// When the Jinja does not parse.
    pub fn new(source: &str, bos: &str, eos: &str, path: impl Into<PathBuf>) -> Result<Self> {
        let path = path.into();
        let mut environment = Environment::new();
        // As transformers sets Jinja up for chat templates.
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()
            .map_err(|e| Error::cannot_run("the template engine refused its own settings").because(e))?;
        environment.set_syntax(syntax);
        environment.set_unknown_method_callback(unknown_method_callback);
        environment.add_function(
            "raise_exception",
            |text: String| -> std::result::Result<(), minijinja::Error> {
                Err(minijinja::Error::new(ErrorKind::InvalidOperation, text))
            },
        );
        environment
            .add_function("strftime_now", |format: &str| chrono::Local::now().format(format).to_string());
        environment.add_template_owned("chat", source.to_owned()).map_err(|e| {
            Error::cannot_run("the model's chat template does not parse")
                .at(&path, e.line().unwrap_or(0))
                .because(e)
        })?;
        let sha256 = super::hex(&Sha256::digest(source.as_bytes()));
        Ok(Self { environment, bos: bos.into(), eos: eos.into(), sha256, path })
    }

    /// Renders a conversation; with `generate`, up to where the model's next turn begins.
    ///
    /// # Errors
    /// When the template refuses the conversation.
    pub fn render(&self, messages: &[Message], generate: bool) -> Result<String> {
        let fail = |e: minijinja::Error| {
            Error::cannot_run("the model's chat template failed")
                .in_file(&self.path)
                .because(e)
                .help("the template may not allow these roles or their order")
        };
        let template = self.environment.get_template("chat").map_err(fail)?;
        template
            .render(context! {
                messages => minijinja::Value::from(Serde(messages)),
                add_generation_prompt => generate,
                bos_token => self.bos.as_str(),
                eos_token => self.eos.as_str(),
            })
            .map_err(fail)
    }

    /// SHA-256 of the template's source.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }
}
