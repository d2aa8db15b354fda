"""Locks between processes. A process that waits is told what the other one does, and how far it is.

locks/<name>.lock    held while a process works on <name>
locks/<name>.json    what that process says of itself; gone when it is done
"""

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final, Self

from codegen.files import read_json, write_atomically
from codegen.models.store import Store, storing
from codegen.progress import Progress

# Seconds between two looks at the lock, and between two reports of the process that holds it.
_LOOK: Final = 0.5
_REPORT: Final = 1.0


@contextlib.contextmanager
def locked(store: Store, name: str, progress: Progress, *, what: str) -> Iterator[Progress]:
    """Lets one process at a time work on `name`. While it waits, it shows the other one's progress.

    Args:
        store: whose directory holds the locks.
        name: of the lock.
        progress: told of the waiting.
        what: the model that is worked on, as those who wait are told.

    Yields:
        What to tell of the work: `progress`, and whoever waits.

    Raises:
        ModelError: the cache directory can't be written to.
        CancelledError: `progress` was stopped while this one waited.
    """
    import filelock  # noqa: PLC0415 - 50 ms, and a model that is ready needs no lock

    path = store.root / "locks" / f"{name}.lock"
    said = path.with_suffix(".json")
    with storing(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(path)
        waiting = _Waiting(said, progress, what)
        try:
            while True:
                try:
                    lock.acquire(timeout=_LOOK if waiting.begun else 0)
                    break
                except filelock.Timeout:
                    waiting.look()
        finally:
            waiting.end()
    reporting = _Reporting(said, progress, _Said(os.getpid(), what))
    try:
        yield reporting
    finally:
        reporting.end()
        lock.release()


@dataclass(frozen=True, slots=True)
class _Said:
    """What a process says about its work: its last note, and the task that it counts, if any."""

    pid: int
    what: str
    note: str = ""
    task: str = ""
    total: int = 0
    done: int = 0
    unit: str = ""

    @classmethod
    def read(cls, path: Path) -> Self | None:
        """What the file says; None if it says nothing, or nothing that can be shown."""
        raw = read_json(path)
        try:
            said = cls(**raw)
        except TypeError:
            return None
        texts, numbers = (said.what, said.note, said.task, said.unit), (said.total, said.done)
        if not all(isinstance(text, str) and text.isprintable() for text in texts):
            return None
        return said if all(type(number) is int for number in (said.pid, *numbers)) else None


class _Waiting:
    """Shows the other process's progress as if it were this one's."""

    def __init__(self, path: Path, progress: Progress, what: str) -> None:
        self.begun = False
        self._path = path
        self._progress = progress
        self._seen = _Said(0, what)

    def look(self) -> None:
        said = _Said.read(self._path)
        seen, progress = self._seen, self._progress
        if said is None:
            if not self.begun:
                progress.note(f"waiting for another codegen that works on {seen.what}")
        else:
            who = f"process {said.pid}"
            if said.pid != seen.pid:
                progress.note(f"waiting for {who}, another codegen that works on {said.what}")
            if said.note and said.note != seen.note:
                progress.note(f"{who}: {said.note}")
            if said.task and (said.pid, said.task, said.total) != (seen.pid, seen.task, seen.total):
                task = f"waiting for {who}: {said.task}"
                progress.start(task, said.total, said.done, unit=said.unit)
            elif said.task:
                progress.advance(max(0, said.done - seen.done))
            elif seen.task:
                progress.finish()
            self._seen = said
        # It shows nothing more, but a process that was stopped must not go on.
        progress.advance(0)
        self.begun = True

    def end(self) -> None:
        if self._seen.task:
            self._progress.finish()


class _Reporting:
    """Shows the progress in `told`, and at most every second to the processes that wait."""

    def __init__(
        self,
        path: Path,
        told: Progress,
        said: _Said,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._path = path
        self._told = told
        self._said = said
        self._clock = clock
        self._written = 0.0
        self._write()

    def start(self, description: str, total: int, done: int = 0, *, unit: str = "") -> None:
        """Begins a task."""
        self._told.start(description, total, done, unit=unit)
        self._said = replace(self._said, task=description, total=total, done=done, unit=unit)
        self._write()

    def advance(self, n: int) -> None:
        """Counts."""
        self._told.advance(n)
        self._said = replace(self._said, done=self._said.done + n)
        if self._clock() - self._written >= _REPORT:
            self._write()

    def note(self, message: str) -> None:
        """Tells."""
        self._told.note(message)
        self._said = replace(self._said, note=message)
        self._write()

    def finish(self) -> None:
        """Ends the task."""
        self._told.finish()
        if self._said.task:
            self._said = replace(self._said, task="", total=0, done=0, unit="")
            self._write()

    def end(self) -> None:
        """Removes what was said."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _write(self) -> None:
        self._written = self._clock()
        # The processes that wait know less then, and the work goes on.
        with contextlib.suppress(OSError):
            write_atomically(self._path, json.dumps(asdict(self._said)))
