//! DataFusion with limits: so much memory, beyond which it spills to the disk, and so many threads.

use std::sync::Arc;

use datafusion::error::DataFusionError;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::error::{Error, Result};

/// Rows of a batch on its way through a plan.
const BATCH_ROWS: usize = 4096;

/// What a plan may take of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory for sorting and grouping; beyond them it spills to temporary files.
    pub memory_bytes: usize,
    /// Threads.
    pub threads: usize,
}

impl Default for Limits {
    /// One GiB, and the threads that rayon has (all cores, or `RAYON_NUM_THREADS`).
    fn default() -> Self {
        Self { memory_bytes: 1024 * 1024 * 1024, threads: rayon::current_num_threads() }
    }
}

/// Into how many parts a plan is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::data) enum Partitions {
    /// One: rows come in the order of their files.
    One,
    /// As many as there are threads: rows come in any order.
    Threads,
}

impl Partitions {
    fn of(self, limits: &Limits) -> usize {
        if self == Self::One { 1 } else { limits.threads.max(1) }
    }
}

/// A session and the threads that it runs on.
pub(in crate::data) struct Engine {
    runtime: tokio::runtime::Runtime,
    context: SessionContext,
}

impl Engine {
    /// Starts one; temporary files lie in the system's folder for them. Plans have one partition for each thread, or only
    /// one where rows must stay in their order.
    ///
    /// # Errors
    /// Threads or temporary files cannot be had.
    pub(in crate::data) fn new(limits: Limits, partitions: Partitions) -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(limits.threads.max(1))
            .build()
            .map_err(|e| Error::cannot_run("threads cannot be had").because(e))?;
        let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::OsTmpDirectory);
        let environment = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(limits.memory_bytes)))
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(told)?;
        let context = SessionContext::new_with_config_rt(config(partitions.of(&limits)), environment);
        Ok(Self { runtime, context })
    }

    /// The session, on which plans are made.
    pub(in crate::data) fn context(&self) -> &SessionContext {
        &self.context
    }

    /// Waits for work.
    pub(in crate::data) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }
}

/// The same for every session: a plan must not hang on where it runs.
fn config(partitions: usize) -> SessionConfig {
    let mut config = SessionConfig::new().with_batch_size(BATCH_ROWS).with_target_partitions(partitions);
    // Texts as plain UTF-8 columns, as they are written: what is written out again need not be copied.
    config.options_mut().execution.parquet.schema_force_view_types = false;
    config
}

/// A plan's error as one of ours.
pub(in crate::data) fn told(error: DataFusionError) -> Error {
    match error {
        DataFusionError::External(inner) => match inner.downcast::<Error>() {
            Ok(ours) => *ours,
            Err(other) => Error::cannot_run("the data set could not be worked on").because(other),
        },
        DataFusionError::Context(_, inner) => told(*inner),
        DataFusionError::Shared(inner) => match Arc::try_unwrap(inner) {
            Ok(inner) => told(inner),
            Err(shared) => {
                Error::cannot_run("the data set could not be worked on").because(shared.to_string())
            }
        },
        DataFusionError::ResourcesExhausted(what) => {
            Error::cannot_run("the memory limit is too small").because(what).help("give more with --memory")
        }
        other => Error::cannot_run("the data set could not be worked on").because(other),
    }
}
