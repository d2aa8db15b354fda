"""Cancellation that can be asked for from any thread, and interrupts a running model call."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from codegen.errors import CancelledError


class CancelToken:
    """Set once, by anyone; checked before every model call by the engine.

    A model call in flight registers how it is interrupted (`on_cancel`), since a prompt's
    chunk can run for seconds and checking between calls would be too late.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._interrupts: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether the work is not wanted any more."""
        return self._cancelled

    def cancel(self) -> None:
        """Says that nobody waits for the result. Calling it again changes nothing."""
        with self._lock:
            if self._cancelled:
                return
            self._cancelled = True
            interrupts = tuple(self._interrupts)
        for interrupt in interrupts:
            interrupt()

    def check(self) -> None:
        """Raises CancelledError if the work is not wanted any more."""
        if self._cancelled:
            raise CancelledError("cancelled")

    @contextmanager
    def on_cancel(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Calls `interrupt` (from the cancelling thread) if `cancel` comes within the block."""
        with self._lock:
            self._interrupts.append(interrupt)
            late = self._cancelled
        if late:
            interrupt()
        try:
            yield
        finally:
            with self._lock:
                self._interrupts.remove(interrupt)
