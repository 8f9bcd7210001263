//! An executor: asks the scheduler for stages of plans, runs them, and keeps their results until they are fetched.

use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::extension::ballista_scalar_functions;
use ballista_core::registry::BallistaFunctionRegistry;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};

use super::super::query::{MESSAGE_BYTES, SchedulerAddress};
use super::super::tagging::Tools;
use super::functions::functions;
use super::stopped::stopped;
use crate::error::{Error, IoContext, Result};
use crate::interrupt;

/// Seconds until results that nobody wants any more go, and between two looks for such.
const KEPT: u64 = 6 * 3600;
const LOOK: u64 = 600;
/// How long the scheduler may take to appear, and the time between two looks for it.
const PATIENCE: Duration = Duration::from_secs(30);
const AGAIN: Duration = Duration::from_millis(300);

/// How an executor runs.
#[derive(Debug, Clone)]
pub struct ExecutorOptions {
    /// Where the scheduler is found.
    pub scheduler: SchedulerAddress,
    /// Where results are fetched from: an address of this machine; the one that it reaches the scheduler from, where none.
    pub bind: Option<Ipv4Addr>,
    /// The name by which the others reach this machine; the address that they see, where none.
    pub host: Option<String>,
    /// The port for it; any free one where none.
    pub port: Option<u16>,
    /// Tasks that run at once.
    pub cores: usize,
    /// Bytes of memory for sorting and grouping, of all tasks together.
    pub memory_bytes: u64,
    /// Where a folder for results is made, which is gone with the executor: the system's place for them, where none.
    pub folder: Option<PathBuf>,
}

/// Works until the process is told to end.
///
/// # Errors
/// The scheduler is not there, or the port cannot be had.
pub fn serve_executor(options: &ExecutorOptions, tools: Arc<Tools>) -> Result<()> {
    let bind = match (options.bind, reach(&options.scheduler)?) {
        (Some(bind), _) => bind,
        (None, IpAddr::V4(own)) => own,
        (None, IpAddr::V6(_)) => {
            return Err(Error::input("the scheduler is reached by IPv6, which executors do not speak")
                .help("give its IPv4 address"));
        }
    };
    let parent = options.folder.clone().unwrap_or_else(std::env::temp_dir);
    let folder = tempfile::Builder::new()
        .prefix("persona-eval-executor-")
        .tempdir_in(&parent)
        .asked("make a folder in", &parent)?;
    let work = folder.path().to_str().map(str::to_owned).ok_or_else(|| {
        Error::input("the folder's path is not UTF-8, which the executor needs").in_file(folder.path())
    })?;
    let config = ExecutorProcessConfig {
        bind_host: bind.to_string(),
        external_host: options.host.clone(),
        port: free_port(bind, options.port.unwrap_or(0))?,
        scheduler_host: options.scheduler.host().to_owned(),
        scheduler_port: options.scheduler.port(),
        vcores: options.cores,
        task_scheduling_policy: TaskSchedulingPolicy::PullStaged,
        work_dir: Some(work),
        job_data_ttl_seconds: KEPT,
        job_data_clean_up_interval_seconds: LOOK,
        grpc_max_decoding_message_size: MESSAGE_BYTES,
        grpc_max_encoding_message_size: MESSAGE_BYTES,
        memory_pool_size: Some(options.memory_bytes),
        override_function_registry: Some(Arc::new(registry(tools))),
        ..ExecutorProcessConfig::default()
    };
    let runtime =
        tokio::runtime::Runtime::new().map_err(|e| Error::cannot_run("threads cannot be had").because(e))?;
    let failed =
        || Error::cannot_run(format!("the executor for the scheduler at {} failed", options.scheduler));
    let ended = runtime.block_on(async {
        tokio::select! {
            ran = start_executor_process(Arc::new(config)) => ran.map_err(|e| failed().because(e)),
            stopped = stopped() => stopped,
        }
    });
    // What still runs is given to others once this one is silent.
    runtime.shutdown_background();
    drop(folder);
    ended?;
    interrupt::check()?;
    // It ends by itself only where a part of it broke, of which it tells a log alone.
    Err(failed())
}

/// Waits for the scheduler to listen, for Ballista's own wait has no end; the address that it is reached from.
fn reach(scheduler: &SchedulerAddress) -> Result<IpAddr> {
    let begun = Instant::now();
    loop {
        interrupt::check()?;
        match scheduler.connect() {
            Ok(own) => return Ok(own),
            Err(e) if begun.elapsed() >= PATIENCE => return Err(scheduler.nobody(e)),
            Err(_) => std::thread::sleep(AGAIN),
        }
    }
}

/// The functions of DataFusion and ours, by name.
fn registry(tools: Arc<Tools>) -> BallistaFunctionRegistry {
    let mut registry = BallistaFunctionRegistry::default();
    for function in ballista_scalar_functions().into_iter().chain(functions(tools)) {
        registry.scalar_functions.insert(function.name().to_owned(), function);
    }
    registry
}

/// The port, if it is free; any free one for 0.
fn free_port(bind: Ipv4Addr, port: u16) -> Result<u16> {
    let found = TcpListener::bind((bind, port)).and_then(|listener| listener.local_addr());
    found
        .map(|address| address.port())
        .map_err(|e| Error::cannot_run(format!("{bind}:{port} cannot be listened at")).because(e))
}
