"""A box's job, limits and end. `find.py` chooses a sandbox for this machine."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self


@dataclass(frozen=True, slots=True)
class Limits:
    """What a box may use.

    `cpu_seconds` are those of all its processes together. `wall_seconds` only end programs that
    sleep. `processes` is how many processes and threads may exist at once, the first one included.
    `memory_bytes` is the address space of each process; a thread takes 8 MiB of stack and, once it
    allocates, some 64 MiB. `output_bytes` bounds stdout and stderr together, `file_bytes` a single
    file, and `scratch_bytes` all files that the box was given or writes; each name counts 4 KiB.
    `line_bytes` is how much of its stdout may be waiting to be received, as an unfinished line or
    as lines.
    """

    cpu_seconds: float = 10.0
    wall_seconds: float = 60.0
    memory_bytes: int = 1 << 30
    processes: int = 1
    file_bytes: int = 16 << 20
    scratch_bytes: int = 64 << 20
    output_bytes: int = 16 << 20
    line_bytes: int = 16 << 20


@dataclass(frozen=True, slots=True)
class Job:
    """A Python program for a box.

    The box's working directory is new, writable and private; `files` are written there first
    (relative paths with forward slashes), after `tree`, a folder that is copied in. `argv` follows
    the interpreter. `readable` are folders and files of this machine that the program may read
    at their own paths, beside the interpreter's own and its standard library.
    """

    argv: tuple[str, ...]
    files: Mapping[str, bytes] = field(default_factory=dict)
    tree: Path | None = None
    readable: tuple[Path, ...] = ()
    python: Path = field(default_factory=lambda: Path(sys.executable))
    limits: Limits = field(default_factory=Limits)


class Reason(StrEnum):
    """Why a box ended."""

    EXITED = "exited"  # by itself
    SIGNAL = "signal"  # by a signal that was none of the limits'
    CPU = "cpu"
    WALL = "wall"
    OUTPUT = "output"
    SCRATCH = "scratch"  # wrote more than it may where no file system limits it, or too many files
    PROCESSES = "processes"  # more than it may, where the kernel doesn't keep it from making them
    CLOSED = "closed"  # by the caller, who had enough


@dataclass(frozen=True, slots=True)
class Ending:
    """How a box ended. `stderr` is the end of its stderr; bytes that aren't UTF-8 are replaced."""

    reason: Reason
    code: int | None
    signal: int | None
    cpu_seconds: float
    wall_seconds: float
    stderr: str


class Box(Protocol):
    """A running program and its two pipes. Leaving the context kills all of its processes."""

    def __enter__(self) -> Self:
        """The box, running."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes it."""

    def send(self, line: bytes) -> None:
        """Writes a line and a newline to its stdin; input that it doesn't read is lost."""

    def receive(self) -> bytes | None:
        """The next line of its stdout, without the newline; None once it has ended.

        A last line without a newline is dropped. Waits at most until a limit ends the box.
        """

    def communicate(self, data: bytes = b"") -> bytes:
        """Writes `data` to its stdin, closes that, and reads its stdout until it has ended."""

    def close(self) -> Ending:
        """Kills all remaining processes and says how it ended. Further calls give the same."""


class Sandbox(Protocol):
    """A way to run boxes on this machine. Boxes may run at once, each in its own slot."""

    @property
    def name(self) -> str:
        """The sandbox's name: "bubblewrap" or "landlock"."""

    def start(self, job: Job, slot: int = 0) -> Box:
        """Starts a box. Slots (0, 1, ...) of boxes that run at once must differ.

        Raises:
            SandboxError: the box could not be started.
        """
