//! Code of answers, run where it can do no harm: one Python program in a process of its own, under limits.
//!
//! Generated code is not trusted. Five walls stand one behind the other, and [`Protection`] tells which of them this
//! kernel gives; without the landlock and seccomp walls nothing is run unless the caller says so.
//!
//! - **Namespaces**, where they may be made: of users, processes, mounts, network, IPC, names and control groups. The
//!   process is the first of its own world, so that killing it kills everything it started, and it sees no other process
//!   and no network device. The private folder is a file system in memory of fixed size, which goes with it.
//! - **Landlock** (ABI 1 or newer): reading is allowed in the Python installation and of the libraries that it loads,
//!   executing of Python alone, writing in the private folder alone; from ABI 4 no TCP, from ABI 6 no signals and no
//!   abstract sockets out of the sandbox. Without namespaces there is no private folder, and nothing may be written.
//! - **seccomp**: a list of system calls that are allowed; every other one does not exist. No sockets but pairs of streams,
//!   no new processes (threads are allowed), no signals to anybody, no tracing, mounting, changing of owners, modes or times.
//! - **Resource limits**: address space, processor time, size of files, open files, threads, no core file.
//! - **The watcher**: the wall clock, the output and the threads are counted outside, and what goes beyond is killed.
//!
//! The process has no capabilities, no new privileges, an empty environment, `/dev/null` as its input, no descriptor of
//! this program but two pipes' ends, and dies with the thread that started it.
//!
//! What is not held: sizes and names of files can be asked (`stat`), the processor's caches are shared, and code that
//! knows this program may forge the proof that its tests ran, since both run in one interpreter (`runner.py`).

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "no program is run there"))]
mod limits;
#[cfg(target_os = "linux")]
mod linux;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "no program is run there"))]
mod outcome;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "no program is run there"))]
mod program;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "no program is run there"))]
mod protection;
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "no program is run there"))]
mod python;
#[allow(clippy::module_inception, reason = "one noun a file: the type named as the file")]
mod sandbox;

#[cfg(not(target_os = "linux"))]
use elsewhere::Jail;
#[cfg(target_os = "linux")]
use linux::Jail;

pub use limits::Limits;
pub use outcome::{Ended, Outcome, Stop};
pub use program::Program;
pub use protection::{Protection, Wall};
pub use sandbox::Sandbox;
