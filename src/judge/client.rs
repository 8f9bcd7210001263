//! Requests to the judge's endpoint.

use super::endpoint::Endpoint;
use super::key::Key;
use super::rubric::Manners;
use crate::error::{Error, Result};
use crate::interrupt;
use serde::Deserialize;
use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Largest answer that is read: a judge writes a few hundred tokens.
const LARGEST: u64 = 1 << 20;
/// Characters of a refusal that are shown.
const SHOWN: usize = 200;
/// How often a wait looks whether it should end.
const GLANCE: Duration = Duration::from_millis(50);

/// Asks an OpenAI-compatible endpoint for chat completions.
#[derive(Debug, Clone)]
pub struct JudgeClient {
    agent: ureq::Agent,
    endpoint: Endpoint,
    key: Option<Key>,
    manners: Manners,
}

/// Why one request has no answer.
struct Failure {
    what: String,
    /// Whether the same request may succeed later.
    passing: bool,
    /// How long the server asks to wait.
    wait: Option<Duration>,
}

impl Failure {
    fn passing(what: impl Into<String>) -> Self {
        Self { what: what.into(), passing: true, wait: None }
    }

    fn lasting(what: impl Into<String>) -> Self {
        Self { what: what.into(), passing: false, wait: None }
    }
}

/// The part of a chat completion that is read.
#[derive(Deserialize)]
struct Completion {
    choices: Vec<Given>,
}

#[derive(Deserialize)]
struct Given {
    message: Message,
}

#[derive(Deserialize)]
struct Message {
    content: Option<String>,
}

impl JudgeClient {
    /// A client that sends `key`, if any, with every request. Redirects are not followed: a key is for one host.
    pub fn new(endpoint: Endpoint, key: Option<Key>, manners: Manners) -> Self {
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_global(Some(manners.timeout))
            .user_agent(concat!("persona-eval/", env!("CARGO_PKG_VERSION")));
        let config = if endpoint.is_local() { config.proxy(None) } else { config };
        Self { agent: config.build().into(), endpoint, key, manners }
    }

    /// The text of the judge's answer to a request with this body; empty where it gave none.
    ///
    /// Statuses 408, 429 and 5xx, failed connections, timeouts and bodies that are no chat completion are tried again, after
    /// a wait that doubles, or as long as `Retry-After` says, a minute at most.
    ///
    /// # Errors
    /// No answer after all retries, another status, or an answer of over 1 MiB: what the error says names neither host nor
    /// key. Interrupted where the user stops or `stop` is set.
    pub(super) fn ask(&self, body: &str, stop: &AtomicBool) -> Result<String> {
        let mut wait = self.manners.wait;
        let mut tried = 0;
        loop {
            going_on(stop)?;
            let failure = match self.once(body) {
                Ok(text) => return Ok(text),
                Err(failure) => failure,
            };
            tried += 1;
            if !failure.passing || tried > self.manners.retries {
                let times = if tried == 1 { String::new() } else { format!(", {tried} times in a row") };
                return Err(Error::cannot_run(format!("{}{times}", failure.what)));
            }
            pause(failure.wait.unwrap_or(wait).min(Manners::LONGEST_WAIT), stop)?;
            wait = (wait * 2).min(Manners::LONGEST_WAIT);
        }
    }

    fn once(&self, body: &str) -> std::result::Result<String, Failure> {
        let mut request = self.agent.post(self.endpoint.url()).header("content-type", "application/json");
        if let Some(key) = &self.key {
            request = request.header("authorization", key.authorization());
        }
        let response = request.send(body).map_err(|e| Failure::passing(told(&e)))?;
        let status = response.status().as_u16();
        let after = response.headers().get("retry-after").and_then(|v| v.to_str().ok()?.trim().parse().ok());
        let mut bytes = Vec::new();
        let mut reader = response.into_body().into_reader().take(LARGEST + 1);
        let read = reader.read_to_end(&mut bytes);
        if bytes.len() as u64 > LARGEST {
            return Err(Failure::lasting("the endpoint's answer is larger than 1 MiB"));
        }
        read.map_err(|e| Failure::passing(told(&ureq::Error::from(e))))?;
        if status != 200 {
            return Err(Failure {
                what: format!("the endpoint answers with status {status}{}", self.excerpt(&bytes)),
                passing: matches!(status, 408 | 429 | 500..=599),
                wait: after.map(Duration::from_secs),
            });
        }
        let completion: Completion = serde_json::from_slice(&bytes).map_err(|_| {
            Failure::passing(format!(
                "what the endpoint answers is no chat completion{}",
                self.excerpt(&bytes)
            ))
        })?;
        let text = completion.choices.into_iter().next().and_then(|given| given.message.content);
        Ok(self.struck(&text.unwrap_or_default()))
    }

    fn struck(&self, text: &str) -> String {
        self.key.as_ref().map_or_else(|| text.to_owned(), |key| key.struck_from(text))
    }

    /// The beginning of a body in one line, for the user to see what the endpoint minds.
    fn excerpt(&self, bytes: &[u8]) -> String {
        let text = self.struck(&String::from_utf8_lossy(bytes));
        let words: Vec<&str> = text.split_whitespace().collect();
        let line: String = words.join(" ").chars().filter(|c| !c.is_control()).take(SHOWN).collect();
        if line.is_empty() { String::new() } else { format!(": {line}") }
    }
}

/// What went wrong on the way, without the host.
fn told(error: &ureq::Error) -> String {
    use std::io::ErrorKind;
    let told = match error {
        ureq::Error::Timeout(_) => "the endpoint gave no answer in time",
        ureq::Error::HostNotFound => "the endpoint's host is not found",
        ureq::Error::ConnectionFailed => "the endpoint cannot be reached",
        ureq::Error::Tls(_) | ureq::Error::Rustls(_) => "the endpoint's certificate or TLS does not do",
        ureq::Error::Io(e) => match e.kind() {
            ErrorKind::TimedOut | ErrorKind::WouldBlock => "the endpoint gave no answer in time",
            ErrorKind::ConnectionRefused => "the endpoint refuses the connection",
            _ => "the connection to the endpoint broke",
        },
        _ => "the endpoint does not speak HTTP as it should",
    };
    told.to_owned()
}

fn going_on(stop: &AtomicBool) -> Result<()> {
    interrupt::check()?;
    if stop.load(Ordering::Relaxed) {
        return Err(Error::interrupted("another request failed"));
    }
    Ok(())
}

fn pause(wait: Duration, stop: &AtomicBool) -> Result<()> {
    let end = Instant::now() + wait;
    loop {
        going_on(stop)?;
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        std::thread::sleep(left.min(GLANCE));
    }
}
