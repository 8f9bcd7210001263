import stat


def kind(fd):
    return stat.S_IFMT(os.fstat(fd).st_mode)


assert kind(0) == stat.S_IFCHR and os.read(0, 1) == b"", "standard input is not empty"
assert kind(1) == kind(2) == kind(4) == stat.S_IFIFO
for fd in [3, *range(5, 4096)]:
    try:
        os.fstat(fd)
    except OSError:
        continue
    print("COULD have descriptor", fd, flush=True)
print("held all descriptors but four", flush=True)
