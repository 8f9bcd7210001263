//! Work that many threads share, handed to them once.

/// Runs `work` on one of rayon's own threads.
///
/// A parallel loop that starts outside the pool wakes it and sleeps until it is done; a forward pass has hundreds of
/// such loops, each shorter than the waking.
pub fn run<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    rayon::scope(|_| work())
}
