"""The thread that computes: one job after the other, at lowered priority."""

import asyncio
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import Final, TypeVar

T = TypeVar("T")

_log = logging.getLogger(__name__)

# The editor that waits for an answer must stay smooth while the answer is computed.
NICENESS: Final = 5


class Worker:
    """Runs jobs in its own thread, in the order in which they come.

    The thread is a daemon: a job that can't be cancelled, as the export of a model, doesn't keep a
    process that its editor has left behind. What the jobs start, the engine's threads above all,
    inherits the lowered priority.
    """

    def __init__(self, *, niceness: int = NICENESS) -> None:
        """Starts nothing before the first job."""
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._niceness = niceness
        self._thread: threading.Thread | None = None

    def submit(self, job: Callable[[], T]) -> "asyncio.Future[T]":
        """Queues a job; the future belongs to the running event loop.

        A future that is cancelled takes its job out, unless that runs already.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: BaseException | None) -> None:
            if future.cancelled():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

        def run() -> None:
            if future.cancelled():
                return
            result: T | None = None
            error: BaseException | None = None
            try:
                result = job()
            except BaseException as caught:  # noqa: BLE001 - whoever waits gets it
                error = caught
                known = isinstance(caught, Exception | asyncio.CancelledError)
                if not known or isinstance(caught, StopIteration):
                    # Nobody catches the one, as a panic in a library's Rust, and a future refuses
                    # the other: whoever waits would wait for ever.
                    error = RuntimeError("a job ended early")
                    error.__cause__ = caught
            try:
                loop.call_soon_threadsafe(settle, result, error)
            except RuntimeError:
                _log.debug("the event loop ended before a job did")

        self._jobs.put(run)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="codegen-engine", daemon=True)
            self._thread.start()
        return future

    def _work(self) -> None:
        # On Linux this is the thread's own priority; elsewhere there is nothing like it.
        if sys.platform == "linux":
            try:
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), self._niceness)
            except OSError:
                _log.debug("the engine's thread keeps its priority")
        while True:
            self._jobs.get()()
