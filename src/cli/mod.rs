//! The command line: arguments, progress bars, printing, exit codes.

mod bars;
mod base;
mod baseline;
mod bench;
mod calibrate;
mod chat;
mod command;
mod compare;
mod data;
mod dry_run;
mod embed;
mod engine;
mod exit;
mod generate;
#[cfg(feature = "data")]
mod import;
mod init;
mod judge;
mod models;
mod nll;
mod npy;
mod plan;
mod print;
mod replay;
mod report;
mod run;
mod score;
mod separability;
mod summary;
mod texts;
mod train;
#[cfg(feature = "data")]
mod train_tagger;
mod trend;

pub use command::{Cli, main};
pub use exit::Exit;
