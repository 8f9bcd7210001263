//! DataFusion with limits: so much memory, beyond which it spills to the disk, and so many threads.

use std::sync::Arc;
use std::time::Duration;

use datafusion::error::DataFusionError;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::FairSpillPool;
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};

use super::place::Place;
use crate::error::{Error, Result};
use crate::interrupt;

/// Rows of a batch on its way through a plan.
pub(super) const BATCH_ROWS: usize = 4096;
/// Time between two looks at whether the user wants to stop.
const LOOK: Duration = Duration::from_millis(100);

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
    fn of(self, place: &Place, limits: &Limits) -> usize {
        match self {
            Self::One => 1,
            Self::Threads if place.is_cluster() => PARTS_OF_A_CLUSTER,
            Self::Threads => limits.threads.max(1),
        }
    }
}

/// Plans that are asked of a cluster at once, where this machine has not more threads.
const ASKED_AT_ONCE: usize = 8;
/// Parts into which a cluster's plans are cut, which does not know how many cores there will be.
const PARTS_OF_A_CLUSTER: usize = 16;

/// A session and the threads that it runs on.
pub(in crate::data) struct Engine {
    runtime: tokio::runtime::Runtime,
    context: SessionContext,
    place: Place,
    at_once: usize,
}

impl Engine {
    /// Starts one on this machine; temporary files lie in the system's folder for them. Plans have one partition for each
    /// thread, or only one where rows must stay in their order.
    ///
    /// # Errors
    /// Threads or temporary files cannot be had.
    pub(in crate::data) fn new(limits: Limits, partitions: Partitions) -> Result<Self> {
        Self::on(&Place::Here, limits, partitions)
    }

    /// Starts one whose plans run elsewhere: on a cluster the limits hold for what is done here.
    ///
    /// # Errors
    /// As [`Engine::new`], or the cluster does not answer.
    pub(in crate::data) fn on(place: &Place, limits: Limits, partitions: Partitions) -> Result<Self> {
        let threads = limits.threads.max(1);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads)
            .enable_all()
            .build()
            .map_err(|e| Error::cannot_run("threads cannot be had").because(e))?;
        let disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::OsTmpDirectory);
        let environment = RuntimeEnvBuilder::new()
            .with_memory_pool(Arc::new(FairSpillPool::new(limits.memory_bytes)))
            .with_disk_manager_builder(disk)
            .build_arc()
            .map_err(told)?;
        let config = config(partitions.of(place, &limits));
        let context = SessionContext::new_with_config_rt(config, environment);
        let context = match place {
            Place::Here => context,
            #[cfg(feature = "cluster")]
            Place::Cluster(address) => super::remote::session(address, context.state())?,
        };
        let at_once = if place.is_cluster() { ASKED_AT_ONCE.max(threads) } else { threads };
        let engine = Self { runtime, context, place: place.clone(), at_once };
        #[cfg(feature = "cluster")]
        if let Place::Cluster(address) = place {
            engine.wait(super::remote::answers(address, &engine.context))?;
        }
        Ok(engine)
    }

    /// How many plans of one partition each should be under way.
    pub(in crate::data) fn at_once(&self) -> usize {
        self.at_once
    }

    /// Where its plans run.
    pub(in crate::data) fn place(&self) -> &Place {
        &self.place
    }

    /// The session, on which plans are made.
    pub(in crate::data) fn context(&self) -> &SessionContext {
        &self.context
    }

    /// The session with smaller batches, for long rows.
    pub(super) fn context_with(&self, batch_rows: usize) -> SessionContext {
        let mut state = self.context.state();
        *state.config_mut() = state.config().clone().with_batch_size(batch_rows);
        SessionContext::new_with_state(state)
    }

    /// Waits for work, but no longer once the user wants to stop.
    ///
    /// # Errors
    /// What the work returns, or that it was stopped.
    pub(in crate::data) fn wait<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        self.runtime.block_on(async {
            let mut work = std::pin::pin!(work);
            loop {
                match tokio::time::timeout(LOOK, &mut work).await {
                    Ok(result) => return result,
                    Err(_) => interrupt::check()?,
                }
            }
        })
    }
}

/// The same for every session: a plan must not hang on where it runs.
fn config(partitions: usize) -> SessionConfig {
    let mut config = SessionConfig::new().with_batch_size(BATCH_ROWS).with_target_partitions(partitions);
    // Texts as plain UTF-8 columns, as they are written: what is written out again need not be copied.
    config.options_mut().execution.parquet.schema_force_view_types = false;
    // The left side of a join is the one that is held in memory.
    config.options_mut().optimizer.join_reordering = false;
    config
}

/// A plan's error as one of ours.
pub(in crate::data) fn told(error: DataFusionError) -> Error {
    match ours(&error) {
        Some(own) => own.copy(),
        None => match error {
            DataFusionError::Execution(what) if what.contains("Resources exhausted") => {
                Error::cannot_run("an executor has too little memory")
                    .because(what)
                    .help("start executors with more of --memory, or with fewer --cores")
            }
            DataFusionError::ResourcesExhausted(what) => Error::cannot_run("the memory limit is too small")
                .because(what)
                .help("give more, where the command has --memory; sort and join spill into the folder that TMPDIR names"),
            other => Error::cannot_run("the data set could not be worked on").because(other),
        },
    }
}

/// The error of ours that a plan met, however deep it lies.
fn ours(error: &DataFusionError) -> Option<&Error> {
    match error {
        DataFusionError::External(inner) => inner.downcast_ref::<Error>(),
        DataFusionError::Context(_, inner) => ours(inner),
        DataFusionError::Shared(inner) => ours(inner),
        DataFusionError::Collection(all) => all.iter().find_map(ours),
        DataFusionError::ArrowError(inner, _) => match &**inner {
            arrow::error::ArrowError::ExternalError(inner) => inner
                .downcast_ref::<Error>()
                .or_else(|| inner.downcast_ref::<DataFusionError>().and_then(ours)),
            _ => None,
        },
        _ => None,
    }
}
