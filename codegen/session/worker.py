"""The engine's thread: it runs one job after the other, at lowered priority."""

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

# The editor must stay smooth while the engine computes.
NICENESS: Final = 5


class Worker:
    """Runs jobs in its own thread, in the order in which they were submitted.

    The thread is a daemon: a job that can't be cancelled, such as the export of a model, doesn't
    keep the process alive after its editor has ended. The threads that a job starts, above all
    those of ONNX Runtime, inherit the lowered priority.
    """

    def __init__(self, *, niceness: int = NICENESS) -> None:
        """Makes a worker; its thread starts with the first job.

        Args:
            niceness: by how much the thread's priority is lowered, on Linux.
        """
        self._jobs: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._niceness = niceness
        self._thread: threading.Thread | None = None

    def submit(self, job: Callable[[], T]) -> "asyncio.Future[T]":
        """Queues a job; the future belongs to the running event loop.

        If the future is cancelled, its job is dropped, unless it runs already.
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
            except BaseException as caught:  # noqa: BLE001 - raised where the future is awaited
                error = caught
                known = isinstance(caught, Exception | asyncio.CancelledError)
                if not known or isinstance(caught, StopIteration):
                    # A future refuses StopIteration, and nothing would catch other BaseExceptions,
                    # such as a panic in a library's Rust: the caller would wait for ever.
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
        # Linux sets this thread's priority alone; other systems can't.
        if sys.platform == "linux":
            try:
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), self._niceness)
            except OSError:
                _log.debug("the engine's thread keeps its priority")
        while True:
            self._jobs.get()()
