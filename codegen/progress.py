"""Shows how far a long transfer is; on stderr, never on stdout."""

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TextIO

from codegen.cancel import CancelToken

if TYPE_CHECKING:
    import rich.progress

_UNITS = ((10**9, "GB", 1), (10**6, "MB", 0), (10**3, "kB", 0))


def human_bytes(n: float) -> str:
    """A number of bytes for people: "491 MB", "1.1 GB"."""
    for size, unit, digits in _UNITS:
        if n >= size:
            return f"{n / size:.{digits}f} {unit}"
    return f"{n:.0f} bytes"


def _rate(speed: float) -> str:
    """A speed for people, in counted items: "3.2/s", "15.0/min"."""
    return f"{speed:.1f}/s" if speed >= 1 else f"{speed * 60:.1f}/min"


class Progress(Protocol):
    """Shows how far a task is. There is one task at a time."""

    def start(self, description: str, total: int, done: int = 0, *, unit: str = "") -> None:
        """Begins a task, or begins the same task anew.

        Args:
            description: what is done, for people.
            total: how many bytes or items the task has.
            done: how many of them are done already.
            unit: what is counted ("layers"); bytes if it is empty.
        """

    def advance(self, n: int) -> None:
        """Counts `n` more bytes or items as done."""

    def note(self, message: str) -> None:
        """Shows a message of one line, during a task or without one."""

    def finish(self) -> None:
        """Ends the task, done or not; without a task, nothing happens."""


class NullProgress:
    """Shows nothing."""

    def start(self, description: str, total: int, done: int = 0, *, unit: str = "") -> None:
        """Does nothing."""

    def advance(self, n: int) -> None:
        """Does nothing."""

    def note(self, message: str) -> None:
        """Does nothing."""

    def finish(self) -> None:
        """Does nothing."""


class StoppableProgress:
    """Passes everything on to another Progress, and can stop the work that reports to it.

    Work that takes minutes reports often. After `stop`, its next report raises CancelledError.
    """

    def __init__(self, told: Progress) -> None:
        """Passes everything on to `told`."""
        self._told = told
        self._cancel = CancelToken()

    def stop(self) -> None:
        """Makes the next report raise CancelledError; may be called from any thread."""
        self._cancel.cancel()

    def start(self, description: str, total: int, done: int = 0, *, unit: str = "") -> None:
        """Begins a task; raises CancelledError after `stop`."""
        self._cancel.check()
        self._told.start(description, total, done, unit=unit)

    def advance(self, n: int) -> None:
        """Counts; raises CancelledError after `stop`."""
        self._cancel.check()
        self._told.advance(n)

    def note(self, message: str) -> None:
        """Shows a message; raises CancelledError after `stop`."""
        self._cancel.check()
        self._told.note(message)

    def finish(self) -> None:
        """Ends the task."""
        self._told.finish()


class LineProgress:
    """Writes a line every `interval` seconds: for logs, and for streams that are no terminal."""

    def __init__(
        self,
        stream: TextIO,
        interval: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stream = stream
        self._interval = interval
        self._clock = clock
        self._description = self._unit = ""
        self._total = self._initial = self._done = 0
        self._started = self._told = 0.0

    def start(self, description: str, total: int, done: int = 0, *, unit: str = "") -> None:
        """Begins a task; its first line comes after the interval."""
        self._description, self._total, self._unit = description, total, unit
        self._initial = self._done = done
        self._started = self._told = self._clock()

    def advance(self, n: int) -> None:
        """Counts, and writes a line if the interval is over."""
        self._done += n
        now = self._clock()
        if not self._description or now - self._told < self._interval:
            return
        self._told = now
        speed = max(1e-9, (self._done - self._initial) / max(now - self._started, 1e-9))
        left = f"{max(0.0, (self._total - self._done) / speed):.0f} s left"
        if self._unit:
            self.note(
                f"{self._description}: {self._done} of {self._total} {self._unit}, "
                f"{_rate(speed)}, {left}"
            )
        else:
            self.note(
                f"{self._description}: {human_bytes(self._done)} of {human_bytes(self._total)}, "
                f"{human_bytes(speed)}/s, {left}"
            )

    def note(self, message: str) -> None:
        """Writes a line."""
        print(message, file=self._stream, flush=True)

    def finish(self) -> None:
        """Ends the task without a line: the caller says how it ended."""
        self._description = ""


class BarProgress:
    """A bar with amount, speed and time left, on a terminal's stderr."""

    def __init__(self) -> None:
        self._bar: rich.progress.Progress | None = None

    def start(self, description: str, total: int, done: int = 0, *, unit: str = "") -> None:
        """Shows a new bar, in place of an earlier one."""
        import rich.progress as rp  # noqa: PLC0415 - 40 ms, and only a transfer needs it
        from rich.console import Console  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        class _RateColumn(rp.ProgressColumn):
            """The speed in counted items."""

            def render(self, task: rp.Task) -> Text:
                return Text("" if task.speed is None else _rate(task.speed))

        self.finish()
        self._bar = rp.Progress(
            rp.TextColumn("{task.description}", markup=False),
            rp.BarColumn(),
            *(
                (rp.MofNCompleteColumn(), _RateColumn())
                if unit
                else (rp.DownloadColumn(), rp.TransferSpeedColumn())
            ),
            rp.TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar.add_task(description, total=total, completed=done)
        self._bar.start()

    def advance(self, n: int) -> None:
        """Moves the bar."""
        if self._bar is not None:
            self._bar.advance(self._bar.task_ids[0], n)

    def note(self, message: str) -> None:
        """Writes a line above the bar."""
        if self._bar is not None:
            self._bar.console.print(message, markup=False, highlight=False, soft_wrap=True)
        else:
            print(message, file=sys.stderr, flush=True)

    def finish(self) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def stderr_progress() -> Progress:
    """A bar if stderr is a terminal, else plain lines."""
    return BarProgress() if sys.stderr.isatty() else LineProgress(sys.stderr)
