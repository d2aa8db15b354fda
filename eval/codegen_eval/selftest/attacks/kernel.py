"""System calls that lead out of a box, or to parts of the kernel that programs don't need.

The numbers are those of x86_64 and aarch64; the arguments are harmless where a call succeeds.
"""

from typing import Final

from codegen_eval.selftest.attack import BOTH, CALLS, ERROR, Attack, escape

_CALLS: Final = (
    # name, x86_64, aarch64, arguments
    ("unshare a user namespace", 272, 97, "0x10000000"),
    ("unshare mounts", 272, 97, "0x00020000"),
    ("unshare all", 272, 97, "0x7E020000"),
    ("setns", 308, 268, "0, 0"),
    ("mount", 165, 40, "b'none', b'/tmp', b'tmpfs', 0, b''"),
    ("unmount", 166, 39, "b'/tmp', 2"),
    ("chroot", 161, 51, "b'/tmp'"),
    ("pivot_root", 155, 41, "b'/tmp', b'/tmp'"),
    ("fsopen", 430, 430, "b'tmpfs', 0"),
    ("open_tree", 428, 428, "-100, b'/', 1"),
    ("move_mount", 429, 429, "-100, b'/tmp', -100, b'/tmp', 0"),
    ("mount_setattr", 442, 442, "-100, b'/', 0, ctypes.create_string_buffer(32), 32"),
    ("ptrace itself", 101, 117, "0, 0, 0, 0"),
    ("ptrace its parent", 101, 117, "0x4206, os.getppid(), 0, 0"),
    ("pidfd_getfd", 438, 438, "0, 0, 0"),
    ("kcmp", 312, 272, "os.getpid(), os.getpid(), 0, 0, 0"),
    ("io_uring_setup", 425, 425, "8, ctypes.create_string_buffer(120)"),
    ("io_setup", 206, 0, "1, ctypes.byref(ctypes.c_long())"),
    ("bpf", 321, 280, "0, ctypes.create_string_buffer(b'\\\\1\\\\0\\\\0\\\\0\\\\4', 72), 72"),
    ("perf_event_open", 298, 241, "ctypes.create_string_buffer(b'\\\\1', 112), 0, -1, -1, 0"),
    ("userfaultfd", 323, 282, "1"),
    ("keyctl", 250, 219, "0, -3, 1"),
    ("add_key", 248, 217, "b'user', b'box', b'1', 1, -2"),
    ("request_key", 249, 218, "b'user', b'box', 0, -2"),
    ("memfd_create", 319, 279, "b'box', 0"),
    ("memfd_secret", 447, 447, "0"),
    ("shmget", 29, 194, "0, 4096, 0o1777"),
    ("msgget", 68, 186, "0, 0o1777"),
    ("semget", 64, 190, "0, 1, 0o1777"),
    ("mq_open", 240, 180, "b'box', 0o102, 0o777, 0"),
    ("personality", 135, 92, "0x0040000"),
    ("init_module", 175, 105, "b'', 0, b''"),
    ("fanotify_init", 300, 262, "0, 0"),
    ("name_to_handle_at", 303, 264, "-100, b'/', (ctypes.c_int * 64)(), (ctypes.c_int * 1)(), 0"),
    ("seccomp", 317, 277, "2, 0, 0"),
    ("iopl", 172, 0, "3"),
    ("modify_ldt", 154, 0, "0, ctypes.create_string_buffer(64), 64"),
    ("syslog", 103, 116, "10, 0, 0"),
    ("quotactl", 179, 60, "0x800002 << 8, 0, 0, ctypes.create_string_buffer(64)"),
    ("process_vm_readv", 310, 270, "os.getppid(), 0, 0, 0, 0, 0"),
    ("process_vm_writev", 311, 271, "os.getppid(), 0, 0, 0, 0, 0"),
)  # fmt: skip

_CALL: Final = """
number = {"x86_64": %d, "aarch64": %d}[os.uname().machine]
if number:
    attempt("%s", system_call, number, %s)
"""

_EXECUTE: Final = """
import ctypes
import mmap
import os


def mingle(numbers, factor):
    if os.uname().machine != "x86_64":
        os.abort()  # what the kernel does to it there
    %s
    raise RuntimeError("escaped: a call of another architecture came back")
"""

ATTACKS: Final = (
    escape(
        "system-calls",
        "a table of calls for namespaces, mounts, other processes and the kernel's rarer parts",
        "".join(_CALL % (x86, arm, name, words) for name, x86, arm, words in _CALLS),
        BOTH,
    ),
    Attack(
        "calls-of-32-bit",
        "a system call by the 32-bit gate, whose numbers are others",
        _EXECUTE
        % """memory = mmap.mmap(-1, 4096, prot=7)
    memory.write(b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3")
    address = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    ctypes.CFUNCTYPE(ctypes.c_long)(address)()""",
        ERROR,
        CALLS,
    ),
    Attack(
        "calls-of-x32",
        "a system call by x32's numbers",
        _EXECUTE % "ctypes.CDLL(None).syscall(ctypes.c_long(0x40000000 | 39))",
        ERROR,
        CALLS,
    ),
    escape(
        "new-calls",
        "numbers above those that the filter's table names",
        """
for number in (*range(463, 500), 1000, 65535):
    attempt(f"call {number}", system_call, number, 0, 0, 0, 0, 0, 0)
""",
    ),
    escape(
        "raise-limits",
        "raises the limits that it was given",
        """
import resource

for name in ("AS", "NPROC", "FSIZE", "CPU", "NOFILE", "STACK", "CORE", "MEMLOCK", "NICE", "RTPRIO"):
    kind = getattr(resource, f"RLIMIT_{name}", None)
    if kind is None:
        continue
    hard = resource.getrlimit(kind)[1]
    attempt(name, resource.setrlimit, kind, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    if hard != resource.RLIM_INFINITY:
        attempt(f"{name} + 1", resource.setrlimit, kind, (hard, hard + 1))
attempt("priority", os.nice, -5)
attempt("real time", os.sched_setscheduler, 0, os.SCHED_FIFO, os.sched_param(1))
if ctypes.CDLL(None).mlockall(3) == 0:
    escapes.append("locked memory")
""",
    ),
    escape(
        "capabilities",
        "asks for rights that it has, and takes what it can get",
        """
libc = ctypes.CDLL(None)
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
held = (ctypes.c_uint32 * 6)()
libc.capget(header, held)
READ_ALL = 1 << 2  # which a box by Landlock may keep, bounded by its rules
attempt("capabilities", lambda: [hex(word) for word in held if word & ~READ_ALL][0])
full = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
if libc.capset(header, full) == 0:
    escapes.append("all capabilities")
if libc.prctl(39, 0, 0, 0, 0) != 1:
    escapes.append("privileges can be gained")
if libc.prctl(21, 0, 0, 0, 0) != 2:
    escapes.append("no filter")
if libc.prctl(22, 0, 0, 0, 0) == 0:
    escapes.append("no filter any more")
""",
    ),
    escape(
        "programs",
        "runs other programs of the machine in its place",
        """
for path in ("/bin/sh", "/bin/su", "/usr/bin/sudo", "/usr/bin/mount", "/usr/bin/bwrap"):
    attempt(f"open {path}", os.open, path, os.O_RDONLY)
    attempt(f"execute {path}", os.execv, path, [path, "-c", "exit 0"])
""",
    ),
)
"""System calls."""
