//! Two runs side by side: paired differences, item by item.

mod between;
mod collapse;
mod comparison;
mod effect;
mod matched;
mod paired;
mod setup;
mod taken;

pub use between::{Between, noise_between};
pub use collapse::{Texts, said};
pub use comparison::{FOUND, compare};
pub use matched::{Matched, Part, Unit};
pub use paired::{difference, unit_of};
pub use setup::{changed_adapters, changed_setup, incomparable, refusals};
