//! `persona-eval data executor`.

use super::engine::RegistryArgs;
use super::exit::Exit;
use super::print::say;
use crate::data::cluster::{ExecutorOptions, serve_executor};
use crate::data::{SchedulerAddress, Tools};
use crate::error::Result;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

/// Start an executor of a cluster
///
/// Asks the scheduler for work until it is ended by Ctrl-C. It must see the data by the same paths as whoever asks for the plans,
/// and be of the same version. Results lie in its temporary folder for six hours, fetched or not.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  persona-eval data executor 127.0.0.1:50050
  persona-eval data executor 192.0.2.1:50050 --bind 0.0.0.0 --host 192.0.2.7 --port 50051 --cores 16 --memory 32768")]
pub(super) struct Args {
    /// Where the scheduler listens
    #[arg(value_name = "HOST:PORT")]
    scheduler: SchedulerAddress,
    /// IPv4 address to listen at, for those who fetch results [default: the one that the scheduler is reached from]
    #[arg(long, value_name = "ADDRESS")]
    bind: Option<Ipv4Addr>,
    /// The name by which the others reach this machine [default: the address that the scheduler sees]
    #[arg(long, value_name = "NAME")]
    host: Option<String>,
    /// The port [default: any free one]
    #[arg(long)]
    port: Option<u16>,
    /// Tasks that run at once; each may use all cores for a moment, or as many as RAYON_NUM_THREADS says [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    cores: Option<u16>,
    /// Memory for sorting and grouping, in MiB; beyond it temporary files are used
    #[arg(long, value_name = "MIB", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(64..))]
    memory: u32,
    /// Folder for temporary files [default: the system's]
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
    #[command(flatten)]
    registry: RegistryArgs,
}

pub(super) fn run(args: &Args) -> Result<Exit> {
    let options = ExecutorOptions {
        scheduler: args.scheduler.clone(),
        bind: args.bind,
        host: args.host.clone(),
        port: args.port,
        cores: args.cores.map_or_else(rayon::current_num_threads, usize::from),
        memory_bytes: u64::from(args.memory) * 1024 * 1024,
        folder: args.folder.clone(),
    };
    let tools = Arc::new(Tools::built_in(&args.registry.load()?)?);
    say!("{} tasks at once, for the scheduler at {}", options.cores, args.scheduler)?;
    serve_executor(&options, tools)?;
    Ok(Exit::Passed)
}
