//! Scores of answers to tasks.

mod answer;
mod choice;
mod content;

pub use answer::score_answer;
pub use choice::{ChoiceResult, score_choice};
pub use content::{contains, score_content};
