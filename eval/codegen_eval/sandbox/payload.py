"""The parent's instructions for a launcher: the specification, and the files of the job."""

import marshal
import math
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from codegen_eval.errors import SandboxError
from codegen_eval.sandbox.seccomp import Instruction
from codegen_eval.sandbox.types import Job

_CHUNK = 1 << 20
_STACK = 8 << 20
_MARSHAL = 2
"""The version that every Python 3 reads."""
_OPEN_FILES = 64
_PENDING_SIGNALS = 64


@dataclass(frozen=True, slots=True)
class Confinement:
    """How the launcher confines the program; each sandbox has its own way.

    Attributes:
        work: the box's working directory; the program makes it unless it exists.
        uid: the user id to take; None to keep the present one.
        processes: RLIMIT_NPROC, which counts all processes of the uid; None where the uid has other
            processes, too.
        program: the system call filter.
        quota: whether the working directory's file system limits its own size.
        subreaper: whether the launcher has to become a subreaper, since it is not process 1.
        capability: a capability that the program keeps.
        landlock: the rules, as the launcher reads them.
    """

    work: str
    uid: int | None
    processes: int | None
    program: Sequence[Instruction]
    quota: bool
    subreaper: bool = False
    capability: int | None = None
    landlock: dict[str, Any] | None = None


def payload(job: Job, python: Path, confinement: Confinement) -> Iterator[bytes]:
    """The bytes to send, piece by piece.

    Raises:
        SandboxError: a path among the files leads out of the working directory.
    """
    yield _message(
        {
            "argv": [str(python), *job.argv],
            "environment": {
                "PATH": "/usr/bin:/bin",
                "HOME": confinement.work,
                "LANG": "C.UTF-8",
                "PYTHONHASHSEED": "0",
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONIOENCODING": "utf-8",
            },
            "work": confinement.work,
            "uid": confinement.uid,
            "capability": confinement.capability,
            "subreaper": confinement.subreaper,
            "landlock": confinement.landlock,
            "filter": confinement.program,
            "quota": confinement.quota,
            "cpu": job.limits.cpu_seconds,
            "wall": job.limits.wall_seconds,
            "scratch": job.limits.scratch_bytes,
            "limits": _limits(job, confinement.processes),
        }
    )
    if job.tree is not None:
        yield from _tree(job.tree, "")
    for name, content in job.files.items():
        path = Path(name)
        if path.is_absolute() or ".." in path.parts or not path.name:
            raise SandboxError(f"{name!r} leads out of the working directory of a box")
        yield _message({"kind": "file", "path": name, "size": len(content), "mode": 0o644})
        yield content
    yield _message({"kind": "end"})


def _limits(job: Job, processes: int | None) -> dict[str, int]:
    limits = {
        "RLIMIT_AS": job.limits.memory_bytes,
        # The launcher ends the box on the dot; this is for when it can't.
        "RLIMIT_CPU": math.ceil(job.limits.cpu_seconds) + 1,
        "RLIMIT_FSIZE": job.limits.file_bytes,
        "RLIMIT_NOFILE": _OPEN_FILES,
        "RLIMIT_STACK": _STACK,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_SIGPENDING": _PENDING_SIGNALS,
    }
    return limits if processes is None else {**limits, "RLIMIT_NPROC": processes}


def _tree(folder: Path, inside: str) -> Iterator[bytes]:
    """A folder's content; what is neither file, folder nor link is left out."""
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        path = f"{inside}{entry.name}"
        if entry.is_symlink():
            target = os.readlink(entry.path)  # noqa: PTH115 - as it is written
            yield _message({"kind": "link", "path": path, "target": target})
        elif entry.is_dir():
            yield _message({"kind": "folder", "path": path})
            yield from _tree(Path(entry.path), f"{path}/")
        elif entry.is_file():
            yield from _file(Path(entry.path), path)


def _file(source: Path, path: str) -> Iterator[bytes]:
    with source.open("rb") as file:
        status = os.fstat(file.fileno())
        left = status.st_size
        mode = stat.S_IMODE(status.st_mode) & 0o755
        yield _message({"kind": "file", "path": path, "size": left, "mode": mode})
        while left:
            data = file.read(min(left, _CHUNK))
            if not data:
                raise SandboxError(f"{source} became shorter while it was copied into a box")
            yield data
            left -= len(data)


def _message(entry: dict[str, Any]) -> bytes:
    data = marshal.dumps(entry, _MARSHAL)
    return len(data).to_bytes(4, "big") + data
