//! The shared prompts asked again in other ways: what is asked, and what the answers show.

mod ask;
mod control;
mod lines;
mod measure;

pub use ask::AskedAgain;
pub(super) use ask::{arm_of, condition_of};
pub(super) use lines::AgainLines;
pub(super) use measure::{Material, measure};
