//! Records as examples: one mapping a format.

mod alpaca;
mod answers;
mod asked;
mod bfcl;
mod chitchat;
mod choices;
mod columns;
mod conversation;
mod cot;
mod daily_dialog;
mod ecare;
mod empathetic;
mod esconv;
mod ethics;
mod evolved;
mod exam;
mod field;
mod format;
mod label;
mod marked;
mod moral_stories;
mod pairs;
mod persona_chat;
mod persuasion;
mod published;
mod sentiment;
mod sharegpt;

pub use answers::Answers;
pub use columns::Mapping;
pub use format::{Converted, Format, Origin};
pub use published::Published;
