//! An optional judge: a language model behind an OpenAI-compatible endpoint that compares two replies.
//!
//! Nothing of the harness depends on it. It is told the persona's voice and traits, what was asked, and two replies under
//! blind names; every pair is asked in both orders, and an answer that does not have the demanded form is never guessed at.

mod client;
mod cost;
mod endpoint;
#[allow(clippy::module_inception, reason = "one noun a file: the type named as the file")]
mod judge;
mod key;
mod opinion;
mod question;
mod replies;
mod rubric;
mod spread;

pub use client::JudgeClient;
pub use cost::Cost;
pub use endpoint::Endpoint;
pub use judge::Judge;
pub use key::Key;
pub use opinion::{Choice, Opinion};
pub use question::Question;
pub use replies::REPLIES;
pub use rubric::{Criterion, Manners, Rubric};
pub use spread::spread;
