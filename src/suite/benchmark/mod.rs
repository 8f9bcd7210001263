//! Published benchmarks as items of a suite: read from the files that their own packages ship.

#[allow(clippy::module_inception, reason = "one noun a file: the type named as the file")]
mod benchmark;
mod bfcl;
mod gsm8k;
mod human_eval;
mod mt_bench;
mod rows;

pub(super) use benchmark::Benchmark;
