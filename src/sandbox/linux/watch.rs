//! The watcher: counts time, output and threads from outside.

use super::child::STEPS;
use super::pipes::Ears;
use super::process::Process;
use crate::error::{Error, Result};
use crate::interrupt;
use crate::sandbox::limits::Limits;
use crate::sandbox::outcome::{Ended, Outcome, Stop};
use crate::sandbox::program::Token;
use std::io::{PipeReader, Read};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

/// Longest time between two looks at clock and threads.
const TICK: Duration = Duration::from_millis(10);
/// Bytes of report that are read; the runner writes 33.
const REPORT: usize = 256;
/// Bytes that are read at once.
const PIECE: usize = 1 << 16;

/// One stream and what has come of it.
struct Stream {
    pipe: Option<PipeReader>,
    bytes: Vec<u8>,
    most: usize,
}

impl Stream {
    fn new(pipe: PipeReader, most: usize) -> Self {
        Self { pipe: Some(pipe), bytes: Vec::new(), most }
    }

    /// Reads once; false where there was more than may be.
    fn read(&mut self) -> bool {
        let mut piece = [0; PIECE];
        let Some(pipe) = &mut self.pipe else { return true };
        match pipe.read(&mut piece) {
            Ok(0) => self.pipe = None,
            Ok(n) => {
                let kept = n.min(self.most - self.bytes.len());
                self.bytes.extend(&piece[..kept]);
                return kept == n;
            }
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => self.pipe = None,
        }
        true
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// A process that is watched.
pub(super) struct Watch {
    process: Process,
    /// Output, errors, report, setup.
    streams: [Stream; 4],
    began: Instant,
    /// When the program's own code began.
    own: Option<Instant>,
}

impl Watch {
    pub(super) fn new(process: Process, ears: Ears, limits: &Limits) -> Self {
        let Ears { out, err, report, setup } = ears;
        let streams = [(out, limits.output), (err, limits.output), (report, REPORT), (setup, STEPS.len())];
        Self {
            process,
            streams: streams.map(|(pipe, most)| Stream::new(pipe, most)),
            began: Instant::now(),
            own: None,
        }
    }

    /// Waits for the end, or makes it.
    ///
    /// # Errors
    /// When Python did not come to the program's own code, or the work is stopped.
    pub(super) fn outcome(mut self, token: &Token, limits: &Limits) -> Result<Outcome> {
        let stopped = loop {
            interrupt::check()?;
            if let Some(stop) = self.listen(TICK) {
                break Some(stop);
            }
            if self.process.ended() {
                // What it wrote last is still in the pipes.
                while self.ready(Duration::ZERO).contains(&true) {
                    if self.listen(Duration::ZERO).is_some() {
                        break;
                    }
                }
                break None;
            }
            if Instant::now() > self.deadline(limits) {
                break Some(Stop::Time);
            }
            if self.process.threads() > limits.threads {
                break Some(Stop::Threads);
            }
        };
        let ended = self.process.kill();
        let seconds = self.own.map_or(0.0, |own| own.elapsed().as_secs_f64());
        let [stdout, stderr, report, setup] = &self.streams;
        if let [step, errno] = setup.bytes[..] {
            let step = STEPS.get(usize::from(step)).copied().unwrap_or("a step");
            let cause = std::io::Error::from_raw_os_error(i32::from(errno));
            return Err(Error::cannot_run(format!("the sandbox cannot be made: {step}")).because(cause));
        }
        if self.own.is_none() {
            let last = stderr.text().lines().last().map_or_else(|| format!("{ended:?}"), str::to_owned);
            return Err(Error::cannot_run("Python did not start in the sandbox").because(last));
        }
        Ok(Outcome {
            finished: token.proves(&report.bytes),
            ended: stopped.map_or(ended, Ended::Stopped),
            stdout: stdout.text(),
            stderr: stderr.text(),
            seconds,
            limits: limits.clone(),
        })
    }

    fn deadline(&self, limits: &Limits) -> Instant {
        let allowed = Duration::try_from_secs_f64(limits.seconds).unwrap_or(Limits::STARTING);
        self.own.map_or(self.began + Limits::STARTING, |own| own + allowed)
    }

    /// Reads from every stream that has something, and waits at most so long for the first.
    fn listen(&mut self, most: Duration) -> Option<Stop> {
        let ready = self.ready(most);
        if !ready.contains(&true) && self.streams.iter().all(|s| s.pipe.is_none()) {
            // It has closed all that it had; it may still run.
            std::thread::sleep(most.min(Duration::from_millis(1)));
        }
        let mut stop = None;
        for (stream, _) in self.streams.iter_mut().zip(ready).filter(|(_, ready)| *ready) {
            if !stream.read() {
                stop = Some(Stop::Output);
            }
        }
        if self.own.is_none() && !self.streams[2].bytes.is_empty() {
            self.own = Some(Instant::now());
        }
        stop
    }

    /// Which streams have bytes, or their end.
    fn ready(&self, most: Duration) -> [bool; 4] {
        let mut polled = self.streams.each_ref().map(|s| libc::pollfd {
            fd: s.pipe.as_ref().map_or(-1, |p| p.as_raw_fd()),
            events: libc::POLLIN,
            revents: 0,
        });
        // SAFETY: the list lives in this frame, with its length; negative descriptors are passed over.
        unsafe {
            libc::poll(polled.as_mut_ptr(), polled.len() as libc::nfds_t, most.as_millis() as libc::c_int);
        }
        polled.map(|p| p.revents != 0)
    }
}
