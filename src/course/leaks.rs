//! What suites ask must not be in what is trained on.

use super::material::Material;
use crate::error::{Error, Result};
use crate::overlap::{LeakRoom, Leaks, Passage, SHARE};

/// Leaks that an error names.
const SHOWN: usize = 5;

/// Holds the training examples against the passages of suites, by the rule of `data audit`.
///
/// # Errors
/// An example has one: each is named.
pub fn check_leaks(material: &Material, passages: Vec<Passage>) -> Result<()> {
    let leaks = Leaks::new(passages, SHARE);
    let mut room = LeakRoom::default();
    let mut found = Vec::new();
    for pair in &material.training {
        // The control tag is nobody's words.
        let asked: Vec<&str> = pair.messages.iter().map(|m| untagged(&m.content)).collect();
        let texts = asked.iter().copied().chain([pair.completion.as_str()]).enumerate();
        if let Some(leak) = leaks.find(texts, asked.len(), &mut room).first() {
            let (prompt, suites) = (&leak.passage.prompt, leak.passage.suites.join(", "));
            found.push(format!("{} has {prompt} of {suites}", pair.place()));
        }
    }
    if found.is_empty() {
        return Ok(());
    }
    let more = found.len().saturating_sub(SHOWN);
    let mut told = found[..found.len() - more].join("\n  ");
    if more > 0 {
        told.push_str(&format!("\n  and {more} more"));
    }
    Err(Error::input(format!("{} training examples have what a suite asks", found.len()))
        .because(told)
        .help(
            "take these examples out (`data audit --remove leak` does), or ask something else: a suite measures nothing on what was \
             trained",
        ))
}

fn untagged(text: &str) -> &str {
    crate::persona::split_tag(text).map_or(text, |(_, rest)| rest)
}
