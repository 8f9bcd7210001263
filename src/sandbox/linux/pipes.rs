//! The descriptors between the parent and the process.

use crate::error::{Error, Result};
use crate::sandbox::program::{Program, Token};
use std::fs::File;
use std::io::{PipeReader, PipeWriter, Seek, SeekFrom, Write, pipe};
use std::os::fd::{AsRawFd, RawFd};

/// The parent's ends: output, errors, the runner's report, and what went wrong before Python started.
pub(super) struct Ears {
    pub out: PipeReader,
    pub err: PipeReader,
    pub report: PipeReader,
    pub setup: PipeReader,
}

/// The process's ends.
pub(super) struct Ends {
    null: File,
    program: File,
    out: PipeWriter,
    err: PipeWriter,
    report: PipeWriter,
    setup: PipeWriter,
}

/// Makes both sides; the program lies in a file without a name, so that its length is no matter.
///
/// # Errors
/// When no descriptor is left or the disk is full.
pub(super) fn pipes(program: &Program, token: &Token) -> Result<(Ears, Ends)> {
    let made = || -> std::io::Result<(Ears, Ends)> {
        let mut file = tempfile::tempfile()?;
        file.write_all(&program.encoded(token))?;
        file.seek(SeekFrom::Start(0))?;
        let ((out, out_end), (err, err_end)) = (pipe()?, pipe()?);
        let ((report, report_end), (setup, setup_end)) = (pipe()?, pipe()?);
        let ends = Ends {
            null: File::open("/dev/null")?,
            program: file,
            out: out_end,
            err: err_end,
            report: report_end,
            setup: setup_end,
        };
        Ok((Ears { out, err, report, setup }, ends))
    };
    made().map_err(|e| Error::cannot_run("a program's input and output cannot be made").because(e))
}

impl Ends {
    /// Which descriptor becomes which: 0 input, 1 output, 2 errors, 3 program, 4 report; 5 is closed when Python starts.
    pub(super) fn raw(&self) -> [RawFd; 6] {
        [
            self.null.as_raw_fd(),
            self.out.as_raw_fd(),
            self.err.as_raw_fd(),
            self.program.as_raw_fd(),
            self.report.as_raw_fd(),
            self.setup.as_raw_fd(),
        ]
    }
}
