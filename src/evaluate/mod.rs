//! The main job: ask, answer, measure, judge, record.

mod answers;
mod assessment;
mod choices;
mod clock;
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
mod repeats;
mod respond;
mod run;
mod separability;
mod style;
mod system;
mod tasks;
mod texts;
mod warnings;

pub use assessment::Evaluated;
pub use options::EvaluateOptions;
pub use plan::{Arm, Plan, Planned};
pub use qualify::Chosen;
pub use repeats::Repeats;
pub use run::evaluate;
pub use separability::{Instruments, Measured};
