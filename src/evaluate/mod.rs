//! The main job: ask, answer, measure, judge, record.

mod confounds;
mod fidelity;
mod floor_cache;
mod items;
mod options;
mod personas;
mod plan;
mod prove;
mod provenance;
mod qualify;
mod respond;
mod run;
mod separability;
mod style;
mod tasks;
mod texts;
mod warnings;

pub use options::EvaluateOptions;
pub use plan::{Arm, Plan, Planned};
pub use qualify::Chosen;
pub use run::{Evaluated, evaluate};
pub use separability::{Instruments, Measured};
