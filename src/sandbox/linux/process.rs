//! One process: made, killed with everything that it started, waited for.

use super::child::{Plan, become_python};
use crate::error::{Error, Result};
use crate::sandbox::outcome::Ended;
use libc::c_int;

/// Namespaces of its own.
const NAMESPACES: c_int = libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP;

/// A child; dropped, it is killed and waited for.
#[derive(Debug)]
pub(super) struct Process {
    pid: libc::pid_t,
    gone: Option<Ended>,
}

impl Process {
    /// Makes a copy of this process that becomes Python.
    ///
    /// With namespaces of its own it is their first process: the kernel kills all others when it dies.
    ///
    /// # Errors
    /// When the kernel makes no process, or no namespaces.
    pub(super) fn start(plan: &Plan) -> Result<Self> {
        let pointers = plan.pointers();
        let own = if plan.private.is_some() { NAMESPACES } else { 0 };
        let flags = i64::from(own | libc::SIGCHLD);
        // SAFETY: sets of signals live in this frame. No handler of this program may run in the copy, so signals wait until
        // it has reset them. The copy shares no memory (`CLONE_VM` is not set), has this thread's stack, and makes only
        // system calls until it is Python; with zeros alone, the order of the other arguments is no matter.
        let pid = unsafe {
            let (mut all, mut before): (libc::sigset_t, libc::sigset_t) =
                (std::mem::zeroed(), std::mem::zeroed());
            libc::sigfillset(&raw mut all);
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
            let pid = libc::syscall(libc::SYS_clone, flags, 0usize, 0usize, 0usize, 0usize);
            if pid == 0 {
                become_python(plan, &pointers);
            }
            let error = std::io::Error::last_os_error();
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, std::ptr::null_mut());
            if pid < 0 {
                return Err(Error::cannot_run("no process can be made for a program").because(error));
            }
            pid
        };
        Ok(Self { pid: pid as libc::pid_t, gone: None })
    }

    /// Whether it has ended by itself; it still keeps its number until it is waited for.
    pub(super) fn ended(&self) -> bool {
        // SAFETY: the structure lives in this frame; zeros are a valid one, and stay where nothing has ended.
        unsafe {
            let mut found: libc::siginfo_t = std::mem::zeroed();
            let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
            let asked = libc::waitid(libc::P_PID, self.pid as libc::id_t, &raw mut found, options);
            asked != 0 || found.si_pid() == self.pid
        }
    }

    /// Threads that it has now; 0 where that cannot be told.
    pub(super) fn threads(&self) -> u64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        // Its name stands in brackets and may hold anything.
        let fields = stat.rsplit(')').next().unwrap_or_default();
        fields.split_whitespace().nth(17).and_then(|n| n.parse().ok()).unwrap_or(0)
    }

    /// Kills it, where it still runs, and its group, and waits until it is gone: how it ended.
    pub(super) fn kill(&mut self) -> Ended {
        if let Some(gone) = self.gone {
            return gone;
        }
        // SAFETY: numbers alone. The child is not waited for yet, so that its number is still its own, and it leads its group.
        unsafe {
            libc::kill(-self.pid, libc::SIGKILL);
            libc::kill(self.pid, libc::SIGKILL);
        }
        let mut status = 0;
        loop {
            // SAFETY: the status lives in this frame.
            let found = unsafe { libc::waitpid(self.pid, &raw mut status, 0) };
            if found == self.pid {
                break;
            }
            // A signal came meanwhile; any other error means that there is no such child.
            if std::io::Error::last_os_error().kind() != std::io::ErrorKind::Interrupted {
                return *self.gone.insert(Ended::Signal(libc::SIGKILL));
            }
        }
        let ended = match libc::WIFEXITED(status) {
            true => Ended::Exit(libc::WEXITSTATUS(status)),
            false => Ended::Signal(libc::WTERMSIG(status)),
        };
        *self.gone.insert(ended)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
