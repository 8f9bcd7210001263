//! The instruments that hear a persona in an answer: which of them know its real answers, and what they say of a new one.

use super::super::tag::{Scratch, TagInput, Tagger, traits};
use super::faults::fault;
use super::person::Person;
use super::reason::Reason;
use super::report::Instrument;
use super::voices::Voices;
use crate::error::Result;
use crate::persona::{Category, Persona, Registry};
use crate::style::Text;

/// Share of a persona's real answers that an instrument must know to judge new ones.
pub(super) const LEAST_KNOWN: f64 = 0.5;
/// Real answers from which it can be said what an instrument knows.
const LEAST_TRIED: usize = 5;

/// What the instruments hear in an answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Heard {
    /// The category that the tagger finds.
    pub category: Option<Category>,
    /// How sure it is.
    pub confidence: f32,
    /// Whose style it is nearest to; none where no voices are known.
    pub voice: Option<String>,
    /// The traits that show.
    pub traits: Vec<&'static str>,
}

/// Which of the instruments are used for a persona.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Uses {
    pub category: bool,
    pub voice: bool,
    pub traits: bool,
}

/// The instruments, for all personas.
pub(super) struct Checks<'a> {
    pub registry: &'a Registry,
    pub tagger: &'a Tagger,
    /// None where the folder has too few personas.
    pub voices: Option<Voices>,
    /// Share of a persona's traits that must show, and one at least.
    pub trait_share: f64,
    pub scratch: Scratch,
}

impl Checks<'_> {
    /// What is heard in an answer; `real_of` names the persona whose real answer it is.
    pub fn hear(&mut self, text: &Text<'_>, real_of: Option<&str>) -> Result<Heard> {
        // The answer alone: the prompt would speak for the category that it was taken from.
        let found =
            self.tagger.find(&TagInput { output: text.raw(), ..TagInput::default() }, &mut self.scratch);
        let category = found.persona.and_then(|id| self.registry.get(id)).map(|p| p.category);
        let voice = match &self.voices {
            Some(voices) => Some(voices.nearest(text, real_of)?.to_owned()),
            None => None,
        };
        Ok(Heard { category, confidence: found.confidence, voice, traits: traits(text.raw()) })
    }

    /// The instruments, tried on a persona's real answers, and which of them are used.
    ///
    /// Where there are too few to try them on, or neither the category nor the voice knows them, the category judges all the
    /// same: an answer that no instrument has heard is not kept.
    pub fn tried(&mut self, persona: &Persona, answers: &[String]) -> Result<(Vec<Instrument>, Uses)> {
        let mut known = [0u64; 3];
        for answer in answers {
            let heard = self.hear(&Text::new(answer), Some(&persona.id))?;
            let passed = [
                heard.category == Some(persona.category),
                heard.voice.as_ref() == Some(&persona.id),
                self.shows(persona, &heard.traits),
            ];
            known.iter_mut().zip(passed).for_each(|(known, passed)| *known += u64::from(passed));
        }
        let enough = answers.len() >= LEAST_TRIED;
        let knows = |known: u64| enough && known as f64 >= LEAST_KNOWN * answers.len() as f64;
        let has_voice = self.voices.as_ref().is_some_and(|v| v.know(&persona.id));
        let voice = has_voice && knows(known[1]);
        let uses = Uses { category: knows(known[0]) || !voice, voice, traits: !enough || knows(known[2]) };
        let names = ["category", "voice", "traits"];
        let instruments = names.into_iter().zip(known).zip([uses.category, uses.voice, uses.traits]);
        let instrument = |((name, known), used): ((&str, u64), bool)| Instrument {
            name: name.to_owned(),
            known,
            tried: answers.len() as u64,
            used,
        };
        Ok((instruments.map(instrument).collect(), uses))
    }

    /// What was heard in a candidate, and the first check that it does not pass.
    pub fn judge(&mut self, person: &Person<'_>, text: &str) -> Result<(Heard, Option<Reason>)> {
        let text = Text::new(text);
        if let Some(reason) = fault(&text, &person.words) {
            return Ok((Heard::default(), Some(reason)));
        }
        let heard = self.hear(&text, None)?;
        let (persona, uses) = (person.persona, person.uses);
        let reason = if uses.category && heard.category != Some(persona.category) {
            Some(Reason::Category)
        } else if uses.voice && heard.voice.as_ref() != Some(&persona.id) {
            Some(Reason::Voice)
        } else if uses.traits && !self.shows(persona, &heard.traits) {
            Some(Reason::Traits)
        } else {
            None
        };
        Ok((heard, reason))
    }

    /// Whether enough of a persona's traits are among those found.
    fn shows(&self, persona: &Persona, found: &[&str]) -> bool {
        let needed = (self.trait_share * persona.traits.len() as f64).ceil().max(1.0) as usize;
        persona.traits.iter().filter(|t| found.contains(&t.id())).count() >= needed
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;
    use crate::example::read_examples;

    /// The shipped corpus's answers by persona.
    fn corpus(registry: &Registry) -> BTreeMap<String, Vec<String>> {
        let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/corpus/train");
        for entry in std::fs::read_dir(folder).unwrap() {
            for example in read_examples(entry.unwrap().path(), registry).unwrap() {
                all.entry(example.persona).or_default().push(example.output);
            }
        }
        all
    }

    #[test]
    fn an_instrument_that_does_not_know_a_personas_own_answers_is_not_used() {
        let registry = Registry::built_in().unwrap();
        let tagger = Tagger::built_in(&registry).unwrap();
        let mut all = corpus(&registry);
        let poems = all["poet"].clone();
        // The poet's answers under another name: nobody's instrument knows them as a code expert's.
        all.insert("code_expert".to_owned(), poems.clone());
        let voices = Voices::of(&all).unwrap();
        let mut checks = Checks {
            registry: &registry,
            tagger: &tagger,
            voices,
            trait_share: 0.5,
            scratch: Scratch::default(),
        };
        let expert = registry.persona("code_expert").unwrap();
        let (instruments, uses) = checks.tried(expert, &poems).unwrap();
        assert_eq!(uses, Uses { category: true, voice: false, traits: false }, "{instruments:?}");
        let none = checks.tried(expert, &[]).unwrap().1;
        assert_eq!(none, Uses { category: true, voice: false, traits: true });
        let historian = registry.persona("historian").unwrap();
        let answers = all["historian"].clone();
        let (instruments, uses) = checks.tried(historian, &answers).unwrap();
        assert!(uses.voice && uses.traits, "{instruments:?}");
    }
}
