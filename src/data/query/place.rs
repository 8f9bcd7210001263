//! Where plans run: on this machine, or on a cluster.

/// Where plans run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Place {
    /// On this machine.
    #[default]
    Here,
    /// On the executors of a scheduler, which is found at `HOST:PORT`. They must see the same files by the same paths.
    #[cfg(feature = "cluster")]
    Cluster(String),
}

impl Place {
    /// Whether plans leave this machine's process.
    pub(in crate::data) fn is_cluster(&self) -> bool {
        *self != Self::Here
    }
}
