//! Two runs side by side: paired differences, item by item.

mod change;
mod comparison;
mod matched;
mod setup;

pub use change::{Change, PersonaChange};
pub use comparison::{Comparison, compare};
pub use matched::{Matched, Place};
pub use setup::{changed_adapters, changed_setup};
