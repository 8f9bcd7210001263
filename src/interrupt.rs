//! Ctrl-C: long work looks here between steps and stops in a state that can be resumed.

use crate::error::{Error, Result};
use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);

/// Asks all long work to stop at its next step.
pub fn request_stop() {
    STOP.store(true, Ordering::SeqCst);
}

/// An error once a stop was asked for.
///
/// # Errors
/// When the user pressed Ctrl-C.
pub fn check() -> Result<()> {
    if STOP.load(Ordering::SeqCst) {
        return Err(Error::interrupted("stopped by the user"));
    }
    Ok(())
}
