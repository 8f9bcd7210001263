//! What two texts have in common: near-duplicates, and what suites ask found in what is trained on.

mod leaks;
#[cfg(feature = "data")]
mod near;
mod words;

#[cfg(feature = "data")]
pub(crate) use leaks::Leak;
pub(crate) use leaks::{LeakRoom, Leaks, SHARE};
pub use leaks::{Passage, passages};
#[cfg(feature = "data")]
pub(crate) use near::{Bands, LEAST, NearIndex, Room, Sketch, Sketcher};
