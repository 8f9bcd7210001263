//! A course of training: from a configuration and a folder of examples to adapters, their figures and their report.
//!
//! [`Material`] is what the examples are, checked; a [`Syllabus`] what the phases make of them, in tokens; a [`Course`] trains,
//! watches, keeps checkpoints and goes on from one, and leaves a [`TrainingRecord`](crate::train::TrainingRecord).

mod card;
#[allow(clippy::module_inception, reason = "one noun a file: the type named as the file")]
mod course;
mod examples;
mod figures;
mod folder;
mod journal;
mod leaks;
mod made_of;
mod material;
mod mixture;
mod probe;
mod syllabus;
mod warnings;

pub use card::card_head;
pub use course::Course;
pub use examples::{Found, Held, Reject, read_folder, read_folders};
pub use figures::peak_mib;
pub use folder::{CHECKPOINT, CourseOptions, JOURNAL, LOCK, RECORD, REJECTS};
pub use journal::read_journal;
pub use leaks::check_leaks;
pub use material::{Adapters, Material};
pub use syllabus::{PhaseTokens, Syllabus};
pub use warnings::foreseen;
