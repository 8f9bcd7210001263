//! What two texts have in common: near-duplicates, and what suites ask found in what is trained on.

mod leaks;
mod near;

#[cfg(feature = "data")]
pub(crate) use leaks::Leak;
pub(crate) use leaks::{LeakRoom, Leaks};
pub use leaks::{Passage, passages};
#[cfg(feature = "data")]
pub(crate) use near::{Bands, LEAST, Sketch};
pub(crate) use near::{NearIndex, Room, Sketcher};
