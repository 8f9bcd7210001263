//! A jail: what is made once for all programs, and a process for each.

use super::child::{ID, Plan, Private};
use super::pipes::pipes;
use super::process::Process;
use super::watch::Watch;
use super::{calls, files};
use crate::error::{Error, Result};
use crate::sandbox::limits::Limits;
use crate::sandbox::outcome::Outcome;
use crate::sandbox::program::{Program, Token};
use crate::sandbox::protection::{Protection, Wall};
use crate::sandbox::python::Python;
use seccompiler::BpfProgram;
use std::ffi::CString;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

/// Files and folders in the private folder.
const INODES: u32 = 1024;
/// Bytes of stack, the usual size.
const STACK: u64 = 8 << 20;
/// Processes of the user where neither namespaces nor a filter keep the program from making any.
const PROCESSES: u64 = 512;

/// Python and the walls.
#[derive(Debug)]
pub(in crate::sandbox) struct Jail {
    python: Python,
    namespaces: bool,
    /// Landlock's ABI; 0 where there is none.
    abi: i32,
    filter: BpfProgram,
}

impl Jail {
    /// Finds the walls of this kernel and tries them on an empty program.
    ///
    /// # Errors
    /// When Python does not start under them.
    pub(in crate::sandbox) fn open(python: Python) -> Result<(Self, Protection)> {
        let (abi, seccomp) = (files::abi(), calls::wall());
        let filter = if seccomp.on { calls::filter().map_err(Error::cannot_run)? } else { BpfProgram::new() };
        let version = python.version();
        let mut jail = Self { python, namespaces: true, abi, filter };
        let namespaces = match jail.run(&Program::default(), &Limits::default()) {
            Ok(_) => Wall::on("user, pid, mount, network, ipc, uts, cgroup; the private folder is in memory"),
            Err(e) => {
                jail.namespaces = false;
                jail.run(&Program::default(), &Limits::default())?;
                Wall::off(format!("{}; nothing may be written", e.to_string().replace("\n  ", "; ")))
            }
        };
        let limits = Wall::on("memory, processor time, files, stack, threads");
        let protection =
            Protection { python: version, namespaces, landlock: files::wall(abi), seccomp, limits };
        Ok((jail, protection))
    }

    /// Runs one program.
    ///
    /// # Errors
    /// When it could not be started, or the work is stopped.
    pub(in crate::sandbox) fn run(&self, program: &Program, limits: &Limits) -> Result<Outcome> {
        let cannot = |e: std::io::Error| Error::cannot_run("no private folder can be made").because(e);
        let token = Token::new();
        let (ears, ends) = pipes(program, &token)?;
        let folder = tempfile::Builder::new().prefix("persona-eval-").tempdir().map_err(cannot)?;
        let ruleset = self.ruleset()?;
        let executable = self.python.executable.as_os_str().as_bytes();
        let plan = Plan {
            folder: text(folder.path().as_os_str().as_bytes())?,
            private: if self.namespaces { Some(private(limits)?) } else { None },
            ends: ends.raw(),
            ruleset: ruleset.as_ref().map(|r| (r.as_raw_fd(), files::in_folder(self.abi))),
            limits: self.resources(limits),
            filter: self.filter.clone(),
            executable: text(executable)?,
            // Python finds its library by the name that it is started with.
            arguments: std::iter::once(executable)
                .chain(Program::ARGUMENTS.map(str::as_bytes))
                .map(text)
                .collect::<Result<_>>()?,
            // The same order of sets and dictionaries in every run; the runner takes it out before the program begins.
            environment: vec![text(b"PYTHONHASHSEED=0")?],
        };
        let process = Process::start(&plan)?;
        // The process has its own copies: a stream ends when the process does.
        drop((ends, ruleset));
        Watch::new(process, ears, limits).outcome(&token, limits)
    }

    fn ruleset(&self) -> Result<Option<OwnedFd>> {
        if self.abi == 0 {
            return Ok(None);
        }
        files::ruleset(self.abi, &self.python)
            .map_err(|e| Error::cannot_run("landlock refuses the rules").because(e))
    }

    fn resources(&self, limits: &Limits) -> Vec<(u32, libc::rlimit)> {
        let processes = match (self.namespaces, self.filter.is_empty()) {
            // Counted in the namespace alone.
            (true, _) => Some(limits.threads),
            // Counted over all processes of the user, of which the program can make none.
            (false, false) => None,
            (false, true) => Some(PROCESSES),
        };
        let all = [
            (libc::RLIMIT_CPU, Some(limits.processor_seconds())),
            (libc::RLIMIT_AS, Some(limits.memory)),
            (libc::RLIMIT_FSIZE, Some(limits.folder)),
            (libc::RLIMIT_NOFILE, Some(limits.files)),
            (libc::RLIMIT_NPROC, processes),
            (libc::RLIMIT_STACK, Some(STACK)),
            (libc::RLIMIT_CORE, Some(0)),
            (libc::RLIMIT_MEMLOCK, Some(0)),
            (libc::RLIMIT_MSGQUEUE, Some(0)),
        ];
        #[allow(clippy::unnecessary_cast, reason = "other C libraries number them with signed integers")]
        let lowered = all.into_iter().filter_map(|(which, most)| Some((which as u32, most?)));
        lowered.map(|(which, most)| (which, at_most(which, most))).collect()
    }
}

/// The limit, or the one that stands already where it is lower: nobody but root may raise one.
fn at_most(which: u32, most: u64) -> libc::rlimit {
    let mut now = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the structure lives in this frame.
    unsafe { libc::getrlimit(which as _, &raw mut now) };
    let most = most.min(now.rlim_max);
    libc::rlimit { rlim_cur: most, rlim_max: most }
}

fn private(limits: &Limits) -> Result<Private> {
    // SAFETY: asks for two numbers.
    let (user, group) = unsafe { (libc::geteuid(), libc::getegid()) };
    Ok(Private {
        options: text(format!("size={},nr_inodes={INODES},mode=0700", limits.folder).as_bytes())?,
        maps: [text(format!("{ID} {user} 1").as_bytes())?, text(format!("{ID} {group} 1").as_bytes())?],
    })
}

fn text(bytes: &[u8]) -> Result<CString> {
    CString::new(bytes).map_err(|e| Error::cannot_run("a path holds a zero byte").because(e))
}
