//! Printing that outlives its reader: `persona-eval … | head` ends quietly, a full disk is told.

use crate::error::{Error, Result};
use std::fmt::Arguments;
use std::io::{ErrorKind, Write};

/// Writes to standard output; a reader that has gone is no error, anything else that stops the text is.
pub(super) fn out(text: Arguments<'_>) -> Result<()> {
    to(&mut std::io::stdout().lock(), text)
}

fn to(writer: &mut impl Write, text: Arguments<'_>) -> Result<()> {
    match writer.write_fmt(text).and_then(|()| writer.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(Error::cannot_run("standard output cannot be written").because(e))
        }
        _ => Ok(()),
    }
}

/// Writes a value as JSON for people to standard output.
pub(super) fn print_json(value: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|e| Error::cannot_run("the result cannot be printed as JSON").because(e))?;
    out(format_args!("{text}\n"))
}

/// Writes to standard error, where nothing can be done if that fails.
pub(super) fn err(text: Arguments<'_>) {
    let _ = std::io::stderr().lock().write_fmt(text);
}

/// A line on standard output.
macro_rules! say {
    ($($text:tt)*) => { $crate::cli::print::out(format_args!("{}\n", format_args!($($text)*))) };
}

/// A line on standard error.
macro_rules! tell {
    ($($text:tt)*) => { $crate::cli::print::err(format_args!("{}\n", format_args!($($text)*))) };
}

pub(super) use {say, tell};

#[cfg(test)]
mod tests {
    use super::*;

    struct Fails(ErrorKind);

    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_left_is_no_error_and_a_full_disk_is() {
        assert!(to(&mut Fails(ErrorKind::BrokenPipe), format_args!("a")).is_ok());
        let error = to(&mut Fails(ErrorKind::StorageFull), format_args!("a")).unwrap_err().to_string();
        assert!(error.contains("standard output"), "{error}");
    }
}
