//! The command line: arguments, progress bars, printing, exit codes.

#[cfg(feature = "data")]
mod audit;
mod bars;
mod base;
mod baseline;
mod bench;
mod blend;
mod calibrate;
mod chat;
mod command;
mod compare;
mod data;
#[cfg(feature = "data")]
mod data_stats;
mod dry_run;
mod embed;
mod engine;
#[cfg(feature = "data")]
mod evaluation;
#[cfg(feature = "cluster")]
mod executor;
mod exit;
mod generate;
#[cfg(feature = "data")]
mod import;
mod init;
mod judge;
#[cfg(feature = "data")]
mod make_scale;
#[cfg(feature = "data")]
mod mix;
mod models;
mod nll;
mod npy;
mod passages;
#[cfg(feature = "data")]
mod place;
mod plan;
mod print;
mod replay;
mod report;
mod run;
#[cfg(feature = "cluster")]
mod scheduler;
mod score;
mod separability;
mod summary;
#[cfg(feature = "data")]
mod synthesise;
#[cfg(feature = "data")]
mod tag;
mod texts;
mod train;
mod train_plan;
#[cfg(feature = "data")]
mod train_tagger;
mod trend;

pub use command::{Cli, main};
pub use exit::Exit;
