def content(path):
    with open(path, "rb") as file:
        return file.read(100)


for path in [SECRET, "/etc/shadow", "/etc/passwd", "/etc/hostname", "/proc/self/environ", "/proc/self/maps", "/proc/1/environ", "/dev/mem",
             f"/proc/{PARENT}/environ", f"/proc/{PARENT}/mem", f"/proc/{PARENT}/cmdline", f"/proc/{PARENT}/root{SECRET}"]:
    attempt("reads " + path, lambda: content(path))
attempt("reads by a way around", lambda: content(os.path.relpath(SECRET)))
attempt("maps a file", lambda: __import__("mmap").mmap(os.open(SECRET, os.O_RDONLY), 1, prot=1))
for folder in ["/", "/etc", "/proc", "/var", os.path.dirname(SECRET), f"/proc/{PARENT}/fd", f"/proc/{PARENT}/cwd"]:
    attempt("lists " + folder, lambda: os.listdir(folder))
attempt("opens a folder to reach what is below", lambda: os.open("secret", os.O_RDONLY, dir_fd=os.open(os.path.dirname(SECRET), os.O_PATH)))
attempt("makes a link to it and reads that", lambda: (os.symlink(SECRET, "link"), content("link")))
attempt("makes a hard link to it", lambda: os.link(SECRET, "hard"))
attempt("follows a link that was there", lambda: content(LINK))
attempt("starts a shell", lambda: os.execv("/bin/sh", ["sh", "-c", "cat " + SECRET]))
attempt("has an environment", lambda: list(os.environ.items())[0])
