//! The main job: ask, answer, measure, judge, record.

mod floor_cache;
mod items;
mod likelihood;
mod listeners;
mod options;
mod personas;
mod plan;
mod prove;
mod provenance;
mod respond;
mod run;
mod separability;
mod style;
mod tasks;
mod warnings;

pub use options::EvaluateOptions;
pub use plan::{Arm, Plan, Planned};
pub use run::{Evaluated, evaluate};
