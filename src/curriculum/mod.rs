//! Mixtures: from counts of tagged examples and the training configuration to what each phase of a curriculum takes.
//!
//! [`Config`] holds what is wanted, [`plan`] says how many examples of which [`Cell`] each phase takes, and [`Mixture`] where
//! that is not what was wanted. A phase is planned in three steps, each of which keeps what the one before has settled: the
//! persona counts from weights and what is available (`quota`), the trait shares jointly within the persona counts
//! (`projection`), whole numbers (`rounding`). What cannot be met is reported with the nearest feasible point; nothing is
//! bent in silence, and no example is taken twice in a phase. Everything is a pure function of counts in sorted order, so
//! that neither threads nor the order of the input change a plan.

mod config;
mod demand;
mod draws;
mod folders;
#[cfg(test)]
mod golden;
mod note;
mod phase;
mod plan;
mod projection;
mod quota;
mod report;
mod rounding;
mod spread;
mod supply;
mod training;
mod tree;

pub use config::Config;
pub use draws::{PhaseDraws, draws};
pub use folders::{MANIFEST, is_mixture, phase_folder};
pub use phase::Phase;
pub use plan::{PhasePlan, plan};
pub use report::{Mixture, PersonaReport, PhaseReport, TraitReport};
pub use supply::Cell;
pub use training::{Decay, Heldout, MOST_EPOCHS, TooLong, Training};
