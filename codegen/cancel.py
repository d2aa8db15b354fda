"""Cancellation, from any thread, which also interrupts a running model call."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from codegen.errors import CancelledError


class CancelToken:
    """A flag that any thread can set once; the engine checks it before every model call.

    A running model call registers a function that interrupts it (`on_cancel`): a part of a prompt
    can take seconds, so a check between the calls would be too late.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._interrupts: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether the work was cancelled."""
        return self._cancelled

    def cancel(self) -> None:
        """Cancels the work, and interrupts running calls. Calling it again changes nothing."""
        with self._lock:
            if self._cancelled:
                return
            self._cancelled = True
            interrupts = tuple(self._interrupts)
        for interrupt in interrupts:
            interrupt()

    def check(self) -> None:
        """Raises CancelledError if the work was cancelled."""
        if self._cancelled:
            raise CancelledError("cancelled")

    @contextmanager
    def on_cancel(self, interrupt: Callable[[], None]) -> Iterator[None]:
        """Calls `interrupt`, in the cancelling thread, if `cancel` is called within the block.

        If the work was cancelled before the block, `interrupt` is called at once.
        """
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
