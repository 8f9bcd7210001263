//! What the copy of this process does until it is Python.

use libc::{c_char, c_int, c_long, c_void};
use seccompiler::sock_filter;
use std::ffi::{CStr, CString};
use std::os::fd::RawFd;

/// User and group of the process in its own namespace: nobody special.
pub(super) const ID: u32 = 1000;
/// Versions of the structure that names capabilities (`_LINUX_CAPABILITY_VERSION_3`).
const CAPABILITIES: u32 = 0x2008_0522;
/// Capabilities that the kernel may know.
const MOST_CAPABILITIES: c_int = 63;
/// `SECBIT_NOROOT` and its lock: user 0 is nobody special either.
const NO_ROOT: c_int = 0b11;
/// `LANDLOCK_RULE_PATH_BENEATH`.
const BENEATH: c_int = 1;
/// Descriptors below this one are given to Python.
const KEPT: c_int = 6;
/// Where descriptors wait until their places are free.
const ASIDE: c_int = 32;

/// A step that failed, by its place in this list.
pub(super) const STEPS: [&str; 9] = [
    "its own session",
    "the user of its own namespace",
    "the private folder",
    "its descriptors",
    "giving up capabilities",
    "landlock",
    "resource limits",
    "the filter of system calls",
    "starting Python",
];

/// Namespaces of its own.
pub(super) struct Private {
    /// Options of the file system in memory that lies over the folder.
    pub options: CString,
    /// `1000 1234 1`: user, then group.
    pub maps: [CString; 2],
}

/// Everything that the child needs, made before it is.
pub(super) struct Plan {
    /// A fresh empty folder, where the program begins.
    pub folder: CString,
    /// None where the child stays in the namespaces of this process.
    pub private: Option<Private>,
    pub ends: [RawFd; 6],
    /// Landlock's ruleset, and what it allows in the private folder.
    pub ruleset: Option<(RawFd, u64)>,
    pub limits: Vec<(u32, libc::rlimit)>,
    pub filter: Vec<sock_filter>,
    pub executable: CString,
    pub arguments: Vec<CString>,
    pub environment: Vec<CString>,
}

/// Lists of pointers that end in null, as `execve` takes them.
pub(super) struct Pointers {
    arguments: Vec<*const c_char>,
    environment: Vec<*const c_char>,
}

impl Plan {
    pub(super) fn pointers(&self) -> Pointers {
        let list = |texts: &[CString]| -> Vec<*const c_char> {
            texts.iter().map(|t| t.as_ptr()).chain([std::ptr::null()]).collect()
        };
        Pointers { arguments: list(&self.arguments), environment: list(&self.environment) }
    }
}

#[repr(C, packed)]
struct PathBeneath {
    allowed: u64,
    parent: i32,
}

#[repr(C)]
struct Header {
    version: u32,
    pid: i32,
}

/// Becomes Python, or tells which step failed and ends.
///
/// # Safety
/// To be called in a copy of the process that `clone` has just made, with `pointers` of `plan`. Makes system calls only:
/// no allocation, no lock, no destructor.
pub(super) unsafe fn become_python(plan: &Plan, pointers: &Pointers) -> ! {
    // SAFETY: as the caller's; every pointer below is to memory that `plan`, `pointers` or this frame holds.
    unsafe {
        let mut setup = plan.ends[5];
        let failed = steps(plan, pointers, &mut setup);
        let errno = *libc::__errno_location();
        let told = [failed as u8, (errno & 0xff) as u8];
        libc::write(setup, told.as_ptr().cast(), told.len());
        libc::_exit(127)
    }
}

/// The steps in their order; the place of the one that failed.
unsafe fn steps(plan: &Plan, pointers: &Pointers, setup: &mut RawFd) -> usize {
    // SAFETY: as `become_python`'s.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
        if libc::setsid() < 0 {
            return 0;
        }
        if let Some(private) = &plan.private {
            if !mapped(private) {
                return 1;
            }
            if !mounted(&plan.folder, private) {
                return 2;
            }
        }
        if libc::chdir(plan.folder.as_ptr()) != 0 {
            return 2;
        }
        // The ruleset may have a number that is wanted for another descriptor.
        let ruleset =
            plan.ruleset.map(|(r, allowed)| (libc::fcntl(r, libc::F_DUPFD_CLOEXEC, ASIDE), allowed));
        if ruleset.is_some_and(|(r, _)| r < 0) || !placed(&plan.ends, setup) {
            return 3;
        }
        if !powerless() {
            return 4;
        }
        if let Some((ruleset, allowed)) = ruleset
            && !restricted(ruleset, allowed, plan.private.is_some().then_some(&plan.folder))
        {
            return 5;
        }
        // Where the kernel has no such call, everything that this program opens is closed by `execve` all the same.
        libc::syscall(libc::SYS_close_range, KEPT, c_int::MAX, 0);
        for (which, limit) in &plan.limits {
            if libc::syscall(libc::SYS_prlimit64, 0, *which, limit, std::ptr::null::<c_void>()) != 0 {
                return 6;
            }
        }
        // This program ignores SIGPIPE, which Python would inherit, and blocked all signals before the copy.
        libc::signal(libc::SIGPIPE, libc::SIG_DFL);
        let mut none: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const none, std::ptr::null_mut());
        if !plan.filter.is_empty() {
            let program = libc::sock_fprog {
                len: plan.filter.len() as u16,
                filter: plan.filter.as_ptr().cast_mut().cast(),
            };
            if libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0, &raw const program) != 0 {
                return 7;
            }
        }
        libc::execve(plan.executable.as_ptr(), pointers.arguments.as_ptr(), pointers.environment.as_ptr());
        8
    }
}

/// Gives the new namespace its one user and group.
unsafe fn mapped(private: &Private) -> bool {
    let [users, groups] = &private.maps;
    // Without the first line an ordinary user may not write the third.
    let writes = [
        (c"/proc/self/setgroups", c"deny"),
        (c"/proc/self/uid_map", users.as_c_str()),
        (c"/proc/self/gid_map", groups.as_c_str()),
    ];
    writes.iter().all(|(path, text)| {
        // SAFETY: both texts end in null and outlive the calls; the descriptor is closed by `execve` at the latest.
        unsafe {
            let file = libc::open(path.as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
            let length = text.count_bytes();
            file >= 0 && libc::write(file, text.as_ptr().cast(), length) == length as isize
        }
    })
}

/// Lays a file system in memory over the folder; no other process sees it.
unsafe fn mounted(folder: &CStr, private: &Private) -> bool {
    let flags = libc::MS_NOSUID | libc::MS_NODEV | libc::MS_NOEXEC;
    // SAFETY: all texts end in null and outlive the calls.
    unsafe {
        let own = libc::MS_REC | libc::MS_PRIVATE;
        libc::mount(std::ptr::null(), c"/".as_ptr(), std::ptr::null(), own, std::ptr::null()) == 0
            && libc::mount(
                c"tmpfs".as_ptr(),
                folder.as_ptr(),
                c"tmpfs".as_ptr(),
                flags,
                private.options.as_ptr().cast(),
            ) == 0
    }
}

/// Puts the descriptors in their places; `setup` becomes 5 and is closed by `execve`.
unsafe fn placed(ends: &[RawFd; 6], setup: &mut RawFd) -> bool {
    let mut aside = [0; 6];
    // SAFETY: numbers alone.
    unsafe {
        for (to, from) in aside.iter_mut().zip(ends) {
            *to = libc::fcntl(*from, libc::F_DUPFD_CLOEXEC, ASIDE);
            if *to < 0 {
                return false;
            }
        }
        *setup = aside[5];
        for (place, from) in (0..).zip(aside) {
            let flags = if place == 5 { libc::O_CLOEXEC } else { 0 };
            if libc::dup3(from, place, flags) < 0 {
                return false;
            }
        }
    }
    *setup = 5;
    true
}

/// No capability, now or by starting a program, and no new privileges.
unsafe fn powerless() -> bool {
    let header = Header { version: CAPABILITIES, pid: 0 };
    let none = [0u32; 6];
    // SAFETY: the structures live in this frame; the others take numbers alone.
    unsafe {
        // Each is refused to a user who has nothing to give up; the last ones may not be.
        libc::syscall(libc::SYS_setgroups, 0, std::ptr::null::<c_void>());
        for capability in 0..=MOST_CAPABILITIES {
            libc::prctl(libc::PR_CAPBSET_DROP, capability, 0, 0, 0);
        }
        libc::prctl(libc::PR_SET_SECUREBITS, NO_ROOT, 0, 0, 0);
        libc::prctl(libc::PR_CAP_AMBIENT, libc::PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        libc::syscall(libc::SYS_capset, &raw const header, none.as_ptr()) == 0
            && libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    }
}

/// Adds the folder to the rules, where it is in memory, and puts them on.
unsafe fn restricted(ruleset: RawFd, allowed: u64, folder: Option<&CString>) -> bool {
    // SAFETY: texts and structure outlive the calls.
    unsafe {
        if let Some(folder) = folder {
            let parent = libc::open(folder.as_ptr(), libc::O_PATH | libc::O_CLOEXEC);
            let rule = PathBeneath { allowed, parent };
            let added: c_long =
                libc::syscall(libc::SYS_landlock_add_rule, ruleset, BENEATH, &raw const rule, 0);
            if parent < 0 || added != 0 {
                return false;
            }
        }
        libc::syscall(libc::SYS_landlock_restrict_self, ruleset, 0) == 0
    }
}
