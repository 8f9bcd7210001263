//! Sentences of real examples, by persona.

use std::collections::BTreeMap;
use std::sync::Arc;

use rand::Rng;
use unicode_segmentation::UnicodeSegmentation;

use super::super::Row;
use crate::example::Turn;
use crate::persona::split_tag;

/// Examples of a persona whose sentences are kept.
const MOST_EXAMPLES: usize = 2000;

/// What rows are made of.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    /// Personas in the proportions of the examples, one entry an example.
    personas: Vec<Option<Arc<str>>>,
    of: BTreeMap<Option<Arc<str>>, Texts>,
}

#[derive(Debug, Default)]
struct Texts {
    examples: usize,
    asked: Vec<String>,
    said: Vec<String>,
}

impl Pieces {
    /// Takes an example apart.
    pub(super) fn add(&mut self, row: &Row) {
        // The first ones of each persona are enough to draw from, and memory does not grow with the data set.
        if self.of.get(&row.persona).is_some_and(|texts| texts.examples >= MOST_EXAMPLES) {
            return;
        }
        let asked = split_tag(&row.instruction).map_or(row.instruction.as_str(), |(_, text)| text);
        let texts = self.of.entry(row.persona.clone()).or_default();
        texts.examples += 1;
        texts.asked.extend(sentences(asked));
        texts.said.extend(sentences(&row.output));
        self.personas.push(row.persona.clone());
    }

    /// Whether nothing can be made of them.
    pub(super) fn is_empty(&self) -> bool {
        self.of.values().all(|t| t.asked.is_empty() || t.said.is_empty())
    }

    /// A row whose answer has about `words` words; every fourth has one to three turns before.
    pub(super) fn row(
        &self,
        words: usize,
        random: &mut impl Rng,
        source: &Arc<str>,
        licence: &Arc<str>,
    ) -> Row {
        let persona = &self.personas[random.random_range(0..self.personas.len())];
        let texts = self.of.get(persona).filter(|t| !t.asked.is_empty() && !t.said.is_empty());
        let Some(texts) =
            texts.or_else(|| self.of.values().find(|t| !t.asked.is_empty() && !t.said.is_empty()))
        else {
            return Row::default();
        };
        let earlier = if random.random_range(0..4) == 0 { random.random_range(1..4) } else { 0 };
        let turns = (0..earlier)
            .map(|_| Turn { user: text(&texts.asked, 8, random), assistant: text(&texts.said, 12, random) })
            .collect();
        Row {
            instruction: text(&texts.asked, 12, random),
            input: String::new(),
            output: text(&texts.said, words, random),
            persona: persona.clone(),
            traits: Vec::new(),
            prompt_id: None,
            turns,
            source: Arc::clone(source),
            licence: Arc::clone(licence),
        }
    }
}

fn sentences(text: &str) -> impl Iterator<Item = String> {
    text.unicode_sentences().map(|s| s.trim().to_owned()).filter(|s| !s.is_empty())
}

/// Sentences until there are `words` words.
fn text(from: &[String], words: usize, random: &mut impl Rng) -> String {
    let mut text = String::new();
    let mut so_far = 0;
    while so_far < words.max(1) {
        let next = &from[random.random_range(0..from.len())];
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(next);
        so_far += next.split_whitespace().count().max(1);
    }
    text
}
