//! Function calls: read from an answer in any usual notation, and judged by structure.

mod argument;
mod python;
mod read;
mod verdict;

pub use argument::{Argument, Call};
pub use read::read_calls;
pub use verdict::check_calls;
