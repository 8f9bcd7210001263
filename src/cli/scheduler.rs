//! `persona-eval data scheduler`.

use super::exit::Exit;
use super::print::say;
use crate::data::Tools;
use crate::data::cluster::serve_scheduler;
use crate::error::Result;
use crate::persona::Registry;
use std::net::SocketAddr;
use std::sync::Arc;

/// Start the scheduler of a cluster
///
/// Takes the plans of `data tag`, `data stats` and `data mix` that are run with --cluster, and gives their stages to the executors
/// that ask for work. It must see the data by the same paths as they. Whoever reaches it can have files read and written: keep it
/// in a network that you trust. Ctrl-C ends it.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval data scheduler                          # for executors on this machine
  persona-eval data scheduler --bind 192.0.2.1:50050   # for those of a network")]
pub(super) struct Args {
    /// Address to listen at; with port 0 any free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:50050")]
    bind: SocketAddr,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    // Plans bring their registry's digest to the executors; here only the functions' names and types are needed.
    let tools = Arc::new(Tools::built_in(&Registry::built_in()?)?);
    serve_scheduler(args.bind, tools, |at| say!("the scheduler listens at {at}"))?;
    Ok(Exit::Passed)
}
