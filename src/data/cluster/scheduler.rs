//! The scheduler: takes plans, cuts them into stages, and gives these to the executors that ask for work.

use std::net::SocketAddr;
use std::sync::Arc;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_core::utils::default_session_builder;
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::SchedulerConfig;
use ballista_scheduler::scheduler_process::{create_scheduler, start_grpc_service_with_listener};
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::ScalarUDF;
use datafusion_proto::protobuf::{LogicalPlanNode, PhysicalPlanNode};

use super::super::query::MESSAGE_BYTES;
use super::super::tagging::Tools;
use super::functions::functions;
use super::stopped::stopped;
use crate::error::{Error, Result};

/// Seconds without a word from an executor, which speaks every five, until its work is given to others.
const SILENT: u64 = 15;
/// Seconds between two looks for such.
const LOOK: u64 = 3;
/// Seconds without any executor until the work fails.
const NOBODY: u64 = 30;
/// Seconds until a finished plan's results go: whoever asked for them may take long to write them.
const KEPT: u64 = 6 * 3600;

/// Listens until the process is told to end; `ready` is told the address, of which the port may have been 0.
///
/// # Errors
/// The address cannot be listened at, or the user ends it.
pub fn serve_scheduler(
    at: SocketAddr,
    tools: Arc<Tools>,
    ready: impl FnOnce(SocketAddr) -> Result<()>,
) -> Result<()> {
    let cannot = |e: std::io::Error| Error::cannot_run(format!("{at} cannot be listened at")).because(e);
    let runtime =
        tokio::runtime::Runtime::new().map_err(|e| Error::cannot_run("threads cannot be had").because(e))?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind(at).await.map_err(cannot)?;
        let bound = listener.local_addr().map_err(cannot)?;
        let config = Arc::new(config(bound, functions(tools)));
        let failed = |e| Error::cannot_run("the scheduler failed").because(e);
        let cluster = BallistaCluster::new_from_config(&config).await.map_err(failed)?;
        let scheduler =
            create_scheduler::<LogicalPlanNode, PhysicalPlanNode>(cluster, config).await.map_err(failed)?;
        ready(bound)?;
        tokio::select! {
            served = start_grpc_service_with_listener(listener, scheduler) => served.map_err(failed),
            stopped = stopped() => stopped,
        }
    })
}

fn config(at: SocketAddr, functions: Vec<Arc<ScalarUDF>>) -> SchedulerConfig {
    SchedulerConfig {
        bind_host: at.ip().to_string(),
        external_host: at.ip().to_string(),
        bind_port: at.port(),
        scheduling_policy: TaskSchedulingPolicy::PullStaged,
        executor_timeout_seconds: SILENT,
        expire_dead_executor_interval_seconds: LOOK,
        no_executors_grace_period_seconds: NOBODY,
        finished_job_data_clean_up_interval_seconds: KEPT,
        grpc_server_max_decoding_message_size: MESSAGE_BYTES,
        grpc_server_max_encoding_message_size: MESSAGE_BYTES,
        grpc_client_max_message_size: MESSAGE_BYTES,
        override_session_builder: Some(Arc::new(move |config| {
            let mut state = default_session_builder(config)?;
            for function in &functions {
                state.register_udf(Arc::clone(function))?;
            }
            Ok(state)
        })),
        ..SchedulerConfig::default()
    }
}
