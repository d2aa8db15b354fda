"""Uses the network, to receive or to send anything.

All listeners are the self-test's own, on this machine's loopback.
"""

from typing import Final

from codegen_eval.selftest.attack import BOTH, escape

ATTACKS: Final = (
    escape(
        "tcp",
        "connects to a listener on the loopback, of IP 4 and 6",
        """
import socket


def connect(family, host):
    with socket.socket(family, socket.SOCK_STREAM) as made:
        made.settimeout(2)
        made.connect((host, @TCP@))
        made.send(b"from a box")
    return host


for family, host in (
    (socket.AF_INET, "127.0.0.1"),
    (socket.AF_INET, "0.0.0.0"),
    (socket.AF_INET6, "::1"),
    (socket.AF_INET6, "::ffff:127.0.0.1"),
):
    attempt(host, connect, family, host)
attempt("by a name", socket.create_connection, ("localhost", @TCP@), 2)
""",
        BOTH,
    ),
    escape(
        "udp",
        "sends a datagram to the loopback, and asks for a name",
        """
import socket


def send():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.sendto(b"from a box", ("127.0.0.1", @UDP@))
    return "sent"


attempt("a datagram", send)
attempt("a name", socket.getaddrinfo, "localhost.localdomain", 80)
""",
    ),
    escape(
        "fast-open",
        "connects by sending, which needs no connect",
        """
import socket

MSG_FASTOPEN = 0x20000000


def send(kind, protocol=0):
    with socket.socket(socket.AF_INET, kind, protocol) as made:
        made.settimeout(2)
        made.sendto(b"from a box", MSG_FASTOPEN, ("127.0.0.1", @TCP@))
    return "sent"


attempt("fast open", send, socket.SOCK_STREAM)
attempt("several paths", send, socket.SOCK_STREAM, 262)
""",
    ),
    escape(
        "unix-sockets",
        "connects to sockets of the machine, by an abstract name and by a path",
        """
import socket


def connect(address, kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_UNIX, kind) as made:
        made.connect(address)
        made.send(b"from a box")
    return address


attempt("an abstract name", connect, "\\0@NAME@")
attempt("a path", connect, "@OUTSIDE@/socket")
attempt("datagrams", connect, "@OUTSIDE@/datagrams", socket.SOCK_DGRAM)


def pair():
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.sendto(b"from a box", "@OUTSIDE@/datagrams")
    return "sent"


attempt("one of a pair", pair)
for path in ("/run/docker.sock", "/run/dbus/system_bus_socket", "/run/systemd/private"):
    attempt(path, connect, path)
""",
        BOTH,
    ),
    escape(
        "listen",
        "listens on the machine's network, and by an abstract name",
        """
import socket


def listen(family, address):
    made = socket.socket(family, socket.SOCK_STREAM)
    made.bind(address)
    made.listen()
    return made.getsockname()


attempt("a port", listen, socket.AF_INET, ("127.0.0.1", 0))
attempt("a port for all", listen, socket.AF_INET, ("0.0.0.0", 0))
attempt("an abstract name", listen, socket.AF_UNIX, "\\0@NAME@-listener")
""",
    ),
    escape(
        "odd-sockets",
        "sockets of raw packets, of the kernel, and of other families",
        """
import socket

for family in range(1, 46):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
        attempt(f"family {family}, kind {kind}", socket.socket, family, kind)
""",
    ),
    escape(
        "interfaces",
        "asks for the machine's network interfaces and names",
        """
import socket

attempt("interfaces", lambda: [name for _, name in socket.if_nameindex() if name != "lo"][0])
attempt("connections", lambda: open("/proc/net/tcp").read())
attempt("addresses", lambda: open("/sys/class/net").read())
attempt("another name", socket.sethostname, "@NAME@")
""",
    ),
)
"""Sockets of all kinds."""
