//! What suites ask must not be in what is trained on.

use super::material::Material;
use crate::error::{Error, Result};
use crate::overlap::{LeakRoom, Leaks, NearIndex, Passage, Room, Sketcher};

/// Share of a passage's runs of eight words from which it has leaked.
const SHARE: f64 = 0.5;
/// Jaccard index of word triples from which two questions are the same one.
const NEAR: f64 = 0.8;
/// Leaks that an error names.
const SHOWN: usize = 5;

/// Holds the training examples against the passages of suites: runs of thirteen words (Brown et al. 2020, appendix C), half of
/// a shorter passage's runs of eight, and questions that are nearly a suite's.
///
/// # Errors
/// An example has one: each is named.
pub fn check_leaks(material: &Material, passages: Vec<Passage>) -> Result<()> {
    let mut near = NearIndex::new(NEAR);
    let (sketcher, mut room) = (Sketcher::new(NEAR), Room::default());
    for passage in &passages {
        near.insert(&sketcher.sketch(std::iter::empty(), &passage.text, &mut room));
    }
    let places: Vec<String> = passages.iter().map(|p| format!("{} of {}", p.place, p.suite)).collect();
    let leaks = Leaks::strict(passages, SHARE);
    let mut leak_room = LeakRoom::default();
    let mut found = Vec::new();
    for pair in &material.training {
        // The control tag is nobody's words.
        let asked: Vec<&str> = pair.messages.iter().map(|m| untagged(&m.content)).collect();
        let texts = asked.iter().copied().chain([pair.completion.as_str()]).enumerate();
        let leak = leaks
            .find(texts, asked.len(), &mut leak_room)
            .first()
            .map(|leak| format!("{} of {}", leak.passage.prompt, leak.passage.suites.join(", ")));
        let nearly = || {
            let question = asked.last()?;
            let nearest = near.nearest(&sketcher.sketch(std::iter::empty(), question, &mut room))?;
            places.get(nearest.place as usize).cloned()
        };
        if let Some(place) = leak.or_else(nearly) {
            found.push(format!("{} has {place}", pair.place()));
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
        .help("take these examples out, or ask something else: a suite measures nothing on what was trained"))
}

fn untagged(text: &str) -> &str {
    crate::persona::split_tag(text).map_or(text, |(_, rest)| rest)
}
