"""Runs work in a thread, so that Ctrl-C stops a computing model at once."""

import threading
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from typing import TypeVar

from codegen.cancel import CancelToken

_T = TypeVar("_T")

# A cancelled engine stops within a quarter of a second. Only work that can't be cancelled, such as
# loading a model, takes longer.
_PATIENCE = 1.0  # seconds

_NAME = "codegen-work"


def interruptible(work: Callable[[CancelToken], Iterable[_T]]) -> Iterator[_T]:
    """Iterates over `work(cancel)` in a thread, and cancels the work if the iteration ends early.

    Python delivers a signal to the main thread only, and only between two of its steps: a model
    call in the main thread would make Ctrl-C wait for seconds. So the main thread only waits. If
    the iteration ends early (by KeyboardInterrupt, an error of the caller, or closing it), `cancel`
    is set, and the thread gets a second to end.

    Raises:
        BaseException: what `work` raises.
    """
    cancel = CancelToken()
    # An item, in a tuple; or an error; or None at the end.
    results: SimpleQueue[tuple[_T] | BaseException | None] = SimpleQueue()

    def run() -> None:
        try:
            for item in work(cancel):
                results.put((item,))
        except BaseException as error:  # noqa: BLE001 - raised again in the main thread
            results.put(error)
        else:
            results.put(None)

    thread = threading.Thread(target=run, name=_NAME, daemon=True)
    thread.start()
    try:
        while (result := results.get()) is not None:
            if isinstance(result, BaseException):
                raise result
            yield result[0]
    finally:
        cancel.cancel()
        thread.join(_PATIENCE)


def is_abandoned() -> bool:
    """Whether a thread of `interruptible` still works."""
    return any(thread.name == _NAME for thread in threading.enumerate())
