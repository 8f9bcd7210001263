//! Gates: an estimate against a threshold, or a run against a baseline, with a three-way verdict.

mod absolute;
mod baseline;
mod design;
mod evidence;
mod judge;
mod power;
mod withhold;

pub use design::{Design, designs};
pub use evidence::{Evidence, Reference};
pub use judge::{judge, overall};
pub use power::{FAMILY, POWER};
pub use withhold::withhold;
