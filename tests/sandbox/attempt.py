# What every attack begins with: tries a thing and tells from inside whether it could.
import ctypes, errno, os, sys


def attempt(name, action):
    try:
        found = action()
    except BaseException as error:
        print("held", name + ":", type(error).__name__, error, flush=True)
    else:
        print("COULD", name + ":", repr(found)[:100], flush=True)


libc = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    """A system call by its number; an error is raised."""
    found = libc.syscall(ctypes.c_long(number), *[ctypes.c_long(a) if isinstance(a, int) else a for a in arguments])
    if found < 0:
        raise OSError(ctypes.get_errno(), errno.errorcode.get(ctypes.get_errno(), "?"))
    return found


