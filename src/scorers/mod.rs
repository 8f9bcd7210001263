//! Scores of answers to tasks.

mod answer;
mod calls;
mod choice;
mod code;
mod content;
mod digits;
mod json;
mod mark;
mod number;
mod python;
mod unambiguous;
mod unfenced;

pub use answer::score_answer;
pub use calls::{Argument, Call, check_calls, read_calls};
pub use choice::{ChoiceResult, OptionLikelihood, log_odds_shift, score_choice};
pub use content::{contains, score_content};
pub use mark::{Judged, Mark};
pub use number::answer_number;
pub use python::{answer_program, score_program};
