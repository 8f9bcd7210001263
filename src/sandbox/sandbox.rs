//! A sandbox: the Python and the walls of this machine, found once, for any number of programs.

use super::Jail;
use super::limits::Limits;
use super::outcome::Outcome;
use super::program::Program;
use super::protection::Protection;
use super::python::Python;
use crate::error::{Error, Result};

/// Runs programs of Python.
#[derive(Debug)]
pub struct Sandbox {
    jail: Jail,
    protection: Protection,
}

impl Sandbox {
    /// Finds `python3` and what this kernel gives, and runs an empty program under it.
    ///
    /// With `unsandboxed`, code is also run where landlock or seccomp are missing: by whatever walls there are, under the
    /// limits of time, memory and output.
    ///
    /// # Errors
    /// When there is no Python that starts, or a wall is missing that is needed. Everything that the error says is a
    /// reason not to run code; it says nothing about the code.
    pub fn open(unsandboxed: bool) -> Result<Self> {
        let python = Python::find()?;
        let (jail, protection) = Jail::open(python)?;
        let missing = protection.missing();
        if !missing.is_empty() && !unsandboxed {
            return Err(Error::cannot_run(format!(
                "code of answers is not run here: {}",
                missing.join("; ")
            ))
            .expected("Linux 5.13 or newer with landlock and seccomp")
            .help("--allow-unsandboxed runs it all the same, with the rights of this user"));
        }
        Ok(Self { jail, protection })
    }

    /// What holds the code here.
    pub fn protection(&self) -> &Protection {
        &self.protection
    }

    /// Runs a program and waits for its end; blocks the thread, which must outlive it.
    ///
    /// # Errors
    /// When the program could not be started, or the work is stopped: nothing that the program did.
    pub fn run(&self, program: &Program, limits: &Limits) -> Result<Outcome> {
        self.jail.run(program, limits)
    }
}
