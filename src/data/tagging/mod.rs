//! `data tag`: from a folder of examples to a folder of tagged ones.

mod aside;
mod columns;
mod escape;
mod evaluate;
mod function;
mod options;
mod report;
mod run;
mod tools;

pub use evaluate::evaluate_tags;
#[cfg(feature = "cluster")]
pub(super) use function::function;
pub use options::TagOptions;
pub use report::{Tagged, TaggedFile};
pub use run::tag;
pub use tools::Tools;
