//! What each stage of a run took.

use crate::progress::Progress;
use crate::record::Stage;
use std::time::Instant;

/// Times of stages, in order; each is told as it ends.
pub(super) struct Clock<'a> {
    progress: &'a dyn Progress,
    begun: chrono::DateTime<chrono::Utc>,
    started: Instant,
    stage: Instant,
    stages: Vec<Stage>,
}

impl<'a> Clock<'a> {
    /// Starts with the first stage.
    pub(super) fn start(progress: &'a dyn Progress) -> Self {
        let now = Instant::now();
        Self { progress, begun: chrono::Utc::now(), started: now, stage: now, stages: Vec::new() }
    }

    /// Ends a stage; `note` says what was done, with amounts.
    pub(super) fn stop(&mut self, name: &str, note: String) {
        let seconds = self.stage_seconds();
        self.progress.note(&format!("{seconds:>7.1} s  {name:<14} {note}"));
        self.stages.push(Stage { name: name.to_owned(), seconds, note });
        self.stage = Instant::now();
    }

    /// Seconds of the stage so far.
    pub(super) fn stage_seconds(&self) -> f64 {
        self.stage.elapsed().as_secs_f64()
    }

    /// Seconds since the start.
    pub(super) fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    /// When it started, RFC 3339, UTC.
    pub(super) fn begun(&self) -> String {
        self.begun.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    /// The stages that have ended.
    pub(super) fn into_stages(self) -> Vec<Stage> {
        self.stages
    }
}
