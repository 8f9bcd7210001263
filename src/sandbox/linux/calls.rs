//! seccomp: the system calls that exist for the process.

use crate::sandbox::protection::Wall;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch,
};
use std::collections::BTreeMap;

/// Calls that are allowed whatever they are given. Landlock decides about paths; there is nothing here that changes owners,
/// modes, times or attributes of files, which landlock does not watch.
const ALLOWED: &[libc::c_long] = &[
    // Files.
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_preadv,
    libc::SYS_pwritev,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_lseek,
    libc::SYS_fstat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_statfs,
    libc::SYS_fstatfs,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
    libc::SYS_getcwd,
    libc::SYS_chdir,
    libc::SYS_fchdir,
    libc::SYS_mkdirat,
    libc::SYS_unlinkat,
    libc::SYS_renameat2,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    libc::SYS_fadvise64,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_flock,
    libc::SYS_umask,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_pipe2,
    libc::SYS_sendfile,
    libc::SYS_copy_file_range,
    // Memory.
    libc::SYS_mmap,
    libc::SYS_munmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_msync,
    libc::SYS_brk,
    libc::SYS_membarrier,
    // Threads and waiting.
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_get_robust_list,
    libc::SYS_set_tid_address,
    libc::SYS_rseq,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_getparam,
    libc::SYS_sched_getscheduler,
    libc::SYS_sched_get_priority_max,
    libc::SYS_sched_get_priority_min,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    libc::SYS_timerfd_create,
    libc::SYS_timerfd_settime,
    libc::SYS_timerfd_gettime,
    libc::SYS_wait4,
    libc::SYS_waitid,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_restart_syscall,
    // Its own signals; there is no call that sends one.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigpending,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_rt_sigsuspend,
    libc::SYS_sigaltstack,
    libc::SYS_getitimer,
    libc::SYS_setitimer,
    // Time and what it is.
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_times,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getppid,
    libc::SYS_getpgid,
    libc::SYS_getsid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getresuid,
    libc::SYS_getresgid,
    libc::SYS_getgroups,
    libc::SYS_getpriority,
    libc::SYS_getrusage,
    libc::SYS_getcpu,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    // Pairs of connected streams, which asyncio wakes itself with.
    libc::SYS_recvfrom,
    libc::SYS_shutdown,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    // Python itself is started by it; landlock lets nothing else start.
    libc::SYS_execve,
];

/// Their elder forms, which newer architectures do not have.
#[cfg(target_arch = "x86_64")]
const ELDER: &[libc::c_long] = &[
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_readlink,
    libc::SYS_mkdir,
    libc::SYS_rmdir,
    libc::SYS_unlink,
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_dup2,
    libc::SYS_pipe,
    libc::SYS_poll,
    libc::SYS_select,
    libc::SYS_epoll_create,
    libc::SYS_epoll_wait,
    libc::SYS_eventfd,
    libc::SYS_getpgrp,
    libc::SYS_getrlimit,
    libc::SYS_time,
    libc::SYS_alarm,
    libc::SYS_pause,
    libc::SYS_arch_prctl,
];
#[cfg(not(target_arch = "x86_64"))]
const ELDER: &[libc::c_long] = &[];

/// `fcntl`: copies, flags and locks; not who gets signals.
const FCNTL: &[libc::c_int] = &[
    libc::F_DUPFD,
    libc::F_DUPFD_CLOEXEC,
    libc::F_GETFD,
    libc::F_SETFD,
    libc::F_GETFL,
    libc::F_GETLK,
    libc::F_SETLK,
    libc::F_SETLKW,
    libc::F_OFD_GETLK,
    libc::F_OFD_SETLK,
    libc::F_OFD_SETLKW,
    libc::F_GETPIPE_SZ,
];

/// `ioctl`: whether it is a terminal, flags, bytes that wait; not what types into a terminal.
const IOCTL: &[u64] = &[
    libc::TCGETS as _,
    libc::TIOCGWINSZ as _,
    libc::FIOCLEX as _,
    libc::FIONCLEX as _,
    libc::FIONBIO as _,
    libc::FIONREAD as _,
];

/// `prctl`: names of threads and of memory (`PR_SET_VMA`).
const PRCTL: &[libc::c_int] = &[libc::PR_SET_NAME, libc::PR_GET_NAME, 0x5356_4d41];

/// What stands in for the flags that make a thread of a new process.
const THREAD: u64 = (libc::CLONE_THREAD | libc::CLONE_VM | libc::CLONE_SIGHAND) as u64;
/// Flags of new namespaces, of which none may be there.
const NAMESPACES: u64 = (libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP) as u64;

/// All bits of an argument of 32.
const LOWER: u64 = 0xffff_ffff;

/// `argument & mask == value`, of the lower 32 bits.
struct Where(u8, u64, u64);

fn rule(conditions: &[Where]) -> Result<SeccompRule, String> {
    let condition = |Where(argument, mask, value): &Where| {
        SeccompCondition::new(*argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(*mask), *value)
    };
    let conditions: Result<Vec<_>, _> = conditions.iter().map(condition).collect();
    conditions.and_then(SeccompRule::new).map_err(|e| e.to_string())
}

/// One of the values of an argument.
fn any(argument: u8, values: impl IntoIterator<Item = u64>) -> Result<Vec<SeccompRule>, String> {
    values.into_iter().map(|value| rule(&[Where(argument, LOWER, value)])).collect()
}

/// Opening may not cut a file short that is opened for reading: landlock knows of that from its third ABI on only.
fn opening(flags: u8) -> Result<Vec<SeccompRule>, String> {
    let (cut, mode) = (libc::O_TRUNC as u64, libc::O_ACCMODE as u64);
    Ok(vec![
        rule(&[Where(flags, cut, 0)])?,
        rule(&[Where(flags, mode, libc::O_WRONLY as u64)])?,
        rule(&[Where(flags, mode, libc::O_RDWR as u64)])?,
    ])
}

/// Every call that is allowed, with the arguments that it may have; without any, all of them.
fn rules() -> Result<BTreeMap<i64, Vec<SeccompRule>>, String> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> =
        ALLOWED.iter().chain(ELDER).map(|call| (*call, Vec::new())).collect();
    rules.insert(libc::SYS_openat, opening(2)?);
    #[cfg(target_arch = "x86_64")]
    rules.insert(libc::SYS_open, opening(1)?);
    rules.insert(libc::SYS_clone, vec![rule(&[Where(0, THREAD | NAMESPACES, THREAD)])?]);
    let mut controls = any(1, FCNTL.iter().map(|c| *c as u64))?;
    // Flags of a descriptor, but not signals when it is ready.
    let flags = Where(1, LOWER, libc::F_SETFL as u64);
    controls.push(rule(&[flags, Where(2, libc::O_ASYNC as u64, 0)])?);
    rules.insert(libc::SYS_fcntl, controls);
    rules.insert(libc::SYS_ioctl, any(1, IOCTL.iter().copied())?);
    rules.insert(libc::SYS_prctl, any(0, PRCTL.iter().map(|c| *c as u64))?);
    // Its own limits alone.
    rules.insert(libc::SYS_prlimit64, any(0, [0])?);
    let stream = [Where(0, LOWER, libc::AF_UNIX as u64), Where(1, 0xf, libc::SOCK_STREAM as u64)];
    rules.insert(libc::SYS_socketpair, vec![rule(&stream)?]);
    // To the other end, never to an address: all of the pointer is 0.
    let nowhere = SeccompCondition::new(4, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0);
    let nowhere = nowhere.and_then(|c| SeccompRule::new(vec![c])).map_err(|e| e.to_string())?;
    rules.insert(libc::SYS_sendto, vec![nowhere]);
    Ok(rules)
}

/// The filter: what is not allowed does not exist (`ENOSYS`), so that libraries fall back to what they did before it.
///
/// # Errors
/// On an architecture without a list, or a rule that cannot be compiled.
pub(super) fn filter() -> Result<BpfProgram, String> {
    let arch = TargetArch::try_from(std::env::consts::ARCH).map_err(|e| e.to_string())?;
    let (refused, allowed) = (SeccompAction::Errno(libc::ENOSYS as u32), SeccompAction::Allow);
    let filter = SeccompFilter::new(rules()?, refused, allowed, arch);
    filter.and_then(BpfProgram::try_from).map_err(|e| e.to_string())
}

/// What the kernel says to filters, for people.
pub(super) fn wall() -> Wall {
    let count = match filter().and_then(|_| rules()) {
        Ok(rules) => rules.len(),
        Err(why) => return Wall::off(why),
    };
    let allow: u32 = libc::SECCOMP_RET_ALLOW;
    // SAFETY: the pointer is to a number that lives during the call; nothing is installed.
    let there =
        unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_GET_ACTION_AVAIL, 0, &raw const allow) };
    match there {
        0 => Wall::on(format!("{count} system calls")),
        _ => Wall::off("the kernel has no filters of system calls"),
    }
}
