//! `data synthesise`: new examples for rare personas, written by the engine and kept only where they pass.
//!
//! Prompts are those of the persona's real examples, and of its category's if the user wants that too; they are answered anew with
//! the persona's blend and its control tag. A candidate hangs on the seed, the persona, the prompt and the
//! attempt alone, and candidates are judged in one order, so that neither the size of a batch nor a stop changes a byte.
//!
//! What passes, cheapest check first: the answer ended by itself; its words are within what the persona's real answers have; it
//! is English, does not repeat itself, holds no control tag and none of the phrases by which assistants speak of themselves; and
//! three instruments hear the persona in the answer alone. The *category* is what the shipped tagger finds of the eight (macro-F1
//! 0.77 on whole examples of sources left out of its training; on answers alone it was not measured); the *voice* is the nearest of the personas' mean style vectors
//! in the same folder; the *traits* are those that the registry declares. Each is tried on the persona's real answers
//! first: one that does not know half of them again says nothing of new ones, and is not used for this persona. Last, an
//! answer must be no near-duplicate of a real or a kept one, and must hold nothing of a suite's prompts and references.

mod checks;
mod demand;
mod faults;
mod journal;
mod known;
mod leave;
mod material;
mod options;
mod order;
mod people;
mod person;
mod prompt_pool;
mod reason;
mod report;
mod run;
mod seed_prompt;
mod speaker;
mod voices;
mod work;

pub use demand::{Demand, Wanted};
pub use options::{Budget, Settings, SynthesisOptions};
pub use reason::Reason;
pub use report::{Ended, FromFile, Instrument, PersonaPlan, PersonaResult, Synthesised};
pub use run::synthesise;
pub use speaker::{Asked, Speaker, Spoken, Stamp};
