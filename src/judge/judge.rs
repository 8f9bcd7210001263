//! A judge: a rubric and the model that answers it.

use super::client::JudgeClient;
use super::replies::Replies;
use super::rubric::Rubric;
use crate::error::{Error, Kind, Result};
use crate::model::hex;
use crate::progress::Progress;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A model that compares replies by a rubric.
#[derive(Debug, Clone)]
pub struct Judge {
    /// What it is asked.
    pub rubric: Rubric,
    /// The model's name, as the endpoint knows it.
    pub model: String,
    /// How it is asked.
    pub client: JudgeClient,
    /// Replies of an earlier run that are used again; none where there was none.
    pub earlier: Option<PathBuf>,
}

/// Replies to a list of requests.
pub(crate) struct Asked {
    /// One a request, in their order.
    pub replies: Vec<String>,
    /// Different requests that were sent.
    pub sent: usize,
    /// Different requests whose reply was known.
    pub known: usize,
}

impl Judge {
    /// The judge's replies to requests with these bodies; a body that is there twice is sent once, one whose reply
    /// `judge.jsonl` in `folder` or the earlier run holds, not at all. Each new reply is on disk before the next is asked for.
    ///
    /// # Errors
    /// The first request that has no answer after all retries ends the work; interrupted where the user stops.
    pub(crate) fn replies(&self, bodies: &[String], folder: &Path, progress: &dyn Progress) -> Result<Asked> {
        let hashes: Vec<String> = bodies.iter().map(|b| hex(&Sha256::digest(b.as_bytes()))).collect();
        let replies = Mutex::new(Replies::open(folder, self.earlier.as_deref())?);
        let lock = || replies.lock().unwrap_or_else(|e| e.into_inner());
        let different: BTreeMap<&str, usize> =
            hashes.iter().enumerate().rev().map(|(i, hash)| (hash.as_str(), i)).collect();
        let mut open: Vec<usize> =
            different.iter().filter(|(hash, _)| lock().get(hash).is_none()).map(|(_, i)| *i).collect();
        open.sort_unstable();
        progress.start("judge", Some(open.len() as u64));
        let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let worker = || -> Result<()> {
            while let Some(&i) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
                let answered =
                    self.client.ask(&bodies[i], &stop).and_then(|reply| lock().keep(&hashes[i], &reply));
                if let Err(e) = answered {
                    stop.store(true, Ordering::Relaxed);
                    return Err(e);
                }
                progress.advance(1);
            }
            Ok(())
        };
        let ended: Vec<Result<()>> = std::thread::scope(|scope| {
            let workers = self.rubric.manners.parallel.min(open.len());
            let running: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
            let died = || Err(Error::cannot_run("a thread that asks the judge died: this is a bug"));
            running.into_iter().map(|w| w.join().unwrap_or_else(|_| died())).collect()
        });
        progress.finish();
        crate::interrupt::check()?;
        // Those that were only told to stop say nothing of why.
        let mut failures: Vec<Error> = ended.into_iter().filter_map(Result::err).collect();
        failures.sort_by_key(|e| e.kind() == Kind::Interrupted);
        if let Some(first) = failures.into_iter().next() {
            return Err(first);
        }
        let known = lock();
        let reply = |hash: &String| {
            known
                .get(hash)
                .map(str::to_owned)
                .ok_or_else(|| Error::cannot_run("a reply of the judge is lost: this is a bug"))
        };
        let texts = hashes.iter().map(reply).collect::<Result<_>>()?;
        Ok(Asked { replies: texts, sent: open.len(), known: different.len() - open.len() })
    }
}
