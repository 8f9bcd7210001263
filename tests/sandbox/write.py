import shutil


def cut():
    os.close(os.open(os.__file__, os.O_RDONLY | os.O_TRUNC))


folder = os.path.dirname(CANARY)
for mode in ["w", "a", "r+"]:
    attempt("opens a file with " + mode, lambda: open(CANARY, mode))
attempt("cuts a file that it may read", cut)
attempt("truncates", lambda: os.truncate(CANARY, 0))
attempt("removes", lambda: os.unlink(CANARY))
attempt("moves away", lambda: os.rename(CANARY, "taken"))
attempt("moves over", lambda: (open("mine", "w").close(), os.replace("mine", CANARY)))
attempt("makes a file beside it", lambda: open(folder + "/new", "w"))
attempt("makes a folder beside it", lambda: os.mkdir(folder + "/new"))
attempt("makes a file without a name", lambda: os.open(folder, os.O_TMPFILE | os.O_RDWR))
attempt("makes a pipe beside it", lambda: os.mkfifo(folder + "/pipe"))
attempt("makes a device", lambda: os.mknod("device", 0o20600, os.makedev(1, 1)))
attempt("changes its mode", lambda: os.chmod(CANARY, 0o777))
attempt("changes the mode of the folder", lambda: os.chmod(folder, 0o777))
attempt("changes its owner", lambda: os.chown(CANARY, 0, 0))
attempt("changes its times", lambda: os.utime(CANARY, (0, 0)))
attempt("gives it an attribute", lambda: os.setxattr(CANARY, "user.mark", b"1"))
attempt("makes an executable and starts it", lambda: (shutil.copy(sys.executable, "own"), os.execv("./own", ["own"])))
attempt("writes into the installation", lambda: open(os.__file__ + ".new", "w"))
attempt("writes into shared memory", lambda: open("/dev/shm/mark", "w"))
attempt("makes shared memory", lambda: __import__("_posixshmem").shm_open("/mark", os.O_CREAT | os.O_RDWR, 0o600))
attempt("makes a file in memory", lambda: os.memfd_create("mark"))
