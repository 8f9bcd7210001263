//! One generated text: a line of `responses.jsonl`, written by a run or made elsewhere.

use crate::error::{Error, IoContext, Result};
use crate::persona::Sampling;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

/// Why a response ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finish {
    /// The model ended its turn.
    Stop,
    /// The length limit was reached.
    Length,
}

/// One generated text with everything that made it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The persona's id.
    pub persona: String,
    /// The prompt's id in the suite.
    pub prompt_id: String,
    /// Which of the samples of this prompt, from 0.
    pub sample: usize,
    /// The text.
    pub text: String,
    /// `trained` or `floor`; lines made elsewhere are `trained`.
    #[serde(default = "trained")]
    pub arm: String,
    /// What the persona spoke with, `tech_expert=0.7,emotive=0.3`; empty for the base.
    #[serde(default)]
    pub blend: String,
    /// Seed of this response.
    #[serde(default)]
    pub seed: u64,
    /// How its tokens were drawn; none in lines made elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampling: Option<Sampling>,
    /// The text that was fed to the model, chat template and tag included.
    #[serde(default)]
    pub prompt: String,
    /// Why it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish: Option<Finish>,
    /// Tokens generated.
    #[serde(default)]
    pub tokens: usize,
    /// SHA-256 of the base model.
    #[serde(default)]
    pub model: String,
    /// SHA-256 of each adapter of the blend.
    #[serde(default)]
    pub adapters: BTreeMap<String, String>,
    /// Engine version, arithmetic, device and tokenizer, as one text.
    #[serde(default)]
    pub engine: String,
}

/// Where a response belongs in a run: arm, persona, prompt and sample.
pub type Place = (String, String, String, usize);

fn trained() -> String {
    "trained".to_owned()
}

impl Response {
    /// What identifies a response's place in a run: arm, persona, prompt, sample.
    pub fn place(&self) -> Place {
        (self.arm.clone(), self.persona.clone(), self.prompt_id.clone(), self.sample)
    }
}

/// Reads a journal; a half-written last line is dropped, any other broken line is an error.
///
/// # Errors
/// When the file cannot be read, a line is no response, or a place occurs twice.
pub fn read_journal(path: &Path) -> Result<Vec<Response>> {
    let file = File::open(path).doing("open the journal", path)?;
    let mut responses = Vec::new();
    let mut seen = HashMap::new();
    let mut reader = BufReader::new(file);
    let mut bytes = Vec::new();
    let mut line = 0;
    loop {
        bytes.clear();
        if reader.read_until(b'\n', &mut bytes).doing("read the journal", path)? == 0 {
            return Ok(responses);
        }
        line += 1;
        if bytes.last() != Some(&b'\n') && serde_json::from_slice::<Response>(&bytes).is_err() {
            return Ok(responses);
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let response: Response = serde_json::from_slice(&bytes).map_err(|e| {
            Error::input("a line is not a response")
                .at(path, line)
                .expected("a JSON object with persona, prompt_id, sample and text")
                .because(e)
        })?;
        if let Some(first) = seen.insert(response.place(), line) {
            return Err(Error::input(format!(
                "sample {} of persona `{}` for prompt `{}` occurs twice",
                response.sample, response.persona, response.prompt_id
            ))
            .at(path, line)
            .help(format!("the first is in line {first}; remove one")));
        }
        responses.push(response);
    }
}
