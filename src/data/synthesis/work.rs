//! The work: candidates are written together and judged one after the other, in one order.

use std::time::Instant;

use sha2::{Digest, Sha256};

use super::checks::{Checks, Heard};
use super::journal::{Journal, Judged};
use super::known::Known;
use super::options::{Budget, Settings};
use super::order::{Order, Place};
use super::person::Person;
use super::reason::Reason;
use super::report::Ended;
use super::speaker::{Speaker, Spoken};
use crate::error::{Error, Result};
use crate::model::hex;
use crate::progress::Progress;

/// Candidates that are asked for at once, for each that is written at a time: as a row ends, the next takes its place.
const AHEAD: usize = 3;

/// Candidates on their way.
pub(super) struct Work<'a> {
    pub checks: Checks<'a>,
    pub known: Known,
    pub people: Vec<Person<'a>>,
    pub settings: &'a Settings,
    pub budget: Budget,
    /// Places that were not looked at yet.
    pub order: Order,
    /// All that was judged.
    pub judged: Vec<(Place, Judged)>,
}

impl Work<'_> {
    /// Takes up what an earlier process judged.
    ///
    /// # Errors
    /// A line is not the candidate that would have been judged then.
    pub fn take_up(&mut self, there: Vec<Judged>) -> Result<()> {
        for judged in there {
            let place = loop {
                match self.order.next() {
                    Some(place) if !self.wants(place) => {}
                    place => break place,
                }
            };
            let same = place.filter(|place| {
                let person = &self.people[place.person];
                let prompt = &person.prompts[place.prompt].id;
                (&judged.persona, &judged.prompt, judged.attempt)
                    == (&person.persona.id, prompt, place.attempt)
            });
            let Some(place) = same else {
                return Err(Error::input("the folder holds a candidate that would not have been written")
                    .key(format!("{}, prompt {}", judged.persona, judged.prompt))
                    .help("the examples were changed since: write into a new folder"));
            };
            self.take(place, judged);
        }
        Ok(())
    }

    /// Writes and judges until all that is wanted is there, nothing is left to try, or the budget is spent.
    ///
    /// # Errors
    /// The speaker fails, the disk is full, or the user stops the work.
    pub fn run(
        &mut self,
        speaker: &dyn Speaker,
        rows: usize,
        journal: &mut Journal,
        progress: &dyn Progress,
    ) -> Result<Ended> {
        let began = Instant::now();
        loop {
            if let Some(ended) = self.over(began) {
                return Ok(ended);
            }
            let mut order = self.order.clone();
            let wanted = order.by_ref().filter(|place| self.wants(*place));
            let places: Vec<Place> = wanted.take(rows * AHEAD).collect();
            if places.is_empty() {
                return Ok(Ended::Prompts);
            }
            let asked: Vec<_> =
                places.iter().map(|p| self.people[p.person].asked(self.settings.seed, *p)).collect();
            let mut waiting: Vec<Option<Spoken>> = vec![None; places.len()];
            let (mut next, mut ended) = (0, None);
            let answered = speaker.answer(&asked, rows, &mut |place, spoken| {
                waiting[place] = Some(spoken);
                // In their order, whichever is written first: what is kept hangs on what was kept before.
                while let Some(spoken) = waiting.get_mut(next).and_then(Option::take) {
                    let place = places[next];
                    next += 1;
                    if self.wants(place) {
                        let judged = self.judge(place, spoken)?;
                        journal.add(&judged)?;
                        progress.advance(u64::from(judged.refused.is_none()));
                        self.take(place, judged);
                    }
                    ended = self.over(began);
                    if ended.is_some() {
                        return Err(Error::interrupted("nothing more is wanted"));
                    }
                }
                Ok(())
            });
            if let Some(ended) = ended {
                return Ok(ended);
            }
            answered?;
            self.order = order;
        }
    }

    /// Why the work is over, if it is.
    fn over(&self, began: Instant) -> Option<Ended> {
        if self.people.iter().all(Person::is_done) {
            return Some(Ended::Complete);
        }
        let kept: u64 = self.people.iter().map(|p| p.kept).sum();
        if self.budget.examples.is_some_and(|most| kept >= most) {
            return Some(Ended::Examples);
        }
        self.budget.time.is_some_and(|most| began.elapsed() >= most).then_some(Ended::Time)
    }

    fn wants(&self, place: Place) -> bool {
        self.people[place.person].wants(place, self.settings.answers)
    }

    fn judge(&mut self, place: Place, spoken: Spoken) -> Result<Judged> {
        let person = &self.people[place.person];
        let (text, fault) = match spoken {
            Spoken::Ended(text) => (text, None),
            Spoken::Cut(text) => (text, Some(Reason::Cut)),
            Spoken::NoRoom => (String::new(), Some(Reason::NoRoom)),
        };
        let text = text.trim();
        let (heard, refused) = match fault {
            Some(reason) => (Heard::default(), Some(reason)),
            None => self.checks.judge(person, text)?,
        };
        let refused = match refused {
            None if self.known.has_near(text) => Some(Reason::NearDuplicate),
            None if self.known.leaks(text) => Some(Reason::Leak),
            refused => refused,
        };
        let kept = refused.is_none();
        Ok(Judged {
            persona: person.persona.id.clone(),
            prompt: person.prompts[place.prompt].id.clone(),
            attempt: place.attempt,
            refused,
            sha256: hex(&Sha256::digest(text)),
            category: heard.category,
            // From 0 to 1, so that the cast cuts nothing off.
            confidence: (f64::from(heard.confidence) * 1000.0).round() as u32,
            voice: heard.voice,
            traits: heard.traits.iter().filter(|_| kept).map(|t| (*t).to_owned()).collect(),
            output: kept.then(|| text.to_owned()),
        })
    }

    fn take(&mut self, place: Place, judged: Judged) {
        if let Some(output) = &judged.output {
            self.known.add(output);
        }
        self.people[place.person].count(place, judged.refused);
        self.judged.push((place, judged));
    }
}
