//! The walls that Linux gives.
//!
//! Whatever allocates is made ready in the parent: strings, the ruleset, the filter. Between the copy of the process and
//! the start of Python only system calls are made, since other threads may have held locks when the copy was taken.

mod calls;
mod child;
mod files;
mod jail;
mod pipes;
mod process;
mod watch;

pub(super) use jail::Jail;
