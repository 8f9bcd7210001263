//! One generated text, or the likelihoods of given ones: a line of `responses.jsonl`, written by a run or made elsewhere.

mod given;
mod lines;
#[allow(clippy::module_inception, reason = "one noun a file: the type named as the file")]
mod response;

pub use given::{GivenOption, GivenPair, GivenReplies};
pub use lines::{Line, Lines, read_journal, read_lines};
pub(crate) use response::TURN;
pub use response::{Finish, Place, Response};
