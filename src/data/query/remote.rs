//! A session whose plans run on a cluster of Apache Ballista.

use std::sync::Arc;
use std::time::Duration;

use ballista_core::extension::{SessionConfigExt, SessionStateExt};
use datafusion::execution::SessionState;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::prelude::{DataFrame, SessionContext, col, lit};

use super::address::SchedulerAddress;
use super::engine::told;
use super::functions::words;
use crate::error::{Error, Result};

/// Bytes of the largest message between the parts of a cluster: a batch with one very long example fits.
pub(in crate::data) const MESSAGE_BYTES: u32 = 256 * 1024 * 1024;
/// How long a scheduler may take to answer.
const CONNECT: Duration = Duration::from_secs(5);
/// Between two signs of life of whoever is spoken with, and how long one may take.
const ALIVE: Duration = Duration::from_secs(10);
/// How long an executor may take to do what takes none.
const ANSWER: Duration = Duration::from_secs(20);

/// A session as the given one, with the cluster of a scheduler to run its plans.
///
/// # Errors
/// Nobody listens there.
pub(super) fn session(address: &SchedulerAddress, mut state: SessionState) -> Result<SessionContext> {
    address.connect().map_err(|e| address.nobody(e))?;
    let config = state.config().clone().with_ballista_grpc_client_max_message_size(MESSAGE_BYTES as usize);
    // A machine that vanishes without a word is noticed, also while its results are fetched.
    let config = config.with_ballista_override_create_grpc_client_endpoint(Arc::new(|endpoint| {
        Ok(endpoint
            .connect_timeout(CONNECT)
            .http2_keep_alive_interval(ALIVE)
            .keep_alive_timeout(ALIVE)
            .keep_alive_while_idle(true))
    }));
    // Plans stay as they were made: what a stage finds must not change the next one.
    *state.config_mut() = config.with_ballista_adaptive_query_planner(false);
    let state = state.upgrade_for_ballista(format!("{}{address}", "http://")).map_err(told)?;
    Ok(SessionContext::new_with_state(state))
}

/// Asks the cluster to count one word, by a function of this version.
///
/// # Errors
/// No executor does it, or it is of another version.
pub(super) async fn answers(address: &SchedulerAddress, context: &SessionContext) -> Result<()> {
    let plan = || -> datafusion::error::Result<LogicalPlan> {
        let one = LogicalPlanBuilder::values(vec![vec![lit("word")]])?;
        one.project(vec![words().call(vec![col("column1")])])?.build()
    };
    let asked = DataFrame::new(context.state(), plan().map_err(told)?).collect();
    match tokio::time::timeout(ANSWER, asked).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(e)) => {
            Err(Error::cannot_run(format!("the cluster at {address} does not work")).because(e).help(
                "scheduler and executors must be of this version of persona-eval, and be reached from here",
            ))
        }
        Err(_) => Err(Error::cannot_run(format!(
            "no executor of {address} took any work: there is none, or all are busy with another's"
        ))
        .help(format!("start one, or more of them: persona-eval data executor {address}"))),
    }
}
