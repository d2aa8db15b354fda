"""The filter, run as the kernel would, for both architectures."""

import ast
import errno
import os
import platform
import socket
import subprocess
import sys

import pytest

from codegen_eval.errors import SandboxError
from codegen_eval.sandbox.seccomp import Policy, program
from codegen_eval.sandbox.starting import LAUNCHER
from codegen_eval.sandbox.syscall_numbers import LAST, NUMBERS

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
OWN = 4711


@pytest.fixture(params=list(ARCHITECTURES))
def machine(request, monkeypatch) -> str:
    monkeypatch.setattr(platform, "machine", lambda: request.param)
    return request.param


def answer(policy: Policy, machine: str, call: str | int, *arguments: int, arch: int = 0) -> int:
    """What the filter says; -1 for a call that the architecture hasn't got."""
    column = list(ARCHITECTURES).index(machine)
    number = NUMBERS[call][column] if isinstance(call, str) else call
    if number is None:
        return -1
    data = {0: number, 4: arch or ARCHITECTURES[machine]}
    data |= {16 + 8 * index: value & 0xFFFF_FFFF for index, value in enumerate(arguments)}
    accumulator = at = 0
    filled = program(policy)
    while True:
        code, true, false, word = filled[at]
        operand = OWN if word == "pid" else int(word)
        at += 1
        match code:
            case 0x20:
                accumulator = data.get(operand, 0)
            case 0x54:
                accumulator &= operand
            case 0x15:
                at += true if accumulator == operand else false
            case 0x35:
                at += true if accumulator >= operand else false
            case 0x45:
                at += true if accumulator & operand else false
            case 0x06:
                return operand


STREAM, DATAGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM
SINGLE, SEVERAL = Policy(single=True), Policy(single=False)
HOST = Policy(single=False, host_files=True, foreign_signals=True)


@pytest.mark.parametrize(
    ("policy", "call", "arguments", "expected"),
    [
        (SINGLE, "socket", (1, 1), errno.EPERM),
        (SINGLE, "socketpair", (1, STREAM | 0o2000000), None),
        (SINGLE, "socketpair", (1, DATAGRAM), errno.EPERM),
        (SINGLE, "socketpair", (2, STREAM), errno.EPERM),
        (SINGLE, "ioctl", (0, 0x5412), errno.EPERM),
        (SINGLE, "ioctl", (0, 0x541C), errno.EPERM),
        (SINGLE, "ioctl", (0, 0x5401), None),
        (SINGLE, "prlimit64", (0, 7), None),
        (SINGLE, "prlimit64", (1, 7), errno.EPERM),
        (SINGLE, "clone", (17,), errno.EAGAIN),
        (SINGLE, "fork", (), errno.EAGAIN),
        (SINGLE, "clone3", (), errno.ENOSYS),
        (SINGLE, "kill", (1, 9), None),
        (SINGLE, "chmod", (), None),
        (SINGLE, "openat", (0, 0, os.O_TRUNC), None),
        (SEVERAL, "clone", (17,), None),
        (SEVERAL, "clone", (0x003D0F00,), None),
        (SEVERAL, "clone", (0x10000000 | 17,), errno.EPERM),
        (SEVERAL, "fork", (), None),
        (HOST, "ioctl", (0, 0x5401), None),
        (HOST, "ioctl", (0, 0x40086602), errno.EPERM),
        (HOST, "chmod", (), 0),
        (HOST, "fchownat", (), 0),
        (HOST, "truncate", (), errno.EPERM),
        (HOST, "openat2", (), errno.ENOSYS),
        (HOST, "inotify_init1", (), errno.ENOSYS),
        (HOST, "open", (0, os.O_TRUNC), errno.EPERM),
        (HOST, "open", (0, os.O_TRUNC | os.O_WRONLY), None),
        (HOST, "openat", (0, 0, os.O_TRUNC | os.O_RDONLY | os.O_CLOEXEC), errno.EPERM),
        (HOST, "openat", (0, 0, os.O_TRUNC | os.O_RDWR | os.O_CREAT), None),
        (HOST, "openat", (0, 0, os.O_RDONLY), None),
        (HOST, "fcntl", (0, 8), errno.EPERM),
        (HOST, "fcntl", (0, 1026), errno.EPERM),
        (HOST, "fcntl", (0, 1030), None),
        (HOST, "kill", (OWN, 9), None),
        (HOST, "kill", (0, 9), None),
        (HOST, "kill", (-1, 9), errno.EPERM),
        (HOST, "tgkill", (OWN + 1, 9), errno.EPERM),
        (HOST, "pidfd_send_signal", (3, 9), errno.EPERM),
    ],
)
def test_the_filter_s_answer_to_a_system_call(machine, policy, call, arguments, expected):
    wanted = ALLOW if expected is None else ERRNO | expected
    assert answer(policy, machine, call, *arguments) in {wanted, -1}


def test_other_architectures_are_killed(machine):
    for arch in (0x40000003, 0x40000028, *(set(ARCHITECTURES.values()))):
        if arch != ARCHITECTURES[machine]:
            assert answer(SINGLE, machine, 0, arch=arch) == KILL
    if machine == "x86_64":
        assert answer(SINGLE, machine, 0x40000000) == KILL


def test_unknown_calls_are_missing(machine):
    assert answer(SINGLE, machine, LAST) == ALLOW
    for number in (LAST + 1, 1000, 0x3FFF_FFFF):
        assert answer(SINGLE, machine, number) == ERRNO | errno.ENOSYS


def test_jumps_fit_their_bytes(machine):
    for policy in (SINGLE, SEVERAL, HOST):
        filled = program(policy)
        assert len(filled) < 4096
        assert all(0 <= jump < 256 for _, true, false, _ in filled for jump in (true, false))


def test_other_machines_have_no_filter(monkeypatch):
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(SandboxError, match="riscv64"):
        program(SINGLE)


def test_the_launcher_imports_little():
    program = f"""
import sys
__name__ = "launcher"
exec({LAUNCHER!r})
print({{"json", "re", "enum", "socket", "typing", "pathlib"}} & set(sys.modules))
"""
    argv = [sys.executable, "-I", "-S", "-c", program]
    assert subprocess.run(argv, capture_output=True, check=True).stdout == b"set()\n"


def test_the_launcher_s_modules_share_no_name():
    # They are one program: a name that two of them define would be the later one's for both.
    defined = [
        target.id
        for node in ast.parse(LAUNCHER).body
        if isinstance(node, ast.Assign)
        for target in ast.walk(node.targets[0])
        if isinstance(target, ast.Name)
    ]
    defined += [node.name for node in ast.parse(LAUNCHER).body if hasattr(node, "name")]
    twice = {name for name in defined if defined.count(name) > 1}
    assert twice == {"TYPE_CHECKING"}
    assert {"main", "Scratch", "_landlock"} <= set(defined)
