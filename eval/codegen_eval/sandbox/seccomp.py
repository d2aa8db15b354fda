"""The system calls that a box may not make, as a classic BPF program.

It is a list of denied calls; calls newer than the table don't exist in a box. Calls of another
architecture than this process's own, 32-bit and x32 ones included, kill the caller. The launcher
installs the program last, after its own use of calls that it denies.
"""

import errno
import os
import platform
import stat
from collections.abc import Iterator
from dataclasses import dataclass

from codegen_eval.errors import SandboxError
from codegen_eval.sandbox.syscall_numbers import LAST, NUMBERS
from codegen_eval.sandbox.syscalls import ALWAYS, METADATA, SIGNALS, WATCHES

Instruction = tuple[int, int, int, int | str]
"""Code, jump if true, jump if false, operand. The program's process id replaces "pid"."""

_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32_BIT = 0x40000000

_LOAD = 0x20  # BPF_LD | BPF_W | BPF_ABS
_EQUAL = 0x15  # BPF_JMP | BPF_JEQ | BPF_K
_AT_LEAST = 0x35  # BPF_JMP | BPF_JGE | BPF_K
_ANY_BIT = 0x45  # BPF_JMP | BPF_JSET | BPF_K
_AND = 0x54  # BPF_ALU | BPF_AND | BPF_K
_RETURN = 0x06  # BPF_RET | BPF_K

_ALLOW = 0x7FFF0000
_KILL = 0x80000000
_ERRNO = 0x00050000
_PRETEND = _ERRNO  # the call "succeeds" without being made

# Offsets in struct seccomp_data.
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16

# CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. NEWTIME is clone3's alone.
_NEW_NAMESPACES = 0x7E020000
_TIOCSTI, _TIOCLINUX = 0x5412, 0x541C
# TCGETS, TIOCGPGRP, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX, FIOASYNC
_IOCTLS = (0x5401, 0x540F, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451, 0x5452)
_FCNTL = (8, 10, 15, 1024, 1026)  # F_SETOWN, F_SETSIG, F_SETOWN_EX, F_SETLEASE, F_NOTIFY
_AF_UNIX, _SOCK_STREAM, _SOCK_TYPE_MASK = 1, 1, 0xF
_O_ACCMODE = 3
_O_TMPFILE = 0o20000000  # without O_DIRECTORY, which the constant of that name holds too
_PR_SET_DUMPABLE = 4


@dataclass(frozen=True, slots=True)
class Policy:
    """What differs between boxes.

    Attributes:
        single: whether the program may make no further process or thread.
        host_files: whether the box sees the machine's own file systems. Landlock doesn't cover
            modes, owners, times and attributes, so calls that change them do nothing and report
            success. Calls that watch files are denied.
        foreign_signals: whether only the filter keeps the box's signals in it, so that the program
            may signal no process but itself.
    """

    single: bool
    host_files: bool = False
    foreign_signals: bool = False


def program(policy: Policy) -> list[Instruction]:
    """The filter for this machine.

    Raises:
        SandboxError: this machine is neither x86_64 nor aarch64.
    """
    machine = platform.machine()
    if machine not in _AUDIT_ARCH:
        raise SandboxError(
            f"there is no system call filter for {machine}, only for x86_64 and aarch64"
        )
    column = list(_AUDIT_ARCH).index(machine)
    result: list[Instruction] = [
        _load(_ARCH),
        (_EQUAL, 1, 0, _AUDIT_ARCH[machine]),
        _answer(_KILL),
        _load(_NUMBER),
    ]
    if machine == "x86_64":
        result += [(_AT_LEAST, 0, 1, _X32_BIT), _answer(_KILL)]
    result += [(_AT_LEAST, 0, 1, LAST + 1), _answer(_ERRNO | errno.ENOSYS)]
    for name, block in _rules(policy):
        number = NUMBERS[name][column]
        if number is not None:
            result += [(_EQUAL, 0, len(block), number), *block]
    return [*result, _answer(_ALLOW)]


def _rules(policy: Policy) -> Iterator[tuple[str, list[Instruction]]]:
    """Each denied call and what decides about it; every path of a block returns."""
    denied = [_answer(_ERRNO | errno.EPERM)]
    missing = [_answer(_ERRNO | errno.ENOSYS)]
    for name in ALWAYS:
        yield name, denied
    yield "clone3", missing  # its flags lie in memory, where no filter looks; libc falls back
    if policy.single:
        for name in ("clone", "fork", "vfork"):
            yield name, [_answer(_ERRNO | errno.EAGAIN)]
    else:
        yield "clone", _deny_bits(0, _NEW_NAMESPACES)
    # A datagram socket could be sent to any address; a stream is connected once and for all.
    yield (
        "socketpair",
        [
            _argument(0),
            (_EQUAL, 0, 3, _AF_UNIX),
            _argument(1),
            (_AND, 0, 0, _SOCK_TYPE_MASK),
            (_EQUAL, 1, 0, _SOCK_STREAM),
            *denied,
            _answer(_ALLOW),
        ],
    )
    # On a file that may only be read, its owner can still set flags, some of them for good.
    yield "ioctl", _only(1, *_IOCTLS) if policy.host_files else _never(1, _TIOCSTI, _TIOCLINUX)
    for name in ("prlimit64", "sched_setaffinity"):
        yield name, _only(0, 0)
    if policy.host_files:
        for name in METADATA:
            yield name, [_answer(_PRETEND)]
        for name in (*WATCHES, "openat2"):
            yield name, missing
        # Before ABI 3, Landlock neither sees this call nor that a file is opened to be emptied.
        yield "truncate", denied
        yield "open", _deny_flags(1)
        yield "openat", _deny_flags(2)
        # What nobody may list can't be added up, nor what a process holds that nobody may look at.
        yield "mkdir", _deny_closed(1)
        yield "mkdirat", _deny_closed(2)
        yield "umask", _deny_bits(0, stat.S_IRWXU)
        yield "prctl", _never(0, _PR_SET_DUMPABLE)
        # Who gets a file's signals, and who waits for whom.
        yield "fcntl", _never(1, *_FCNTL)
    if policy.foreign_signals:
        for name in SIGNALS:
            yield name, _only(0, 0, "pid")
        yield "pidfd_send_signal", denied


def _only(index: int, *values: int | str) -> list[Instruction]:
    """Allows the call if an argument is one of `values`."""
    checks: list[Instruction] = [
        (_EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)
    ]
    return [_argument(index), *checks, _answer(_ERRNO | errno.EPERM), _answer(_ALLOW)]


def _never(index: int, *values: int) -> list[Instruction]:
    """Denies the call if an argument is one of `values`."""
    checks: list[Instruction] = [
        (_EQUAL, len(values) - at, 0, value) for at, value in enumerate(values)
    ]
    return [_argument(index), *checks, _answer(_ALLOW), _answer(_ERRNO | errno.EPERM)]


def _deny_bits(index: int, bits: int) -> list[Instruction]:
    return [
        _argument(index),
        (_ANY_BIT, 0, 1, bits),
        _answer(_ERRNO | errno.EPERM),
        _answer(_ALLOW),
    ]


def _deny_closed(index: int) -> list[Instruction]:
    """Denies a mode that closes a folder to its owner."""
    return [
        _argument(index),
        (_AND, 0, 0, stat.S_IRWXU),
        (_EQUAL, 1, 0, stat.S_IRWXU),
        _answer(_ERRNO | errno.EPERM),
        _answer(_ALLOW),
    ]


def _deny_flags(index: int) -> list[Instruction]:
    """Denies files that never have a name, and O_TRUNC together with O_RDONLY."""
    return [
        _argument(index),
        (_ANY_BIT, 0, 1, _O_TMPFILE),
        _answer(_ERRNO | errno.EOPNOTSUPP),
        (_ANY_BIT, 0, 3, os.O_TRUNC),
        (_AND, 0, 0, _O_ACCMODE),
        (_EQUAL, 0, 1, os.O_RDONLY),
        _answer(_ERRNO | errno.EPERM),
        _answer(_ALLOW),
    ]


def _load(offset: int) -> Instruction:
    return (_LOAD, 0, 0, offset)


def _argument(index: int) -> Instruction:
    # The lower half, on a little-endian machine; the kernel reads no more of these arguments.
    return _load(_ARGUMENTS + 8 * index)


def _answer(action: int) -> Instruction:
    return (_RETURN, 0, 0, action)
