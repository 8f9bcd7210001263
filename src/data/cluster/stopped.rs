//! The end of a server: when the user wants it.

use std::time::Duration;

use crate::error::Result;
use crate::interrupt;

/// Between two looks for Ctrl-C.
const LOOK: Duration = Duration::from_millis(100);

/// Ends with an error once the user asks for it.
pub(super) async fn stopped() -> Result<()> {
    loop {
        tokio::time::sleep(LOOK).await;
        interrupt::check()?;
    }
}
