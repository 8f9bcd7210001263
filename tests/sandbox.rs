//! Attacks on the sandbox: each is a program that tries the thing and tells from inside whether it could, and each is held
//! against what is seen from outside. Every attack is bounded by itself, so that none harms the machine where a wall fails.
//!
//! The table runs as the user who tests, once with all that the kernel gives and once without namespaces; where that user is
//! root, also as an ordinary one, with the Python of the usual folders.
#![cfg(target_os = "linux")]

use persona_eval::sandbox::{Ended, Limits, Outcome, Program, Sandbox, Stop};
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What the tables that are run in another process are told; they are the same test of the same binary.
const EXPECTED: &str = "SANDBOX_EXPECTED";
const TABLE: &str = "every_attack_is_held";
/// Calls that no program of an answer needs.
const CALLS: &[(&str, libc::c_long)] = &[
    ("mount", libc::SYS_mount),
    ("umount2", libc::SYS_umount2),
    ("pivot_root", libc::SYS_pivot_root),
    ("chroot", libc::SYS_chroot),
    ("unshare", libc::SYS_unshare),
    ("setns", libc::SYS_setns),
    ("open_tree", libc::SYS_open_tree),
    ("fsopen", libc::SYS_fsopen),
    ("clone3", libc::SYS_clone3),
    ("bpf", libc::SYS_bpf),
    ("perf_event_open", libc::SYS_perf_event_open),
    ("io_uring_setup", libc::SYS_io_uring_setup),
    ("io_uring_enter", libc::SYS_io_uring_enter),
    ("userfaultfd", libc::SYS_userfaultfd),
    ("keyctl", libc::SYS_keyctl),
    ("add_key", libc::SYS_add_key),
    ("ptrace", libc::SYS_ptrace),
    ("process_vm_readv", libc::SYS_process_vm_readv),
    ("process_vm_writev", libc::SYS_process_vm_writev),
    ("process_madvise", libc::SYS_process_madvise),
    ("kcmp", libc::SYS_kcmp),
    ("pidfd_open", libc::SYS_pidfd_open),
    ("pidfd_getfd", libc::SYS_pidfd_getfd),
    ("pidfd_send_signal", libc::SYS_pidfd_send_signal),
    ("kill", libc::SYS_kill),
    ("tkill", libc::SYS_tkill),
    ("tgkill", libc::SYS_tgkill),
    ("socket", libc::SYS_socket),
    ("connect", libc::SYS_connect),
    ("bind", libc::SYS_bind),
    ("sendmsg", libc::SYS_sendmsg),
    ("sendmmsg", libc::SYS_sendmmsg),
    ("recvmsg", libc::SYS_recvmsg),
    ("fanotify_init", libc::SYS_fanotify_init),
    ("inotify_init1", libc::SYS_inotify_init1),
    ("open_by_handle_at", libc::SYS_open_by_handle_at),
    ("name_to_handle_at", libc::SYS_name_to_handle_at),
    ("openat2", libc::SYS_openat2),
    ("truncate", libc::SYS_truncate),
    ("fchmod", libc::SYS_fchmod),
    ("fchmodat", libc::SYS_fchmodat),
    ("fchownat", libc::SYS_fchownat),
    ("utimensat", libc::SYS_utimensat),
    ("setxattr", libc::SYS_setxattr),
    ("removexattr", libc::SYS_removexattr),
    ("linkat", libc::SYS_linkat),
    ("symlinkat", libc::SYS_symlinkat),
    ("mknodat", libc::SYS_mknodat),
    ("memfd_create", libc::SYS_memfd_create),
    ("memfd_secret", libc::SYS_memfd_secret),
    ("shmget", libc::SYS_shmget),
    ("semget", libc::SYS_semget),
    ("msgget", libc::SYS_msgget),
    ("mq_open", libc::SYS_mq_open),
    ("seccomp", libc::SYS_seccomp),
    ("landlock_create_ruleset", libc::SYS_landlock_create_ruleset),
    ("capset", libc::SYS_capset),
    ("setuid", libc::SYS_setuid),
    ("setresuid", libc::SYS_setresuid),
    ("setgroups", libc::SYS_setgroups),
    ("setsid", libc::SYS_setsid),
    ("setpgid", libc::SYS_setpgid),
    ("setrlimit", libc::SYS_setrlimit),
    ("setpriority", libc::SYS_setpriority),
    ("sched_setscheduler", libc::SYS_sched_setscheduler),
    ("sched_setattr", libc::SYS_sched_setattr),
    ("personality", libc::SYS_personality),
    ("execveat", libc::SYS_execveat),
    ("init_module", libc::SYS_init_module),
    ("finit_module", libc::SYS_finit_module),
    ("kexec_load", libc::SYS_kexec_load),
    ("reboot", libc::SYS_reboot),
    ("swapon", libc::SYS_swapon),
    ("acct", libc::SYS_acct),
    ("quotactl", libc::SYS_quotactl),
    ("sethostname", libc::SYS_sethostname),
    ("syslog", libc::SYS_syslog),
    ("clock_settime", libc::SYS_clock_settime),
    ("vhangup", libc::SYS_vhangup),
    ("mlockall", libc::SYS_mlockall),
    ("vmsplice", libc::SYS_vmsplice),
    ("a call that is not there yet", 4000),
];

/// What the attacks aim at.
struct Targets {
    home: tempfile::TempDir,
    listener: TcpListener,
    abstracted: UnixListener,
    victim: Child,
}

impl Targets {
    fn new() -> Self {
        let home = tempfile::tempdir().expect("a folder");
        for name in ["secret", "canary"] {
            std::fs::write(home.path().join(name), name).expect("writes");
        }
        std::os::unix::fs::symlink(home.path().join("secret"), home.path().join("link")).expect("links");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("sets");
        let name = SocketAddr::from_abstract_name(abstract_name()).expect("a name");
        let abstracted = UnixListener::bind_addr(&name).expect("a socket");
        abstracted.set_nonblocking(true).expect("sets");
        let victim = Command::new("sleep").arg("300").spawn().expect("a victim");
        Self { home, listener, abstracted, victim }
    }

    /// The attack with what it needs to know.
    fn attack(&self, text: &str) -> String {
        let path = |name: &str| format!("{:?}", self.home.path().join(name).display().to_string());
        let calls: Vec<String> = CALLS.iter().map(|(name, n)| format!("({name:?}, {n})")).collect();
        format!(
            "{}\nSECRET = {}\nCANARY = {}\nLINK = {}\nPORT = {}\nABSTRACT = {:?}\nPARENT = {}\nVICTIM = {}\n\
             CLONE, TGKILL, SIGQUEUE, PTRACE, VM_READ = {}, {}, {}, {}, {}\nCALLS = [{}]\n{text}",
            include_str!("sandbox/attempt.py"),
            path("secret"),
            path("canary"),
            path("link"),
            self.listener.local_addr().expect("an address").port(),
            abstract_name(),
            std::process::id(),
            self.victim.id(),
            libc::SYS_clone,
            libc::SYS_tgkill,
            libc::SYS_rt_sigqueueinfo,
            libc::SYS_ptrace,
            libc::SYS_process_vm_readv,
            calls.join(", "),
        )
    }

    /// Nothing has happened to them.
    fn untouched(&mut self, after: &str) {
        let canary = self.home.path().join("canary");
        assert_eq!(std::fs::read_to_string(&canary).expect("reads"), "canary", "{after}");
        let found = canary.metadata().expect("is there");
        assert_ne!(found.permissions().mode() & 0o777, 0o777, "{after}");
        assert!(found.mtime() > 0, "{after}");
        let mut names: Vec<_> = std::fs::read_dir(self.home.path())
            .expect("lists")
            .map(|e| e.expect("an entry").file_name().into_string().expect("a name"))
            .collect();
        names.sort();
        assert_eq!(names, ["canary", "link", "secret"], "{after}");
        let nobody = |e: std::io::Error| e.kind() == ErrorKind::WouldBlock;
        assert!(self.listener.accept().is_err_and(nobody), "{after}: a connection came");
        assert!(self.abstracted.accept().is_err_and(nobody), "{after}: a connection came");
        assert!(self.victim.try_wait().expect("asks").is_none(), "{after}: the victim is dead");
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.victim.id())).expect("reads");
        assert!(!stat.contains(") T"), "{after}: the victim is stopped");
    }
}

impl Drop for Targets {
    fn drop(&mut self) {
        let _ = self.victim.kill();
        let _ = self.victim.wait();
    }
}

fn abstract_name() -> String {
    format!("persona-eval-test-{}", std::process::id())
}

fn open() -> Sandbox {
    Sandbox::open(false).unwrap_or_else(|e| panic!("{e}"))
}

fn run(sandbox: &Sandbox, setup: &str, tests: &str, seconds: f64) -> Outcome {
    let program = Program { setup: setup.to_owned(), tests: tests.to_owned() };
    sandbox.run(&program, &Limits::default().within(seconds)).unwrap_or_else(|e| panic!("{e}\n{setup}"))
}

/// Attacks of several attempts, with the number of lines that tell of one that was held.
fn attempts(sandbox: &Sandbox, targets: &mut Targets) {
    let (namespaces, calls) = (sandbox.protection().namespaces.on, CALLS.len());
    for (name, text, held) in [
        ("read", include_str!("sandbox/read.py"), 27),
        ("write", include_str!("sandbox/write.py"), 23),
        ("net", include_str!("sandbox/net.py"), 28),
        ("kill", include_str!("sandbox/kill.py"), 28),
        ("start", include_str!("sandbox/start.py"), 15),
        ("calls", include_str!("sandbox/calls.py"), calls),
        ("inherited", include_str!("sandbox/inherited.py"), 1),
        ("folder", include_str!("sandbox/folder.py"), 4),
    ] {
        let outcome = run(sandbox, &targets.attack(text), "", 20.0);
        let told = format!("{name}: {outcome}\n{}{}", outcome.stdout, outcome.stderr);
        assert!(!outcome.stdout.contains("COULD"), "{told}");
        if name == "folder" && !namespaces {
            // Without a file system in memory there is no folder that could be filled.
            assert!(outcome.why().starts_with("PermissionError"), "{told}");
        } else {
            assert!(outcome.finished, "{told}");
            let lines = outcome.stdout.lines().filter(|l| l.starts_with("held")).count();
            assert_eq!(lines, held, "{told}");
        }
        targets.untouched(name);
    }
}

/// Attacks that end the program, with the reason that is told.
fn endings(sandbox: &Sandbox) {
    for (setup, tests, why) in [
        // Time: a loop, one that will not be ended, one behind closed streams, a sleep.
        ("while True: pass", "", "stopped after 1 s"),
        (
            "import signal\nfor n in range(1, 65):\n  try: signal.signal(n, signal.SIG_IGN)\n  except Exception: pass\nwhile True: pass",
            "",
            "stopped after 1 s",
        ),
        (
            "import os, time\nfor fd in range(64):\n  try: os.close(fd)\n  except OSError: pass\ntime.sleep(20)",
            "",
            "stopped after 1 s",
        ),
        ("import time; time.sleep(20)", "", "stopped after 1 s"),
        (
            "import threading, time; threading.Thread(target=time.sleep, args=(20,)).start()",
            "while True: pass",
            "stopped after 1 s",
        ),
        // Memory, at most 4 GiB: one piece, many, a number, a text.
        ("x = bytearray(4 << 30)", "", "more than 512 MiB of memory"),
        (
            "x = []\nfor i in range(4096): x.append(bytearray(b'x' * (1 << 20)))",
            "",
            "more than 512 MiB of memory",
        ),
        ("import mmap\nx = mmap.mmap(-1, 4 << 30)", "", "OSError: [Errno 12]"),
        ("x = 'x' * (1 << 31)", "", "more than 512 MiB of memory"),
        // Output, at most 64 MiB.
        ("for i in range(64): print('x' * (1 << 20))", "", "more than 1 MiB of output"),
        ("import os\nfor i in range(64): os.write(2, b'x' * (1 << 20))", "", "more than 1 MiB of output"),
        // Recursion.
        ("def f(): f()\nf()", "", "RecursionError"),
        // The program ends before its tests do.
        ("import sys; sys.exit(0)", "assert True", "SystemExit: 0"),
        ("raise SystemExit", "assert True", "SystemExit"),
        ("import os; os._exit(0)", "assert True", "exit code 0 before the tests were done"),
        ("import os\ndef f(): os._exit(0)", "assert f() == 1", "exit code 0 before the tests were done"),
        ("import os, sys; os.execv(sys.executable, ['python3', '-c', ''])", "assert 0", "exit code 0 before"),
        (
            "import atexit, os; atexit.register(os._exit, 0)\ndef f(): return 1",
            "assert f() == 2",
            "AssertionError, at `assert f() == 2`",
        ),
        (
            "import os, sys; sys.excepthook = lambda *a: os._exit(0)",
            "assert 1 == 2",
            "AssertionError, at `assert 1 == 2`",
        ),
        // The assertion is caught, replaced or jumped over.
        ("import builtins; builtins.AssertionError = ZeroDivisionError", "assert 1 == 2", "AssertionError"),
        ("AssertionError = None", "assert 1 == 2", "AssertionError"),
        (
            "import builtins; builtins.abs = builtins.all = builtins.vars = lambda *x: True",
            "assert abs(-2) == 3",
            "AssertionError",
        ),
        (
            "import sys\ndef skip(f, e, a):\n  if e == 'line': f.f_lineno += 1\n  return skip\nsys.settrace(skip)",
            "assert 1 == 2\nx = 1",
            "RuntimeError: sys.settrace is not allowed here",
        ),
        ("import sys\ndef f(): sys.setprofile(print)", "f()", "RuntimeError: sys.setprofile"),
        ("import gc; gc.get_objects()", "", "RuntimeError: gc.get_objects"),
        ("x = '''", "assert 1 == 2\n'''", "SyntaxError"),
        ("x = (", "1)", "SyntaxError"),
        // The proof is forged, or its channel closed.
        ("import os; os.write(4, b'0' * 32); os._exit(0)", "", "exit code 0 before the tests were done"),
        ("import os; os.write(4, b'+' + b'0' * 32)", "", "exit code 0 before the tests were done"),
        ("import os; os.close(4)", "", "OSError: [Errno 9]"),
        ("import sys; print(sys._getframe(2).f_locals['token'])", "", "KeyError: 'token'"),
        // An exception that cannot be shown.
        (
            "class E(Exception):\n  def __str__(self): raise E\nraise E",
            "",
            "an exception that cannot be shown",
        ),
    ] {
        // What does not wait for the clock has time enough on a busy machine.
        let seconds = if why.starts_with("stopped") { 1.0 } else { 20.0 };
        let outcome = run(sandbox, setup, tests, seconds);
        assert!(!outcome.finished, "{setup}\n{tests}\n{outcome:?}");
        assert!(outcome.why().starts_with(why), "{setup}\n{tests}\nis not `{why}`: {outcome:?}");
        assert!(outcome.stdout.len() <= 1 << 20 && outcome.stderr.len() <= 1 << 20);
    }
    // Without a limit of Python's own, recursion meets the stack or the memory, whichever is first.
    let deep = "import sys; sys.setrecursionlimit(10**9)\ndef f(x): return f([x]) + 1\nf(0)";
    let outcome = run(sandbox, deep, "", 10.0);
    assert!(!outcome.finished, "{outcome:?}");
    // Threads, at most 400 with small stacks: the kernel counts them for an ordinary user, the watcher for everybody.
    let many = "import threading, time\nthreading.stack_size(65536)\n\
                for i in range(400): threading.Thread(target=time.sleep, args=(5,), daemon=True).start()\ntime.sleep(1)";
    let outcome = run(sandbox, many, "", 20.0);
    assert!(
        outcome.ended == Ended::Stopped(Stop::Threads) || outcome.why().contains("can't start new thread"),
        "{outcome:?}"
    );
}

/// Nothing that a program starts outlives it.
fn survivors(sandbox: &Sandbox) {
    let mark = format!("survivor-of-{}", std::process::id());
    let flee = format!(
        "import os, sys\nfor flee in (os.setsid, os.fork):\n  try: flee()\n  except OSError: pass\n\
         os.execv(sys.executable, ['python3', '-S', '-c', 'import time; time.sleep(30)', {mark:?}])"
    );
    let outcome = run(sandbox, &flee, "", 1.0);
    assert_eq!(outcome.ended, Ended::Stopped(Stop::Time), "{outcome:?}");
    assert!(!running(&mark), "a process outlived its program");
}

/// Whether some process has this among its arguments.
fn running(mark: &str) -> bool {
    std::fs::read_dir("/proc").expect("lists").flatten().any(|e| {
        let line = std::fs::read(e.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(mark)
    })
}

#[test]
fn every_attack_is_held() {
    let sandbox = open();
    let protection = sandbox.protection();
    println!("{protection}");
    match std::env::var(EXPECTED).as_deref() {
        Ok("no namespaces") => assert!(!protection.namespaces.on, "{protection}"),
        Ok("an ordinary user") => {
            // SAFETY: asks for a number.
            assert_ne!(unsafe { libc::geteuid() }, 0);
        }
        _ => {}
    }
    let mut targets = Targets::new();
    attempts(&sandbox, &mut targets);
    endings(&sandbox);
    survivors(&sandbox);
    targets.untouched("all");
    let left = std::fs::read_dir(std::env::temp_dir()).expect("lists").flatten();
    let ours = left.filter(|e| e.file_name().to_string_lossy().starts_with("persona-eval-"));
    let fresh = ours.filter(|e| e.metadata().is_ok_and(|m| m.uid() == own_uid() && !old(&m)));
    assert_eq!(fresh.count(), 0, "private folders are removed");
}

fn own_uid() -> u32 {
    // SAFETY: asks for a number.
    unsafe { libc::geteuid() }
}

/// A folder of a program that another test, or another run, has not ended yet is no finding.
fn old(metadata: &std::fs::Metadata) -> bool {
    metadata.modified().is_ok_and(|m| m.elapsed().is_ok_and(|e| e.as_secs() < 30 || e.as_secs() > 600))
}

/// Runs the table again in another process, with what it must find there.
fn again(mut command: Command, expected: &str) {
    let told = command.env(EXPECTED, expected).stdin(Stdio::null()).output().expect("starts");
    let text = format!("{}{}", String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    assert!(told.status.success() && text.contains("1 passed"), "{expected}: {}\n{text}", told.status);
}

fn this() -> PathBuf {
    std::env::current_exe().expect("this test")
}

#[test]
fn every_attack_is_held_without_namespaces() {
    if !open().protection().namespaces.on {
        // The table itself has run without them.
        return;
    }
    // In a namespace of users whose own limit of namespaces is 0, none can be made.
    let mut command = Command::new("unshare");
    let script = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" --exact \"$1\" --nocapture";
    command.args(["--user", "--map-root-user", "sh", "-c", script]).arg(this()).arg(TABLE);
    again(command, "no namespaces");
}

#[test]
fn every_attack_is_held_for_an_ordinary_user() {
    if own_uid() != 0 {
        // The table itself has run as one.
        return;
    }
    const NOBODY: u32 = 65534;
    let place = tempfile::tempdir().expect("a folder");
    let open_to_all = |path: &Path| {
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("sets");
    };
    let binary = place.path().join("sandbox");
    std::fs::copy(this(), &binary).expect("copies");
    open_to_all(place.path());
    open_to_all(&binary);
    let mut command = Command::new(&binary);
    command.args(["--exact", TABLE, "--nocapture"]).current_dir("/");
    command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").uid(NOBODY).gid(NOBODY);
    again(command, "an ordinary user");
}

#[test]
fn without_landlock_nothing_is_run_unless_it_is_allowed() {
    if std::env::var(EXPECTED).as_deref() == Ok("no landlock") {
        let refused = Sandbox::open(false).expect_err("a wall is missing").to_string();
        assert!(refused.contains("landlock: the kernel has none"), "{refused}");
        assert!(refused.contains("--allow-unsandboxed"), "{refused}");
        let sandbox = Sandbox::open(true).unwrap_or_else(|e| panic!("{e}"));
        assert!(!sandbox.protection().landlock.on && sandbox.protection().limits.on);
        assert!(run(&sandbox, "x = 1", "assert x == 1", 1.0).finished);
        for (setup, why) in [
            ("while True: pass", "stopped after 1 s"),
            ("x = bytearray(4 << 30)", "more than 512 MiB of memory"),
            ("for i in range(64): print('x' * (1 << 20))", "more than 1 MiB of output"),
        ] {
            assert_eq!(run(&sandbox, setup, "", 1.0).why(), why);
        }
        return;
    }
    // A kernel without landlock: its calls do not exist for this process.
    let calls = [libc::SYS_landlock_create_ruleset, libc::SYS_landlock_restrict_self];
    let filter = seccompiler::SeccompFilter::new(
        calls.into_iter().map(|c| (c, Vec::new())).collect(),
        seccompiler::SeccompAction::Allow,
        seccompiler::SeccompAction::Errno(libc::ENOSYS as u32),
        std::env::consts::ARCH.try_into().expect("a known architecture"),
    );
    let filter: seccompiler::BpfProgram = filter.and_then(TryInto::try_into).expect("compiles");
    let mut command = Command::new(this());
    command.args(["--exact", "without_landlock_nothing_is_run_unless_it_is_allowed", "--nocapture"]);
    let install = move || seccompiler::apply_filter(&filter).map_err(|_| ErrorKind::Other.into());
    // SAFETY: makes two system calls; nothing is allocated.
    unsafe { command.pre_exec(install) };
    again(command, "no landlock");
}

#[test]
fn without_python_nothing_is_run() {
    if std::env::var(EXPECTED).as_deref() == Ok("no Python") {
        let refused = Sandbox::open(true).expect_err("there is no Python").to_string();
        assert!(refused.contains("`python3` cannot be started"), "{refused}");
        return;
    }
    if std::env::var(EXPECTED).as_deref() == Ok("a broken Python") {
        let refused = Sandbox::open(true).expect_err("it does not start").to_string();
        assert!(refused.contains("does not tell where its files are"), "{refused}");
        return;
    }
    let place = tempfile::tempdir().expect("a folder");
    let again_with = |expected: &str| {
        let mut command = Command::new(this());
        command.args(["--exact", "without_python_nothing_is_run", "--nocapture"]).env("PATH", place.path());
        again(command, expected);
    };
    again_with("no Python");
    let broken = place.path().join("python3");
    std::fs::write(&broken, "#!/bin/sh\necho broken >&2\nexit 1\n").expect("writes");
    std::fs::set_permissions(&broken, PermissionsExt::from_mode(0o755)).expect("sets");
    again_with("a broken Python");
}
