//! The main job: ask, answer, measure, judge, record.

mod answer_file;
mod answers;
mod assessment;
mod choices;
mod clock;
mod coverage;
mod excluded;
mod floor_cache;
mod gates;
mod items;
mod options;
mod personas;
mod plan;
mod prove;
mod provenance;
mod respond;
mod run;
mod score;
mod separability;
mod style;
mod system;
mod tasks;
mod warnings;

pub use answer_file::AnswerFile;
pub use assessment::Evaluated;
pub use gates::leave_out_gates;
pub use options::EvaluateOptions;
pub use plan::{Arm, Plan, Planned};
pub use run::{check_gates, evaluate};
pub use score::score;
