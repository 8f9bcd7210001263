//! How one program ended.

use super::limits::Limits;
use std::fmt;

/// What stopped a program from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// The wall clock.
    Time,
    /// More output than allowed.
    Output,
    /// More threads than allowed.
    Threads,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this exit code.
    Exit(i32),
    /// By this signal, which did not come from the watcher.
    Signal(i32),
    /// Killed by the watcher.
    Stopped(Stop),
}

/// A program that was run.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Whether setup and tests ran to their end; an exit before that, whatever its code, is none.
    pub finished: bool,
    /// How the process ended.
    pub ended: Ended,
    /// What it printed, as far as the limit goes; bytes that are no UTF-8 are replaced.
    pub stdout: String,
    /// What it printed on standard error; its last line says why a program failed.
    pub stderr: String,
    /// Seconds on the wall clock from where the program's own code began.
    pub seconds: f64,
    /// What it was allowed.
    pub limits: Limits,
}

impl Outcome {
    /// Why it did not run to its end, for people; empty where it did.
    pub fn why(&self) -> String {
        let last = self.stderr.lines().rev().map(str::trim).find(|l| !l.is_empty()).unwrap_or_default();
        let mib = |bytes: u64| format!("{} MiB", bytes >> 20);
        match self.ended {
            _ if self.finished => String::new(),
            Ended::Stopped(Stop::Time) => format!("stopped after {} s", self.limits.seconds),
            Ended::Stopped(Stop::Output) => format!("more than {} of output", mib(self.limits.output as u64)),
            Ended::Stopped(Stop::Threads) => format!("more than {} threads", self.limits.threads),
            _ if last.starts_with("MemoryError") => {
                format!("more than {} of memory", mib(self.limits.memory))
            }
            Ended::Signal(signal) => format!("ended by signal {signal}"),
            Ended::Exit(_) if !last.is_empty() => last.to_owned(),
            Ended::Exit(code) => format!("exit code {code} before the tests were done"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.finished { "ran to its end" } else { "did not run to its end: " })?;
        f.write_str(&self.why())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_stop_or_the_last_line_of_the_traceback() {
        let of = |ended: Ended, stderr: &str| {
            let (stdout, stderr) = (String::new(), stderr.to_owned());
            Outcome { finished: false, ended, stdout, stderr, seconds: 0.0, limits: Limits::default() }.why()
        };
        assert_eq!(of(Ended::Stopped(Stop::Time), "x"), "stopped after 3 s");
        assert_eq!(of(Ended::Stopped(Stop::Output), ""), "more than 1 MiB of output");
        assert_eq!(of(Ended::Exit(1), "Traceback\nMemoryError\n"), "more than 512 MiB of memory");
        assert_eq!(of(Ended::Exit(1), "File\nNameError: name 'f'\n\n"), "NameError: name 'f'");
        assert_eq!(of(Ended::Exit(0), ""), "exit code 0 before the tests were done");
        assert_eq!(of(Ended::Signal(11), "MemoryErr"), "ended by signal 11");
    }
}
