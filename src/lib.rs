//! persona-eval: an embedded harness that evaluates, benchmarks and trains persona adapters.

pub mod atomic;
pub mod baseline;
pub mod bench;
pub mod blend;
pub mod cli;
pub mod compare;
pub mod course;
pub mod curriculum;
#[cfg(feature = "data")]
pub mod data;
pub mod document;
pub mod embed;
pub mod error;
pub mod evaluate;
pub mod example;
pub mod gate;
pub mod generate;
pub mod interrupt;
pub mod judge;
mod list;
mod lock;
pub mod merge;
pub mod metrics;
pub mod model;
pub mod overlap;
pub mod persona;
pub mod pool;
pub mod progress;
pub mod project;
pub mod record;
pub mod report;
pub mod response;
pub mod sandbox;
pub mod scorers;
pub mod seed;
mod splitmix;
pub mod stats;
pub mod store;
pub mod style;
pub mod suite;
pub mod train;
pub mod trend;

pub use error::{Error, Result};
