//! `data import`: from a recipe's files to shards of examples.
//!
//! One thread reads records, all threads turn them into examples, and they are written in the order of the files, so that the
//! shards hang on nothing but the recipe and its files. Each shard that is full is named on the disk at once: an import that
//! was stopped, by whatever, goes on behind the last one.

mod begin;
mod counts;
mod differences;
mod run;
mod unfinished;

pub use run::{ImportOptions, Imported, import};
