# The private folder: usable, and bounded in bytes and in files. At most 64 MiB and 3,000 files are tried.
os.mkdir("below")
with open("below/file", "w") as file:
    file.write("text")
with open("below/file") as file:
    assert file.read() == "text"
os.rename("below/file", "below/other")
os.remove("below/other")
os.rmdir("below")


def fill():
    with open("large", "wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 20))


def fill_with_several():
    for i in range(64):
        with open(f"part{i}", "wb") as file:
            file.write(bytes(1 << 20))


def many():
    for i in range(3000):
        open(f"small{i}", "w").close()


attempt("writes a file of 64 MiB", fill)
os.remove("large")
attempt("writes 64 files of 1 MiB", fill_with_several)
for i in range(64):
    if os.path.exists(f"part{i}"):
        os.remove(f"part{i}")
attempt("makes a hole of 10 GiB", lambda: os.truncate(os.open("hole", os.O_CREAT | os.O_RDWR), 10 << 30))
attempt("makes 3,000 files", many)
