//! Where plans run: on this machine, or on a cluster.

#[cfg(feature = "cluster")]
use super::address::SchedulerAddress;

/// Where plans run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Place {
    /// On this machine.
    #[default]
    Here,
    /// On the executors of a scheduler. They must see the same files by the same paths.
    #[cfg(feature = "cluster")]
    Cluster(SchedulerAddress),
}

impl Place {
    /// Whether plans leave this machine's process.
    pub(in crate::data) fn is_cluster(&self) -> bool {
        *self != Self::Here
    }
}
