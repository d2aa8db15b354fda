"""Telling the person at the terminal how far a long transfer is. Never on stdout."""

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TextIO

from codegen.cancel import CancelToken

if TYPE_CHECKING:
    import rich.progress

_UNITS = ((10**9, "GB", 1), (10**6, "MB", 0), (10**3, "kB", 0))


def human_bytes(n: float) -> str:
    """A number of bytes as people read it: "491 MB", "1.1 GB"."""
    for size, unit, digits in _UNITS:
        if n >= size:
            return f"{n / size:.{digits}f} {unit}"
    return f"{n:.0f} bytes"


def _rate(speed: float) -> str:
    """A speed in whatever is counted, as people read it: "3.2/s", "15/min"."""
    return f"{speed:.1f}/s" if speed >= 1 else f"{speed * 60:.1f}/min"


class Progress(Protocol):
    """What a transfer tells. One task at a time."""

    def start(self, description: str, total: int, done: int = 0, *, unit: str = "") -> None:
        """Begins a task, or the same one anew, of which `done` is there already.

        It is counted in bytes, or in what `unit` names ("layers").
        """

    def advance(self, n: int) -> None:
        """`n` more are done."""

    def note(self, message: str) -> None:
        """One line that the person should see, whatever the task."""

    def finish(self) -> None:
        """The task ended, well or not; without a task, nothing happens."""


class NullProgress:
    """Tells nothing."""

    def start(self, description: str, total: int, done: int = 0, *, unit: str = "") -> None:
        """Does nothing."""

    def advance(self, n: int) -> None:
        """Does nothing."""

    def note(self, message: str) -> None:
        """Does nothing."""

    def finish(self) -> None:
        """Does nothing."""


class StoppableProgress:
    """Tells another one, until it is stopped: then whoever wants to tell more is ended by that.

    Work that takes minutes tells often how far it is, so that this is where it can be ended.
    """

    def __init__(self, told: Progress) -> None:
        """Tells `told`."""
        self._told = told
        self._cancel = CancelToken()

    def stop(self) -> None:
        """Ends the work; from any thread."""
        self._cancel.cancel()

    def start(self, description: str, total: int, done: int = 0, *, unit: str = "") -> None:
        """Begins a task; raises CancelledError if it was stopped."""
        self._cancel.check()
        self._told.start(description, total, done, unit=unit)

    def advance(self, n: int) -> None:
        """Counts; raises CancelledError if it was stopped."""
        self._cancel.check()
        self._told.advance(n)

    def note(self, message: str) -> None:
        """Tells; raises CancelledError if it was stopped."""
        self._cancel.check()
        self._told.note(message)

    def finish(self) -> None:
        """Ends the task."""
        self._told.finish()


class LineProgress:
    """Plain lines at most every `interval` seconds: for logs, and whatever is no terminal."""

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
        """Begins a task; the first line comes after the interval."""
        self._description, self._total, self._unit = description, total, unit
        self._initial = self._done = done
        self._started = self._told = self._clock()

    def advance(self, n: int) -> None:
        """Counts, and tells when the interval is over."""
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
        """Tells nothing: the caller says how it ended."""
        self._description = ""


class BarProgress:
    """A bar with amount, speed and time left, on a terminal's stderr."""

    def __init__(self) -> None:
        self._bar: rich.progress.Progress | None = None

    def start(self, description: str, total: int, done: int = 0, *, unit: str = "") -> None:
        """Shows a bar in place of the one that may be there."""
        import rich.progress as rp  # noqa: PLC0415 - 40 ms, and only a transfer needs it
        from rich.console import Console  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        class _RateColumn(rp.ProgressColumn):
            """How fast whatever is counted gets done."""

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
    """A bar where stderr is a terminal, plain lines where it is not."""
    return BarProgress() if sys.stderr.isatty() else LineProgress(sys.stderr)
