"""Takes rights from a process: its user, capabilities, files and system calls, for good.

Runs in a box's launcher: this module's source stands before the launcher's, in one program. So it
uses nothing but the standard library of Python 3.9.
"""

import ctypes
import os
import stat
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The module `signal` would take longer to import than all that the launcher does.
_NOT_OURS = (1, 2, 13, 15)  # SIGHUP, SIGINT, SIGPIPE, SIGTERM
_SIG_DFL, _SIG_IGN = 0, 1
_PR_SET_PDEATHSIG = 1
_PR_SET_SECCOMP = 22
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_SECCOMP_MODE_FILTER = 2
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_RULE_PATH_BENEATH = 1
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 47, 2
_PR_SET_KEEPCAPS = 8
_PR_CAPBSET_DROP = 24
_CAPABILITIES = 64
_CAP_VERSION = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def _leave_root(uid: int, capability: "int | None") -> None:
    """Becomes an ordinary user with at most one capability, which survives the exec."""
    for number in set(range(_CAPABILITIES)) - {capability}:
        _libc.prctl(_PR_CAPBSET_DROP, ctypes.c_ulong(number), 0, 0, 0)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    if capability is not None:
        _prctl(_PR_SET_KEEPCAPS, 1)
    os.setresuid(uid, uid, uid)
    bits = 0 if capability is None else 1 << capability
    header = (ctypes.c_uint32 * 2)(_CAP_VERSION, 0)
    low, high = bits & 0xFFFF_FFFF, bits >> 32
    data = (ctypes.c_uint32 * 6)(low, low, low, high, high, high)
    _check(_libc.capset(header, data), "capset")
    if capability is not None:
        _prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability)


def _look_as(uid: int) -> None:
    """Becomes who may look at what the box's processes hold, without losing any right.

    Root may not, in a container that has taken CAP_SYS_PTRACE from it. The box's processes can't
    do anything to this one: only its effective ids are theirs.
    """
    header = (ctypes.c_uint32 * 2)(_CAP_VERSION, 0)
    data = (ctypes.c_uint32 * 6)()
    _check(_libc.capget(header, data), "capget")
    os.setegid(uid)
    os.seteuid(uid)
    _check(_libc.capset(header, data), "capset")


def _landlock(rules: "dict[str, Any]") -> None:
    """Restricts this process to `paths`, each with its rights; the sizes follow the ABI."""
    attributes = (ctypes.c_uint64 * 3)(rules["files"], rules["network"], rules["scoped"])
    ruleset = _syscall(
        _LANDLOCK_CREATE, ctypes.byref(attributes), ctypes.c_size_t(rules["size"]), 0
    )
    for path, rights in rules["paths"]:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
        if not stat.S_ISDIR(os.fstat(parent).st_mode):
            rights &= rules["of_files"]  # noqa: PLW2901
        rule = rights.to_bytes(8, sys.byteorder) + parent.to_bytes(4, sys.byteorder)
        _syscall(_LANDLOCK_ADD, ruleset, _RULE_PATH_BENEATH, ctypes.c_char_p(rule), 0)
        os.close(parent)
    _syscall(_LANDLOCK_RESTRICT, ruleset, 0)
    os.close(ruleset)


def _filter(program: "list[list[Any]]") -> None:
    """Installs a seccomp filter."""
    packed = b"".join(
        code.to_bytes(2, sys.byteorder)
        + bytes((true, false))
        + (os.getpid() if operand == "pid" else operand).to_bytes(4, sys.byteorder)
        for code, true, false, operand in program
    )
    buffer = ctypes.create_string_buffer(packed, len(packed))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    filled = Program(len(program), ctypes.addressof(buffer))
    _check(
        _libc.prctl(
            _PR_SET_SECCOMP,
            ctypes.c_ulong(_SECCOMP_MODE_FILTER),
            ctypes.byref(filled),
            ctypes.c_ulong(0),
            ctypes.c_ulong(0),
        ),
        "seccomp",
    )


def _prctl(option: int, *arguments: int) -> None:
    padded = (*arguments, 0, 0, 0, 0)[:4]
    _check(_libc.prctl(option, *map(ctypes.c_ulong, padded)), f"prctl {option}")


def _syscall(number: int, *arguments: "Any") -> int:
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    return _check(_libc.syscall(ctypes.c_long(number), *words), f"system call {number}")


def _check(result: int, what: str) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def _on_signals(action: int) -> None:
    for number in _NOT_OURS:
        _libc.signal(number, ctypes.c_void_p(action))
