import fcntl, signal

for who, pid in [("the parent", PARENT), ("the victim", VICTIM), ("its own group", 0), ("everybody", -1), ("the first", 1)]:
    for number in [signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM]:
        attempt(f"sends {number} to {who}", lambda: os.kill(pid, number))
attempt("kills its parent", lambda: os.kill(os.getppid(), signal.SIGKILL))
attempt("kills a group", lambda: os.killpg(PARENT, signal.SIGKILL))
attempt("kills a thread", lambda: call(TGKILL, VICTIM, VICTIM, 9))
attempt("queues a signal", lambda: call(SIGQUEUE, VICTIM, 9, ctypes.create_string_buffer(128)))
attempt("opens a process", lambda: os.pidfd_open(VICTIM))
here, there = os.pipe()
attempt("lets the kernel send a signal", lambda: fcntl.fcntl(here, fcntl.F_SETOWN, VICTIM))
attempt("chooses that signal", lambda: fcntl.fcntl(here, 10, 9))
attempt("asks for that signal", lambda: fcntl.fcntl(here, fcntl.F_SETFL, os.O_ASYNC))
attempt("traces it", lambda: call(PTRACE, 16, VICTIM, 0, 0))
attempt("lets itself be traced", lambda: call(PTRACE, 0, 0, 0, 0))
attempt("reads its memory", lambda: call(VM_READ, VICTIM, 0, 0, 0, 0, 0))
attempt("limits it", lambda: __import__("resource").prlimit(VICTIM, 0, (1, 1)))
attempt("changes its priority", lambda: os.setpriority(os.PRIO_PROCESS, VICTIM, 19))
