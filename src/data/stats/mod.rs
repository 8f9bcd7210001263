//! What a data set holds, held against what it should hold: counts, targets, gaps, and a plan's arithmetic.
//!
//! [`Counts`] come from [`counts_of`] or from a count file; [`Targets`] and a [`Plan`] are TOML files. [`Gaps`] say what is
//! missing and what is too much, [`changes`] what is different between two data sets, [`inconsistencies`] where a plan
//! contradicts itself.

mod advice;
mod before_after;
mod count_file;
mod counts;
mod current;
mod folder;
mod gaps;
mod inconsistencies;
mod length;
mod measured;
mod merge;
mod plan;
mod plan_file;
mod projected;
mod share;
mod shares;
mod stated;
mod sums;
mod targets;
mod together;

pub use before_after::{Change, Changes, changes};
pub use counts::{Counts, SourceCount};
pub use folder::counts_of;
pub use gaps::{Gap, Gaps, Status};
pub use inconsistencies::{Inconsistency, inconsistencies};
pub use length::LengthBin;
pub use measured::Measured;
pub use plan::{
    Final, Impact, Need, Part, Phase, Plan, PlannedCategory, PlannedPersona, PlannedSet, Present, Repeated,
    Step, Weight,
};
pub use share::{Range, Share};
pub use stated::Stated;
pub use targets::{Subject, Target, Targets};
pub use together::Together;
