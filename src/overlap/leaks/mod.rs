//! Contamination: what a suite asks, and what it holds answers against, found in examples that adapters would be trained on.
//!
//! Who has seen a prompt in training answers it from memory, and the suite measures that. A passage of eight words or more has
//! leaked into an example that has half of its runs of eight words, or thirteen of its words in a row (word n-grams, as Brown et al.
//! 2020, appendix C, and others after them); a shorter one into an example of which a text is that passage and nothing else, or, of
//! four words or more, whose question has it; and one of any length into an example that asks nearly the same. `data audit`,
//! `data synthesise` and `train` have this one rule: what the first lets pass, the last does not refuse.

#[allow(clippy::module_inception, reason = "one noun a file: the type named as the file")]
mod leaks;
mod passage;
mod suites;

#[cfg(feature = "data")]
pub(crate) use leaks::Leak;
pub(crate) use leaks::{LeakRoom, Leaks, SHARE};
pub use passage::Passage;
pub use suites::passages;
