//! A cluster of Apache Ballista that knows our functions: one scheduler, and executors on as many machines as there are.
//!
//! `data tag`, `data stats` and `data mix` run the same plans there as here. All machines must see the data by the same paths.

mod executor;
mod functions;
mod scheduler;
mod stopped;

pub use executor::{ExecutorOptions, serve_executor};
pub use scheduler::serve_scheduler;
