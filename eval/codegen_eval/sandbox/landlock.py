"""Boxes by Landlock: without namespaces, so any user can make them, but with fewer barriers.

A box may read the interpreter and what that loads, and write to one temporary folder. It makes no
sockets and, as a single process, no processes; what Landlock doesn't know of, `seccomp` denies or,
for modes, owners and times of files, pretends to do. It also denies what would keep a file from
being counted: files without a name, files on their way to another process, folders that their
owner can't list, and processes that nobody may look at. Started by root, a box runs as a user of
its slot. Where that user can't reach the interpreter, as in /root, the box keeps the one
capability to read everything (or, where root hasn't got it, to ignore modes). The rules bound
that, too: what they don't allow is denied to root as well.

What that does not stop, beside what bubblewrap doesn't either:

*   the names of files, and what `stat` and `readlink` say of them, are visible on the whole
    machine; so are the names, never the content, of the site-packages beside a standard library;
*   the clock, the host's name and the numbers of processes are the machine's;
*   no file system limits what is written: the launcher adds it up five times a second, with what
    has no name any more but is open or mapped (a mapped one as the largest that there may be), so
    `scratch_bytes` can be passed by what the disk takes in that time, and by what processes hold
    that replace themselves faster. When all but 1 GiB of what was free on the disk is gone, or
    half of it where that is less, the box ends whoever took it;
*   as an ordinary user, other processes of the user count where the kernel limits a box of several:
    the parent counts instead, four times a second;
*   /dev/shm isn't there: `multiprocessing`'s locks don't work.

Kernels differ. ABI 1 (Linux 5.13) denies moving files between folders, too. Before ABI 3 (6.2)
emptying files is denied by `seccomp`. Before ABI 4 (6.7) only `seccomp` stands against the network,
before ABI 5 (6.10) device files that are readable take any ioctl. Before ABI 6 (6.12) an ordinary
user's box may signal its first process only, which several processes will miss.
"""

import ctypes
import functools
import os
import resource
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from codegen_eval.errors import SandboxError
from codegen_eval.sandbox.folders import BoxFolder, sweep
from codegen_eval.sandbox.interpreter import Interpreter, interpreter
from codegen_eval.sandbox.payload import Confinement, payload
from codegen_eval.sandbox.running import RunningBox
from codegen_eval.sandbox.seccomp import Policy, program
from codegen_eval.sandbox.starting import start
from codegen_eval.sandbox.types import Job
from codegen_eval.sandbox.uids import slot_uid

_CREATE_RULESET, _VERSION = 444, 1
_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_MAKE_CHAR, _MAKE_BLOCK = 1 << 6, 1 << 11
_TRUNCATE, _IOCTL_DEV = 1 << 14, 1 << 15
_READ = _EXECUTE | _READ_FILE | _READ_DIR
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE | _IOCTL_DEV
# The rights that each ABI brought.
_FILES = {1: (1 << 13) - 1, 2: 1 << 13, 3: _TRUNCATE, 5: _IOCTL_DEV}
_TCP, _TCP_ABI = 0b11, 4
_SCOPES, _SCOPES_ABI = 0b11, 6  # abstract sockets, signals
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_CAPABILITIES = (2, 1)
"""CAP_DAC_READ_SEARCH; or CAP_DAC_OVERRIDE, since root has only that in many containers."""
_SPARE_PROCESSES = 1024
"""Of the user's other processes, where only the parent counts a box's own.

The boxes beside it are the same user's: with less, some that fork whatever they can before the
parent ends them keep an honest one from starting a thread.
"""


class Landlock:
    """Runs boxes by the kernel's Landlock."""

    name = "landlock"

    def __init__(self) -> None:
        """Asks the kernel for Landlock, and removes the folders of killed processes.

        Raises:
            SandboxError: the kernel has no Landlock.
        """
        libc = ctypes.CDLL(None, use_errno=True)
        self._abi: int = libc.syscall(
            ctypes.c_long(_CREATE_RULESET), None, ctypes.c_size_t(0), ctypes.c_long(_VERSION)
        )
        if self._abi < 1:
            reason = os.strerror(ctypes.get_errno())
            raise SandboxError(f"the kernel {os.uname().release} has no Landlock: {reason}")
        sweep()

    def start(self, job: Job, slot: int = 0) -> RunningBox:
        """Starts a box."""
        uid = slot_uid(slot)
        single = job.limits.processes == 1
        python = interpreter(job.python, several=not single)
        readable = [path.absolute() for path in job.readable]
        missing = [str(path) for path in readable if not path.exists()]
        if missing:
            raise SandboxError(f"nothing to read at {', '.join(missing)}")
        try:
            folder = BoxFolder.make(uid)
        except OSError as error:
            raise SandboxError(f"no temporary folder for a box: {error}") from error
        try:
            confinement = Confinement(
                work=str(folder.work),
                uid=uid,
                processes=_most_processes(job, uid),
                program=program(
                    Policy(
                        single=single,
                        host_files=True,
                        foreign_signals=uid is None and self._abi < _SCOPES_ABI,
                    )
                ),
                quota=False,
                subreaper=True,
                capability=None if uid is None else _capability(python, readable, folder),
                landlock=self._rules(python, readable, folder),
            )
        except BaseException:
            folder.remove()
            raise
        command = [sys.executable, "-I", "-S"]
        return start(
            command,
            payload(job, python.path, confinement),
            job.limits,
            folder.remove,
            count=uid is None,
        )

    def _rules(
        self, python: Interpreter, readable: Iterable[Path], folder: BoxFolder
    ) -> dict[str, Any]:
        """The rules that the launcher passes to the kernel."""
        handled = sum(rights for abi, rights in _FILES.items() if abi <= self._abi)
        device = (_READ_FILE | _WRITE_FILE | _TRUNCATE) & handled
        paths = [(str(path), rights) for path, rights in _library_rules(python)]
        paths += [(str(path), _READ) for path in readable]
        paths += [(path, device) for path in _DEVICES]
        paths.append((str(folder.work), handled & ~_MAKE_CHAR & ~_MAKE_BLOCK))
        network = _TCP if self._abi >= _TCP_ABI else 0
        scoped = _SCOPES if self._abi >= _SCOPES_ABI else 0
        return {
            "files": handled,
            "network": network,
            "scoped": scoped,
            "size": 8 + 8 * bool(network) + 8 * bool(scoped),
            "of_files": _OF_FILES,
            "paths": paths,
        }


@functools.lru_cache(maxsize=16)
def _library_rules(python: Interpreter) -> tuple[tuple[Path, int], ...]:
    """A rule reaches all that lies beneath; what is hidden has to be gone around."""
    rules = [(file, _READ) for file in python.files]
    for folder in python.folders:
        rules.extend(_around(folder, python.hidden))
    return tuple(rules)


def _around(folder: Path, hidden: tuple[Path, ...]) -> Iterator[tuple[Path, int]]:
    if not any(path.is_relative_to(folder) for path in hidden):
        yield folder, _READ
    elif folder not in hidden:
        yield folder, _READ_DIR  # imports list folders
        for path in sorted(folder.iterdir()):
            if path.is_dir() and not path.is_symlink():
                yield from _around(path, hidden)
            elif path.exists():
                yield path, _READ


def _most_processes(job: Job, uid: int | None) -> int | None:
    """RLIMIT_NPROC."""
    if uid is not None:
        return job.limits.processes
    if job.limits.processes == 1:
        return None  # `seccomp` lets it make none
    mine = sum(
        _threads(path) for path in Path("/proc").glob("[0-9]*") if _owner(path) == os.getuid()
    )
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    wanted = mine + job.limits.processes + _SPARE_PROCESSES
    return wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)


def _threads(process: Path) -> int:
    try:
        return len(os.listdir(process / "task"))  # noqa: PTH208 - the number only
    except OSError:
        return 0


def _owner(process: Path) -> int:
    try:
        return process.stat().st_uid
    except OSError:
        return -1


def _capability(python: Interpreter, readable: Iterable[Path], folder: BoxFolder) -> int | None:
    """The capability to read everything, if the slot's user couldn't read what it needs.

    Raises:
        SandboxError: it is needed, and this process hasn't got it.
    """
    links = [link.parent for link, _ in python.links]
    closed = [
        path
        for path in (*python.files, *python.folders, *links, *readable, folder.path.parent)
        if not _open_to_all(path)
    ]
    if not closed:
        return None
    held = int(_status("CapEff") or "0", 16)
    for capability in _CAPABILITIES:
        if held >> capability & 1:
            return capability
    raise SandboxError(
        f"{closed[0]} is closed to other users than root; use an interpreter that isn't"
    )


def _open_to_all(path: Path) -> bool:
    real = path.resolve()
    wanted = 0o5 if real.is_dir() else 0o4
    return real.stat().st_mode & wanted == wanted and all(
        parent.stat().st_mode & 0o1 for parent in real.parents
    )


def _status(key: str) -> str | None:
    for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").split("\n"):
        name, _, value = line.partition(":")
        if name == key:
            return value.strip()
    return None
