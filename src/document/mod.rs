//! TOML files that users write, read so that every error names its file, line and key.
//!
//! serde alone loses the line of a value that parses but is wrong (an unknown persona, a weight of NaN),
//! so the registry, the suites and the model catalog are read from a tree of [`Field`]s instead.

mod field;
mod placed;
mod section;
mod source;

pub use field::Field;
pub use placed::Placed;
pub use section::Section;
pub use source::read;
pub(crate) use source::{parse, read_text};
