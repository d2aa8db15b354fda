"""Boxes by bubblewrap: each has namespaces of its own that contain little but an interpreter.

A box has: the interpreter and the libraries that it loads, read-only; /tmp, as large as it may
write; four devices; no /proc; no network, not even a loopback that is up; a process namespace that
ends with its first process, the launcher; no capabilities; the system calls that `seccomp` leaves.

This does not stop: faults of the kernel itself; guesses from the caches and the clock about what
else runs; the use of `processes` times `memory_bytes` of memory, since that limit holds for each
process, and of `scratch_bytes` more, since the files are kept in memory, too.

bubblewrap's own --die-with-parent would kill a box when the *thread* that started it ends. Instead,
the launcher watches the parent's socket, which closes however the parent dies.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from codegen_eval.errors import SandboxError
from codegen_eval.sandbox.interpreter import Interpreter, interpreter
from codegen_eval.sandbox.payload import Confinement, payload
from codegen_eval.sandbox.running import RunningBox
from codegen_eval.sandbox.seccomp import Policy, program
from codegen_eval.sandbox.starting import start
from codegen_eval.sandbox.types import Job
from codegen_eval.sandbox.uids import slot_uid

WORK = "/tmp/work"  # noqa: S108 - in the box
_OLDEST = (0, 8)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom")
_PRIVILEGES = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_KILL")
"""The launcher's capabilities, to become the slot's user and to kill it. The program has none."""
_OWN_COUNTS = (5, 14)
"""The first kernel that counts the processes of a user namespace separately from the user's."""


class Bubblewrap:
    """Runs boxes by the `bwrap` program."""

    name = "bubblewrap"

    def __init__(self) -> None:
        """Finds `bwrap`.

        Raises:
            SandboxError: there is no `bwrap`, or it is older than 0.8.
        """
        found = shutil.which("bwrap", path=f"{os.environ.get('PATH', '')}:/usr/bin:/usr/local/bin")
        if found is None:
            raise SandboxError("there is no bwrap")
        try:
            answer = subprocess.run(
                [found, "--version"], capture_output=True, text=True, timeout=30, check=True
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise SandboxError(f"{found} can't be run: {error}") from error
        match = re.search(r"(\d+)\.(\d+)", answer.stdout)
        if match is None or (int(match[1]), int(match[2])) < _OLDEST:
            raise SandboxError(f"{answer.stdout.strip()} is older than 0.8")
        self._path = found

    def start(self, job: Job, slot: int = 0) -> RunningBox:
        """Starts a box."""
        uid = slot_uid(slot)
        limits = job.limits
        python = interpreter(job.python, several=limits.processes > 1)
        processes: int | None = limits.processes
        if uid is None:
            # The launcher is of the same uid.
            processes = limits.processes + 1 if _kernel() >= _OWN_COUNTS else None
        confinement = Confinement(
            work=WORK,
            uid=uid,
            processes=processes,
            program=program(Policy(single=limits.processes == 1)),
            quota=True,
        )
        command = [
            self._path,
            *_namespaces(root=uid is not None),
            *_file_system(python, job),
            *("--chdir", "/tmp"),  # noqa: S108 - in the box
            "--",
            *(str(python.path), "-I", "-S"),
        ]
        return start(
            command,
            payload(job, python.path, confinement),
            limits,
            count=processes is None,
            depth=2,
        )


def _namespaces(*, root: bool) -> Iterator[str]:
    yield from ("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts")
    yield from ("--unshare-cgroup-try", "--hostname", "box", "--new-session", "--as-pid-1")
    yield from ("--cap-drop", "ALL")
    if root:
        # A user namespace would have to map the slot's uid; without, the launcher takes it itself.
        for capability in _PRIVILEGES:
            yield from ("--cap-add", capability)
    else:
        yield from ("--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000")


def _file_system(python: Interpreter, job: Job) -> Iterator[str]:
    """The options that build the box's root; the order matters."""
    readable = [path.absolute() for path in job.readable]
    missing = [str(path) for path in readable if not path.exists()]
    if missing:
        raise SandboxError(f"nothing to read at {', '.join(missing)}")
    folders = python.folders
    files, links = python.files, [link for link, _ in python.links]
    yield from _tmpfs("/tmp", "1777", job.limits.scratch_bytes)  # noqa: S108 - in the box
    yield from _devices()
    # Parents that bubblewrap makes by itself may be closed to the slot's uid.
    for parent in _parents([*folders, *files, *links, *readable], folders):
        yield from ("--perms", "0755", "--dir", str(parent))
    yield from _each("--ro-bind", ((path, path) for path in (*folders, *files)))
    yield from _each("--symlink", (*python.aliases, *python.links), swap=True)
    for hidden in python.hidden:
        yield from _tmpfs(str(hidden), "0755", 4096)
    yield from _each("--ro-bind", ((path, path) for path in readable))
    for hidden in python.hidden:
        if hidden not in readable:
            yield from ("--remount-ro", str(hidden))
    yield from ("--remount-ro", "/")


def _devices() -> Iterator[str]:
    yield from _tmpfs("/dev", "0755", 65536)
    yield from _each("--dev-bind", ((device, device) for device in _DEVICES))
    # For multiprocessing's semaphores.
    yield from ("--symlink", "/tmp", "/dev/shm", "--remount-ro", "/dev")  # noqa: S108


def _tmpfs(path: str, mode: str, size: int) -> tuple[str, ...]:
    return ("--perms", mode, "--size", str(size), "--tmpfs", path)


def _each(
    option: str, pairs: Iterable[tuple[Path | str, Path | str]], *, swap: bool = False
) -> Iterator[str]:
    for first, second in pairs:
        yield from (option, *((str(second), str(first)) if swap else (str(first), str(second))))


def _parents(paths: Iterable[Path], folders: Iterable[Path]) -> list[Path]:
    """All folders above `paths` that have to be made, outermost first."""
    folders = list(folders)
    found = {parent for path in paths for parent in path.parents if not _within(parent, folders)}
    return sorted(found - {Path("/"), Path("/tmp")})  # noqa: S108 - in the box


def _within(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _kernel() -> tuple[int, int]:
    match = re.match(r"(\d+)\.(\d+)", os.uname().release)
    return (int(match[1]), int(match[2])) if match else (0, 0)
