//! Flags that ask a judge for its opinion.

use crate::error::{Error, Result};
use crate::judge::{Endpoint, Judge, JudgeClient, Key, REPLIES, Rubric};
use std::path::{Path, PathBuf};

/// The flag whose value no record holds.
pub(super) const URL: &str = "--judge-url";

/// Who judges beside the measurements, if anybody.
#[derive(Debug, clap::Args)]
pub(super) struct JudgeArgs {
    /// Ask a language model which replies it prefers, by this rubric, e.g. suites/judge.toml: the adapters' or the
    /// floor's, and the baseline's
    #[arg(long, value_name = "RUBRIC")]
    judge: Option<PathBuf>,
    /// Where it answers, an OpenAI-compatible server, e.g. http://localhost:8000/v1 [default: the rubric's]
    #[arg(long, value_name = "URL", requires = "judge")]
    judge_url: Option<String>,
    /// Its name on that server [default: the rubric's]
    #[arg(long, value_name = "NAME", requires = "judge")]
    judge_model: Option<String>,
    /// The environment variable that holds the server's key [default: the rubric's, or no key]
    #[arg(long, value_name = "VARIABLE", requires = "judge")]
    judge_key_env: Option<String>,
}

impl JudgeArgs {
    /// The judge that the flags ask for; none without `--judge`. Replies that lie in the folder `earlier` are used again.
    ///
    /// # Errors
    /// The rubric cannot be read, no endpoint or model is named, or the key is not there.
    pub(super) fn open(&self, earlier: Option<&Path>) -> Result<Option<Judge>> {
        let Some(file) = &self.judge else { return Ok(None) };
        let rubric = Rubric::load(file)?;
        let unnamed = |what: &str, flag: &str, key: &str| {
            Error::input(format!("the judge's {what} is not named"))
                .in_file(file)
                .key(key)
                .expected(format!("`{key}` in the rubric, or {flag}"))
        };
        let endpoint = match &self.judge_url {
            Some(url) => Some(Endpoint::parse(url).map_err(|e| e.key(URL))?),
            None => rubric.endpoint.clone(),
        };
        let endpoint = endpoint.ok_or_else(|| unnamed("endpoint", URL, "endpoint"))?;
        let model = self.judge_model.clone().or_else(|| rubric.model.clone());
        let model = model.filter(|name| !name.trim().is_empty());
        let model = model.ok_or_else(|| unnamed("model", "--judge-model", "model"))?;
        let variable = self.judge_key_env.as_ref().or(rubric.key_env.as_ref());
        let key = variable.map(|name| Key::from_env(name)).transpose()?;
        let client = JudgeClient::new(endpoint, key, rubric.manners.clone());
        Ok(Some(Judge { rubric, model, client, earlier: earlier.map(|folder| folder.join(REPLIES)) }))
    }
}
