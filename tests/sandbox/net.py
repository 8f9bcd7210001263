import socket

for family in ["AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG"]:
    for kind in ["SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW"]:
        attempt(f"opens a socket {family} {kind}", lambda: socket.socket(getattr(socket, family), getattr(socket, kind)))
attempt("connects", lambda: socket.create_connection(("127.0.0.1", PORT), timeout=1))
attempt("asks a name", lambda: socket.getaddrinfo("example.com", 80)[0])
attempt("makes a pair of datagram sockets", lambda: socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM))
here, there = socket.socketpair()
here.send(b"x")
assert there.recv(1) == b"x"
attempt("sends to a name that is not connected", lambda: here.sendto(b"x", "\0" + ABSTRACT))
attempt("binds", lambda: here.bind("name"))
attempt("connects the pair elsewhere", lambda: here.connect("\0" + ABSTRACT))
attempt("hands over a descriptor", lambda: here.sendmsg([b"x"]))
