//! Records as examples: one mapping a format.

mod alpaca;
mod chitchat;
mod columns;
mod conversation;
mod field;
mod format;
mod pairs;
mod sharegpt;

pub use columns::Mapping;
pub use format::{Converted, Format, Origin};
